//! The background task of a server. Of several servers with one database one does a round, then all wait for the next.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{Sweep, Table};
use crate::{
    clock::Clock,
    config::{AuditLog, Cleanup},
    random::Random,
    storage::{DEFAULT_TENANT, Database, StorageError, cleanup},
};

/// The pause between two pages: the requests that wait go first.
const BREATH: Duration = Duration::from_millis(50);

/// Removes expired rows in rounds until it is stopped.
pub struct CleanupWorker {
    stop: watch::Sender<bool>,
    handle: Mutex<Option<JoinHandle<()>>>,
}

struct Rounds {
    database: Database,
    rules: Cleanup,
    retention: Duration,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    stopped: watch::Receiver<bool>,
}

impl CleanupWorker {
    /// Starts the task, unless the configuration has none. Must be called inside a Tokio runtime.
    #[must_use]
    pub fn start(
        database: Database,
        rules: &Cleanup,
        audit_log: &AuditLog,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let handle = rules.enabled.then(|| {
            let (rules, retention) = (rules.clone(), audit_log.retention.0);
            tokio::spawn(Rounds { database, rules, retention, clock, random, stopped }.run())
        });
        Self { stop, handle: Mutex::new(handle) }
    }

    /// Ends the task after the statement that it is at, for which it waits for at most `within`.
    pub async fn shutdown(&self, within: Duration) {
        let handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut handle) = handle else { return };
        self.stop.send_replace(true);
        match timeout(within, &mut handle).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "cleaning up has failed"),
            Err(_) => handle.abort(),
        }
    }
}

impl fmt::Debug for CleanupWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CleanupWorker")
    }
}

impl Rounds {
    async fn run(mut self) {
        // Soon after the start, but not while the first requests come, and not all servers at once.
        let mut pause = self.part_of_a_quarter();
        while self.rest(pause).await {
            match self.round().await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, "removed expired rows"),
                Err(error) => tracing::warn!(%error, "cleaning up was interrupted; the next round goes on with it"),
            }
            pause = self.rules.interval.0.saturating_add(self.part_of_a_quarter());
        }
    }

    /// Waits. Returns whether to go on.
    async fn rest(&mut self, pause: Duration) -> bool {
        tokio::select! {
            // An error means that nobody can stop the task any more, because the application is gone.
            _ = self.stopped.wait_for(|stopped| *stopped) => false,
            () = sleep(pause) => true,
        }
    }

    /// Does a round if it is due and nobody else does it. Returns how many rows were removed.
    async fn round(&mut self) -> Result<u64, StorageError> {
        let now = self.clock.now();
        let next = after(now, self.rules.interval.0);
        let latest = after(next, self.rules.interval.0);
        if !cleanup::take_round(&self.database.unit(DEFAULT_TENANT), now, next, latest).await? {
            return Ok(0);
        }
        let database = self.database.clone();
        let mut removed = 0;
        for table in Table::ALL {
            if table == Table::AuditLogs && !self.rules.audit_logs {
                continue;
            }
            let sweep = Sweep::new(&database, table, now, self.rules.grace.0, self.retention);
            loop {
                // A table that cannot be cleaned must not keep the others from it.
                let page = match sweep.remove_page(self.rules.batch).await {
                    Ok(page) => page,
                    Err(error) => {
                        tracing::warn!(table = table.name(), %error, "expired rows were not removed; the next round tries again");
                        break;
                    }
                };
                removed += page.removed;
                // Past `next` the round may be somebody else's.
                if !self.rest(BREATH).await || self.clock.now() >= next {
                    return Ok(removed);
                }
                if !page.more {
                    break;
                }
            }
        }
        Ok(removed)
    }

    /// A random time of up to a quarter of the interval.
    fn part_of_a_quarter(&self) -> Duration {
        let quarter = u32::try_from((self.rules.interval.0 / 4).as_millis()).unwrap_or(u32::MAX);
        Duration::from_millis(self.random.below(quarter).into())
    }
}

fn after(moment: DateTime<Utc>, span: Duration) -> DateTime<Utc> {
    let span = TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
    moment.checked_add_signed(span).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
