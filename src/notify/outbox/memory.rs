//! A table in memory, for tests.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{BoxError, OutboxRow, OutboxStore, Postponement, Seal};

/// The table. Clones share it, as the processes of an installation do.
#[derive(Clone, Default)]
pub(crate) struct MemoryStore(Arc<Table>);

#[derive(Default)]
struct Table {
    rows: Mutex<Vec<OutboxRow>>,
    looks: Mutex<usize>,
    reasons: Mutex<Vec<String>>,
    changed: Notify,
}

/// A unit of work: its rows are in the table once it is committed.
pub(crate) struct MemoryUnit {
    store: MemoryStore,
    rows: Vec<OutboxRow>,
}

impl MemoryUnit {
    pub(crate) fn commit(self) {
        self.store.change(|rows| rows.extend(self.rows));
    }
}

impl MemoryStore {
    pub(crate) fn unit(&self) -> MemoryUnit {
        MemoryUnit { store: self.clone(), rows: Vec::new() }
    }

    pub(crate) fn rows(&self) -> Vec<OutboxRow> {
        self.0.rows.lock().unwrap().clone()
    }

    /// Why attempts have failed.
    pub(crate) fn reasons(&self) -> Vec<String> {
        self.0.reasons.lock().unwrap().clone()
    }

    /// Waits until the table fulfills a condition.
    pub(crate) async fn until(&self, condition: impl Fn(&[OutboxRow]) -> bool) {
        loop {
            let changed = self.0.changed.notified();
            if condition(&self.rows()) {
                return;
            }
            changed.await;
        }
    }

    /// Waits until somebody looks for due rows once more.
    pub(crate) async fn next_look(&self) {
        let looks = || *self.0.looks.lock().unwrap();
        let before = looks();
        loop {
            let changed = self.0.changed.notified();
            if looks() > before {
                return;
            }
            changed.await;
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<OutboxRow>) -> T) -> T {
        let result = change(&mut self.0.rows.lock().unwrap());
        self.0.changed.notify_waiters();
        result
    }
}

impl OutboxStore for MemoryStore {
    type Unit = MemoryUnit;
    type Error = Infallible;

    async fn insert(unit: &mut MemoryUnit, rows: Vec<OutboxRow>) -> Result<(), Infallible> {
        unit.rows.extend(rows);
        Ok(())
    }

    async fn due(&self, kind: &str, now: DateTime<Utc>, limit: u64) -> Result<Vec<OutboxRow>, Infallible> {
        *self.0.looks.lock().unwrap() += 1;
        self.0.changed.notify_waiters();
        let mut rows = self.rows();
        rows.retain(|row| row.kind == kind && row.next_attempt_at <= now);
        rows.sort_by_key(|row| row.next_attempt_at);
        rows.truncate(usize::try_from(limit).unwrap());
        Ok(rows)
    }

    async fn claim(&self, id: Uuid, attempts: i32, until: DateTime<Utc>) -> Result<bool, Infallible> {
        Ok(self.change(|rows| match rows.iter_mut().find(|row| (row.id, row.attempts) == (id, attempts)) {
            Some(row) => {
                row.attempts += 1;
                row.next_attempt_at = until;
                true
            }
            None => false,
        }))
    }

    async fn postpone(&self, id: Uuid, attempts: i32, to: Postponement<'_>) -> Result<(), Infallible> {
        self.0.reasons.lock().unwrap().push(to.reason.into());
        self.change(|rows| {
            for row in rows.iter_mut().filter(|row| (row.id, row.attempts) == (id, attempts)) {
                (row.attempts, row.next_attempt_at) = (to.attempts, to.until);
            }
        });
        Ok(())
    }

    async fn delete(&self, ids: &[Uuid]) -> Result<(), Infallible> {
        self.change(|rows| rows.retain(|row| !ids.contains(&row.id)));
        Ok(())
    }
}

/// Hides text from a reader of the test's table, no more: a letter says with which key.
pub(crate) struct TestSeal(pub(crate) char);

impl Seal for TestSeal {
    fn seal(&self, plain: &[u8]) -> Result<String, BoxError> {
        Ok(plain.iter().fold(self.0.to_string(), |sealed, byte| sealed + &format!("{byte:02x}")))
    }

    fn open(&self, sealed: &str) -> Result<Vec<u8>, BoxError> {
        let hex = sealed.strip_prefix(self.0).ok_or("unknown key")?;
        (0..hex.len()).step_by(2).map(|i| Ok(u8::from_str_radix(&hex[i..i + 2], 16)?)).collect()
    }
}
