//! Recognising what is in a database, and what may be done with it (spec chapter 09 7.3).
//!
//! Serving never changes a schema; `migrate up` changes only what it knows.

mod migrate;
mod state;

use thiserror::Error;

pub use migrate::{Applied, Step, down, status, up};
pub use state::{State, inspect};

use super::{Database, StorageError};

/// Why a database is not served or migrated.
#[derive(Debug, Error)]
pub enum SchemaError {
    /// The database could not be asked.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The schema is not one that this may be done with; the text says what to do instead.
    #[error("{0}")]
    Refused(String),
}

impl From<sea_orm::DbErr> for SchemaError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Storage(error.into())
    }
}

/// Makes sure that the schema is the one that this program was written for.
///
/// Returns a warning when the database was made by a newer original but contains all that is needed.
///
/// # Errors
///
/// [`SchemaError::Refused`] names the command that mends it.
pub async fn require_current(database: &Database) -> Result<Option<String>, SchemaError> {
    inspect(database).await?.servable()
}
