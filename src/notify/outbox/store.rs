//! The table behind the outbox, as a trait: the storage layer implements it, tests keep it in memory.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Encrypts what rests in the table.
pub trait Seal: Send + Sync {
    /// Encrypts.
    ///
    /// # Errors
    /// If the primitive fails.
    fn seal(&self, plain: &[u8]) -> Result<String, BoxError>;

    /// Decrypts what [`Seal::seal`] has made.
    ///
    /// # Errors
    /// If the text was not made by it, or with a key that is no longer known.
    fn open(&self, sealed: &str) -> Result<Vec<u8>, BoxError>;
}

/// A row of the outbox (table `sealflow_outbox`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// The parcel's id.
    pub id: Uuid,
    /// What the row is about; each courier sees only its own kind.
    pub kind: String,
    /// What is to be delivered, sealed.
    pub payload: String,
    /// How many attempts were begun, without those of which nothing came. Also tells whether somebody else has taken the
    /// row meanwhile.
    pub attempts: i32,
    /// When the next attempt is due. In the future while somebody works on the row.
    pub next_attempt_at: DateTime<Utc>,
    /// When the row was recorded.
    pub created_at: DateTime<Utc>,
}

/// What becomes of a row that was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Postponement<'a> {
    /// How many attempts there were.
    pub attempts: i32,
    /// When the next one is due.
    pub until: DateTime<Utc>,
    /// Why the last one failed.
    pub reason: &'a str,
}

/// The table of the outbox. All processes of an installation share it.
pub trait OutboxStore: Send + Sync + 'static {
    /// A unit of work, whose transaction [`OutboxStore::insert`] joins.
    type Unit: Send;
    /// Why a query failed.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Writes rows inside `unit`.
    fn insert(unit: &mut Self::Unit, rows: Vec<OutboxRow>) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// At most `limit` rows of `kind` whose `next_attempt_at` is not after `now`, the longest due first.
    fn due(
        &self,
        kind: &str,
        now: DateTime<Utc>,
        limit: u64,
    ) -> impl Future<Output = Result<Vec<OutboxRow>, Self::Error>> + Send;

    /// Takes a row until `until` and counts an attempt, if its `attempts` is still `attempts`. Tells whether it was: of
    /// several processes that try, one succeeds.
    fn claim(
        &self,
        id: Uuid,
        attempts: i32,
        until: DateTime<Utc>,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Puts a row off, if its `attempts` is still `attempts`.
    fn postpone(
        &self,
        id: Uuid,
        attempts: i32,
        postponement: Postponement<'_>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Deletes rows.
    fn delete(&self, ids: &[Uuid]) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
