//! The database of the toy shop: flows and ledger entries in memory, with transactions that see and undo what a real
//! one would.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::sync::Barrier;
use uuid::Uuid;

use super::{Shop, Stash};
use crate::engine::{Document, Failure, Lock, Locker, Store, StoredFlow, UnitOfWork};

/// What is committed.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Books>);

#[derive(Debug, Default)]
struct Books {
    flows: BTreeMap<Uuid, Row>,
    entries: Vec<String>,
    /// Flows that a transaction changed which is still open.
    changing: BTreeSet<Uuid>,
}

/// A stored flow; its document is text, as in a database.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) version: i32,
    pub(crate) csrf_token: String,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) document: String,
}

impl Ledger {
    pub(crate) fn row(&self, flow: Uuid) -> Option<Row> {
        self.0.lock().unwrap().flows.get(&flow).cloned()
    }

    /// Writes past the engine.
    pub(crate) fn overwrite(&self, flow: Uuid, row: Row) {
        self.0.lock().unwrap().flows.insert(flow, row);
    }

    /// The entries that were committed.
    pub(crate) fn entries(&self) -> Vec<String> {
        self.0.lock().unwrap().entries.clone()
    }

    /// How many flows were committed.
    pub(crate) fn flows(&self) -> usize {
        self.0.lock().unwrap().flows.len()
    }
}

/// The transaction of one request, and what a test asks it to do wrong.
#[derive(Debug)]
pub(crate) struct Till {
    pub(crate) ledger: Arc<Ledger>,
    writes: Vec<Write>,
    /// The effects that ran, in order.
    pub(crate) ran: Vec<&'static str>,
    /// What was let out after the commit.
    pub(crate) sent: Vec<String>,
    waiting: Vec<String>,
    /// Nobody is at the till.
    pub(crate) unattended: bool,
    /// This effect fails when it runs for this time, counted from 1.
    pub(crate) jammed: Option<(&'static str, usize)>,
    /// The commit fails.
    pub(crate) commit_fails: bool,
    /// So many commits fail because another customer is in the way.
    pub(crate) in_the_way: u32,
    raced: bool,
    /// Nothing can be read.
    pub(crate) load_fails: bool,
    /// Where the action `hold` waits for another request to arrive there too.
    pub(crate) gate: Option<Arc<Barrier>>,
}

#[derive(Debug)]
enum Write {
    Flow(Uuid, Row),
    Entry(String),
}

impl Till {
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        Self {
            ledger,
            writes: Vec::new(),
            ran: Vec::new(),
            sent: Vec::new(),
            waiting: Vec::new(),
            unattended: false,
            jammed: None,
            commit_fails: false,
            in_the_way: 0,
            raced: false,
            load_fails: false,
            gate: None,
        }
    }

    /// Writes an entry into the ledger.
    pub(crate) fn write(&mut self, entry: impl Into<String>) {
        self.writes.push(Write::Entry(entry.into()));
    }

    /// Sends something after the commit.
    pub(crate) fn send(&mut self, what: impl Into<String>) {
        self.waiting.push(what.into());
    }

    /// Notes that an effect runs, which fails here if a test wants it.
    pub(crate) fn note(&mut self, effect: &'static str) -> Result<(), Failure> {
        self.ran.push(effect);
        let times = self.ran.iter().filter(|other| **other == effect).count();
        if self.jammed == Some((effect, times)) { Err(format!("{effect} is jammed").into()) } else { Ok(()) }
    }
}

#[async_trait]
impl UnitOfWork for Till {
    async fn commit(&mut self) -> Result<(), Failure> {
        if self.commit_fails {
            return Err("the ledger is on fire".into());
        }
        if self.in_the_way > 0 {
            self.in_the_way -= 1;
            self.raced = true;
            return Err("another customer is in the way".into());
        }
        let mut books = self.ledger.0.lock().unwrap();
        for write in self.writes.drain(..) {
            match write {
                Write::Entry(entry) => books.entries.push(entry),
                Write::Flow(id, row) => {
                    books.changing.remove(&id);
                    books.flows.insert(id, row);
                }
            }
        }
        self.sent.append(&mut self.waiting);
        Ok(())
    }

    async fn rollback(&mut self) -> bool {
        let mut books = self.ledger.0.lock().unwrap();
        for write in self.writes.drain(..) {
            if let Write::Flow(id, _) = write {
                books.changing.remove(&id);
            }
        }
        self.waiting.clear();
        std::mem::take(&mut self.raced)
    }
}

/// The store of flows; all it knows is in the [`Till`].
pub(crate) struct Shelf;

fn row(flow: &StoredFlow<Stash>) -> Result<Row, Failure> {
    Ok(Row {
        version: flow.version,
        csrf_token: flow.csrf_token.clone(),
        expires_at: flow.expires_at,
        document: serde_json::to_string(&flow.document)?,
    })
}

#[async_trait]
impl Store<Shop> for Shelf {
    async fn insert(&self, till: &mut Till, flow: &StoredFlow<Stash>) -> Result<(), Failure> {
        till.writes.push(Write::Flow(flow.id, row(flow)?));
        Ok(())
    }

    async fn load(&self, till: &mut Till, id: Uuid) -> Result<Option<StoredFlow<Stash>>, Failure> {
        if till.load_fails {
            return Err("the ledger cannot be found".into());
        }
        let Some(row) = till.ledger.row(id) else { return Ok(None) };
        let document: Option<Document<Stash>> = serde_json::from_str(&row.document).ok();
        let Row { version, csrf_token, expires_at, .. } = row;
        Ok(Some(StoredFlow { id, version, csrf_token, expires_at, document }))
    }

    async fn update(&self, till: &mut Till, flow: &StoredFlow<Stash>) -> Result<bool, Failure> {
        let mut books = till.ledger.0.lock().unwrap();
        let stored = books.flows.get(&flow.id).map(|row| row.version);
        // A database would make the second transaction wait for the first, and then tell it the same.
        if stored != Some(flow.version - 1) || !books.changing.insert(flow.id) {
            return Ok(false);
        }
        drop(books);
        till.writes.push(Write::Flow(flow.id, row(flow)?));
        Ok(true)
    }
}

/// The locks of flows.
#[derive(Debug, Default)]
pub(crate) struct Lockers {
    held: Arc<Mutex<BTreeSet<Uuid>>>,
    /// The locker itself is out of order.
    pub(crate) broken: std::sync::atomic::AtomicBool,
}

struct Key(Arc<Mutex<BTreeSet<Uuid>>>, Uuid);

impl Drop for Key {
    fn drop(&mut self) {
        self.0.lock().unwrap().remove(&self.1);
    }
}

impl Lockers {
    pub(crate) fn is_free(&self) -> bool {
        self.held.lock().unwrap().is_empty()
    }
}

#[async_trait]
impl Lock for Key {
    async fn release(self: Box<Self>) -> Result<(), Failure> {
        drop(self);
        Ok(())
    }
}

#[async_trait]
impl Locker for Lockers {
    async fn try_lock(&self, flow: Uuid) -> Result<Option<Box<dyn Lock>>, Failure> {
        if self.broken.load(std::sync::atomic::Ordering::SeqCst) {
            return Err("the locker is out of order".into());
        }
        let taken = self.held.lock().unwrap().insert(flow);
        Ok(taken.then(|| Box::new(Key(Arc::clone(&self.held), flow)) as Box<dyn Lock>))
    }
}
