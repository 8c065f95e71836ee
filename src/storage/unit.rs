//! One request's view of the database.

use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::DbBackend;
use uuid::Uuid;

use super::{
    Database, StorageError,
    connection::{Connection, Transaction},
};

/// Reads and writes of one request for one tenant. The first write opens the only transaction; dropped without
/// [`UnitOfWork::commit`], nothing of it remains.
#[derive(Debug)]
pub struct UnitOfWork {
    database: Database,
    tenant: Uuid,
    transaction: Option<Transaction>,
    writes: AtomicU32,
}

impl UnitOfWork {
    pub(super) fn new(database: Database, tenant: Uuid) -> Self {
        Self { database, tenant, transaction: None, writes: AtomicU32::new(0) }
    }

    /// The tenant whose rows this unit sees.
    #[must_use]
    pub fn tenant(&self) -> Uuid {
        self.tenant
    }

    /// The kind of database.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.database.backend()
    }

    /// Counts how often this unit was asked for something to write on: as long as the number is the same, what was read
    /// through the unit has not been changed through it.
    #[must_use]
    pub fn writes(&self) -> u32 {
        self.writes.load(Ordering::Relaxed)
    }

    /// For reads: the transaction if one is open, otherwise any connection, which is given back after each statement.
    #[must_use]
    pub fn read(&self) -> Connection<'_> {
        match &self.transaction {
            Some(transaction) => transaction.into(),
            None => self.database.reads(),
        }
    }

    /// For writes that belong together: the transaction, opened now if none is open.
    ///
    /// # Errors
    ///
    /// [`StorageError::Busy`] or [`StorageError::Unreachable`].
    pub async fn write(&mut self) -> Result<Connection<'_>, StorageError> {
        if self.transaction.is_none() {
            self.transaction = Some(self.database.begin().await?);
        }
        Ok(self.alone())
    }

    /// For a single statement that needs no transaction of its own, such as an update guarded by a version: the
    /// transaction if one is open, otherwise the statement commits by itself, which saves the round trips of `BEGIN`
    /// and `COMMIT`. What ran this way cannot be rolled back by this unit: let it be the last write.
    #[must_use]
    pub fn alone(&self) -> Connection<'_> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        match &self.transaction {
            Some(transaction) => transaction.into(),
            None => self.database.writes(),
        }
    }

    /// Makes the writes permanent. Without writes it costs nothing.
    ///
    /// # Errors
    ///
    /// When a statement failed before, or the database refuses, or is gone. The writes are then lost or, in the last case,
    /// in doubt.
    pub async fn commit(self) -> Result<(), StorageError> {
        match self.transaction {
            Some(transaction) => Ok(transaction.commit().await?),
            None => Ok(()),
        }
    }

    /// Takes the writes back. An error is only logged: a database that cannot be reached has no writes to keep. Returns
    /// whether another transaction was in the way of one of the writes, by what it wrote since this unit looked.
    pub async fn rollback(self) -> bool {
        let Some(mut transaction) = self.transaction else { return false };
        let raced = transaction.raced();
        if let Err(error) = transaction.rollback().await {
            tracing::debug!(%error, "rolling back failed; the connection is discarded");
        }
        raced
    }
}
