//! One connection of the driver, of either kind. Knows how to open it and how to run a statement on it, nothing of
//! pools and transactions.
//!
//! SeaORM's own pool asks the server for a sign of life each time a connection comes back, which doubles the round trips
//! of single statements. Hence Sealflow pools connections itself and only borrows SeaORM's statements and rows.

use std::{str::FromStr, time::Duration};

use sea_orm::{
    DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions, Connection, Executor, MySqlConnection, PgConnection, SqliteConnection,
        mysql::{MySqlConnectOptions, MySqlPoolOptions},
        pool::PoolOptions,
        postgres::{PgConnectOptions, PgPoolOptions},
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};
use sea_query_sqlx::SqlxValues;

use super::StorageError;

/// How long SQLite waits for another process that writes to the same file.
const LOCKED: Duration = Duration::from_secs(20);

/// Where statements are traced: `RUST_LOG=sealflow::statements=trace` shows them.
pub const STATEMENTS: &str = "sealflow::statements";

/// What a connection is opened with.
#[derive(Debug, Clone)]
pub(super) enum Address {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
    MySql(MySqlConnectOptions),
}

/// An open connection.
#[derive(Debug)]
pub(super) enum Wire {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

impl Address {
    /// The address that a URL names.
    pub(super) fn parse(url: &str) -> Result<Self, StorageError> {
        let (scheme, rest) = url.split_once(':').ok_or_else(|| {
            StorageError::Url("not a URL; expected dialect://user:password@host:port/database".to_owned())
        })?;
        match scheme {
            "sqlite" => Ok(Self::Sqlite(sqlite(parsed(url)?))),
            "postgres" | "postgresql" | "cockroach" | "cockroachdb" => {
                let mut options: PgConnectOptions = parsed(&format!("postgres:{rest}"))?;
                if options.get_application_name().is_none() {
                    options = options.application_name("sealflow");
                }
                Ok(Self::Postgres(options.disable_statement_logging()))
            }
            "mysql" | "mariadb" => {
                let options: MySqlConnectOptions = parsed(&format!("mysql:{rest}"))?;
                Ok(Self::MySql(options.disable_statement_logging()))
            }
            other => Err(StorageError::Url(format!(
                "unknown dialect {other:?}; known are sqlite, postgres, cockroach, mysql and mariadb"
            ))),
        }
    }

    pub(super) fn backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
            Self::MySql(_) => DbBackend::MySql,
        }
    }

    /// The same address for connections that only read. Only SQLite makes a difference.
    pub(super) fn reading(&self) -> Self {
        match self {
            Self::Sqlite(options) => Self::Sqlite(options.clone().pragma("query_only", "on")),
            other => other.clone(),
        }
    }

    /// Opens a connection. The driver sets its time zone to UTC.
    pub(super) async fn open(&self) -> Result<Wire, sqlx::Error> {
        match self {
            Self::Sqlite(options) => Ok(Wire::Sqlite(options.connect().await?)),
            Self::Postgres(options) => Ok(Wire::Postgres(options.connect().await?)),
            Self::MySql(options) => {
                let mut connection = options.connect().await?;
                // Its default, repeatable read, locks gaps between rows, on which concurrent inserts deadlock.
                connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
                Ok(Wire::MySql(connection))
            }
        }
    }

    /// A pool of SeaORM with one connection, for migrations.
    pub(super) async fn open_for_migrations(&self, patience: Duration) -> Result<DatabaseConnection, sqlx::Error> {
        fn one<DB: sqlx::Database>(options: PoolOptions<DB>, patience: Duration) -> PoolOptions<DB> {
            options.max_connections(1).acquire_timeout(patience)
        }
        Ok(match self {
            Self::Sqlite(options) => {
                one(SqlitePoolOptions::new(), patience).connect_with(options.clone()).await?.into()
            }
            Self::Postgres(options) => one(PgPoolOptions::new(), patience).connect_with(options.clone()).await?.into(),
            Self::MySql(options) => one(MySqlPoolOptions::new(), patience).connect_with(options.clone()).await?.into(),
        })
    }
}

/// A file is created when it is missing.
fn sqlite(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // With a write-ahead log this loses no consistency, only, on a power failure, the last moments.
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(LOCKED)
        .disable_statement_logging()
}

fn parsed<O: FromStr<Err = sqlx::Error>>(url: &str) -> Result<O, StorageError> {
    url.parse().map_err(|error: sqlx::Error| StorageError::Url(error.to_string()))
}

/// Evaluates an expression with the connection of either kind.
macro_rules! each {
    ($wire:expr, $connection:ident => $expression:expr) => {
        match $wire {
            Wire::Sqlite($connection) => $expression,
            Wire::Postgres($connection) => $expression,
            Wire::MySql($connection) => $expression,
        }
    };
}

impl Wire {
    pub(super) async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let (sql, values) = parts(statement);
        each!(self, connection => sqlx::query_with(sql, values).execute(connection).await.map(ExecResult::from))
            .map_err(refused)
    }

    /// Runs a statement, or several, without values.
    pub(super) async fn execute_text(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        note(sql);
        let sql = AssertSqlSafe(sql.to_owned());
        each!(self, connection => connection.execute(sql).await.map(ExecResult::from)).map_err(refused)
    }

    pub(super) async fn query_one(&mut self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let (sql, values) = parts(statement);
        each!(self, connection => {
            sqlx::query_with(sql, values).fetch_optional(connection).await.map(|row| row.map(QueryResult::from))
        })
        .map_err(refused)
    }

    pub(super) async fn query_all(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let (sql, values) = parts(statement);
        each!(self, connection => {
            let rows = sqlx::query_with(sql, values).fetch_all(connection).await;
            rows.map(|rows| rows.into_iter().map(QueryResult::from).collect())
        })
        .map_err(refused)
    }

    /// Makes sure that the other side is still there.
    pub(super) async fn ping(&mut self) -> Result<(), sqlx::Error> {
        each!(self, connection => connection.ping().await)
    }

    /// Says goodbye to the other side.
    pub(super) async fn close(self) -> Result<(), sqlx::Error> {
        each!(self, connection => connection.close().await)
    }
}

fn parts(statement: Statement) -> (AssertSqlSafe<String>, SqlxValues) {
    note(&statement.sql);
    let values = statement.values.unwrap_or_else(|| sea_orm::sea_query::Values(Vec::new()));
    (AssertSqlSafe(statement.sql), SqlxValues(values))
}

/// Tells who listens which statements run, without their values: those may be secrets.
fn note(sql: &str) {
    tracing::trace!(target: STATEMENTS, sql);
}

fn refused(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_spellings_of_the_dialects() {
        let backend = |url| Address::parse(url).map(|address| address.backend());
        assert!(matches!(backend("postgresql://h/d"), Ok(DbBackend::Postgres)));
        assert!(matches!(backend("cockroach://h/d"), Ok(DbBackend::Postgres)));
        assert!(matches!(backend("mariadb://h/d"), Ok(DbBackend::MySql)));
        assert!(matches!(backend("sqlite::memory:"), Ok(DbBackend::Sqlite)));
        assert!(matches!(backend("oracle://h/d"), Err(StorageError::Url(_))));
        assert!(matches!(backend("hanko"), Err(StorageError::Url(_))));
    }
}
