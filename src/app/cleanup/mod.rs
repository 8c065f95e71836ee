//! Removing what has expired: at once for the command, round by round in the background of a server. Knows which rows
//! have had their time; how they are found and removed is the business of [`storage::cleanup`](crate::storage::cleanup).
//!
//! Not among them are identities that wait for a confirmation, which do not say until when.

#[cfg(test)]
mod tests;
mod worker;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::worker::CleanupWorker;
pub use crate::storage::cleanup::Table;
use crate::storage::{DEFAULT_TENANT, Database, StorageError, cleanup};

/// How many rows one statement removes at most, however large a page is: each statement locks what it removes.
const AT_ONCE: usize = 500;

/// Mails and webhooks older than this go. Those that somebody delivers are delivered or given up long before; those that
/// nobody does, as when the delivery of mails was turned off, hold addresses and passcodes.
const UNDELIVERED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What the original's command removes, and this one unless it is told which tables.
pub const USUAL_TABLES: [Table; 3] = [Table::AuditLogs, Table::Flows, Table::WebauthnSessionData];

/// The rows of one table that have had their time at one moment.
#[derive(Debug, Clone)]
pub struct Sweep<'a> {
    database: &'a Database,
    table: Table,
    before: DateTime<Utc>,
}

/// How much was removed with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many rows.
    pub removed: u64,
    /// Whether there may be more.
    pub more: bool,
}

impl<'a> Sweep<'a> {
    /// The rows of `table` that had expired `grace` before `now`; audit events count by their age alone, which is to be
    /// more than `retention`, and so do mails and webhooks, more than a week.
    #[must_use]
    pub fn new(database: &'a Database, table: Table, now: DateTime<Utc>, grace: Duration, retention: Duration) -> Self {
        let age = match table {
            Table::AuditLogs => retention,
            Table::Outbox => UNDELIVERED,
            _ => grace,
        };
        let age = TimeDelta::from_std(age).unwrap_or(TimeDelta::MAX);
        let before = now.checked_sub_signed(age).unwrap_or(DateTime::UNIX_EPOCH);
        Self { database, table, before }
    }

    /// How many rows there are.
    ///
    /// # Errors
    ///
    /// When the database cannot be asked.
    pub async fn count(&self) -> Result<u64, StorageError> {
        cleanup::count(&self.database.unit(DEFAULT_TENANT), self.table, self.before).await
    }

    /// Removes at most `size` rows, in transactions of a few hundred.
    ///
    /// # Errors
    ///
    /// When the database refuses. What was removed before is gone.
    pub async fn remove_page(&self, size: u32) -> Result<Page, StorageError> {
        let unit = self.database.unit(DEFAULT_TENANT);
        let ids = cleanup::passed(&unit, self.table, self.before, size.into()).await?;
        let mut removed = 0;
        for ids in ids.chunks(AT_ONCE) {
            removed += cleanup::remove(&unit, self.table, self.before, ids).await?;
        }
        Ok(Page { removed, more: ids.len() >= size as usize })
    }
}
