//! What can go wrong between Sealflow and its database. Texts carry neither credentials nor values of rows.

use sea_orm::{
    ConnAcquireErr, DbErr, RuntimeErr, SqlxMySqlError,
    sqlx::{
        Error as SqlxError,
        error::{DatabaseError, ErrorKind},
    },
};
use thiserror::Error;

/// A failed call to the database.
#[derive(Debug, Error)]
pub enum StorageError {
    /// `database.url` is not one that Sealflow can use; the text says why.
    #[error("database.url: {0}")]
    Url(String),
    /// The database does not accept connections or stopped answering.
    #[error("cannot reach the database: {0}")]
    Unreachable(String),
    /// All connections stayed in use by other requests.
    #[error("no connection to the database became free; raise database.pool or look for slow queries")]
    Busy,
    /// A row with the same unique value exists.
    #[error("a row with this value exists already ({constraint})")]
    Conflict {
        /// The unique index that refused the row, by its name in spec chapter 06 1.6 (`emails_tenant_id_address_idx`),
        /// or the name of the primary key, which differs between databases.
        constraint: String,
    },
    /// A row refers to one that does not exist, or is referred to and cannot go.
    #[error("a row refers to one that does not exist, or is still referred to")]
    Reference,
    /// Any other refusal.
    #[error(transparent)]
    Database(DbErr),
}

impl StorageError {
    /// Whether a row with the same unique value exists.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// The unique index that refused a row, see [`StorageError::Conflict`].
    #[must_use]
    pub fn violated_constraint(&self) -> Option<&str> {
        match self {
            Self::Conflict { constraint } => Some(constraint),
            _ => None,
        }
    }
}

impl From<DbErr> for StorageError {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => Self::Busy,
            DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => Self::Unreachable("it was closed".to_owned()),
            DbErr::Conn(cause) => Self::Unreachable(cause.to_string()),
            DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
                match cause.as_ref() {
                    SqlxError::Io(cause) => Self::Unreachable(cause.to_string()),
                    SqlxError::Database(cause) => from_database(cause.as_ref()).unwrap_or(Self::Database(error)),
                    _ => Self::Database(error),
                }
            }
            _ => Self::Database(error),
        }
    }
}

fn from_database(error: &dyn DatabaseError) -> Option<StorageError> {
    /// SQLite's `SQLITE_CONSTRAINT_TRIGGER`, under which it reports `ON DELETE RESTRICT`.
    const RESTRICTED: &str = "1811";
    match error.kind() {
        _ if says_goodbye(error) => Some(StorageError::Unreachable(error.message().to_owned())),
        ErrorKind::UniqueViolation => Some(StorageError::Conflict { constraint: violated(error) }),
        ErrorKind::ForeignKeyViolation => Some(StorageError::Reference),
        ErrorKind::Other if error.code().as_deref() == Some(RESTRICTED) => Some(StorageError::Reference),
        _ => None,
    }
}

/// Whether a statement was refused because of what another transaction did since this one looked: it took a unique value or
/// removed what a row refers to; or each waited for the other (PostgreSQL's `deadlock_detected` and
/// `serialization_failure`, MySQL's `ER_LOCK_DEADLOCK`).
pub(super) fn is_race(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = error else {
        return false;
    };
    let SqlxError::Database(error) = cause.as_ref() else { return false };
    let error = error.as_ref();
    let deadlock = match error.try_downcast_ref::<SqlxMySqlError>() {
        Some(error) => error.number() == 1213,
        None => error.code().is_some_and(|code| ["40P01", "40001"].contains(&code.as_ref())),
    };
    deadlock || matches!(from_database(error), Some(StorageError::Conflict { .. } | StorageError::Reference))
}

/// Whether a server ends the connection: PostgreSQL's classes "connection exception" and "operator intervention", and
/// MySQL's `ER_SERVER_SHUTDOWN` and `ER_CONNECTION_KILLED`.
fn says_goodbye(error: &dyn DatabaseError) -> bool {
    if let Some(error) = error.try_downcast_ref::<SqlxMySqlError>() {
        return [1053, 1927].contains(&error.number());
    }
    error.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57P0"))
}

fn violated(error: &dyn DatabaseError) -> String {
    if let Some(name) = error.constraint() {
        return name.to_owned();
    }
    let message = error.message();
    if let Some((_, columns)) = message.split_once("UNIQUE constraint failed: ") {
        return index_of(columns);
    }
    // MySQL: "Duplicate entry '…' for key '<index>'", in newer versions '<table>.<index>'.
    let name = message.trim_end_matches('\'').rsplit('\'').next().unwrap_or_default();
    name.rsplit('.').next().unwrap_or(name).to_owned()
}

/// SQLite names the columns (`emails.tenant_id, emails.address`); the index has its name from them.
fn index_of(columns: &str) -> String {
    let mut table = "";
    let mut name = String::new();
    for column in columns.split(", ") {
        let (owner, column) = column.split_once('.').unwrap_or((table, column));
        table = owner;
        name.push_str(column);
        name.push('_');
    }
    format!("{table}_{name}idx")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_index_that_sqlite_describes_by_its_columns() {
        assert_eq!(index_of("emails.tenant_id, emails.address"), "emails_tenant_id_address_idx");
        assert_eq!(index_of("tokens.value"), "tokens_value_idx");
    }
}
