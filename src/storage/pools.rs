//! The pools of connections, tuned for each kind of database.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use sea_orm::{
    DatabaseConnection, DbErr, RuntimeErr,
    sqlx::{
        self, ConnectOptions, Connection, Executor, Pool,
        mysql::MySqlConnectOptions,
        pool::PoolOptions,
        postgres::PgConnectOptions,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use super::{
    StorageError,
    connection::{CONNECT, Lane},
};
use crate::config;

/// `database.pool: 0` means "no limit"; more connections than this help no server.
const UNLIMITED: u32 = 1000;

/// A connection idle for longer is tried before it is used: servers, proxies and firewalls drop idle ones silently.
const STALE: Duration = Duration::from_secs(20);

/// How long SQLite waits for another process that writes to the same file.
const LOCKED: Duration = Duration::from_secs(20);

/// A pool to PostgreSQL. The driver sets the time zone of each connection to UTC.
pub(super) async fn postgres(url: &str, config: &config::Database) -> Result<Lane, StorageError> {
    let mut options: PgConnectOptions = parsed(url)?;
    if options.get_application_name().is_none() {
        options = options.application_name("sealflow");
    }
    open(tuned::<sqlx::Postgres>(config), config, options.disable_statement_logging()).await
}

/// A pool to MySQL or MariaDB. The driver sets the time zone of each connection to UTC.
pub(super) async fn mysql(url: &str, config: &config::Database) -> Result<Lane, StorageError> {
    let options: MySqlConnectOptions = parsed(url)?;
    let pool = tuned::<sqlx::MySql>(config).after_connect(|connection, _| {
        Box::pin(async move {
            // Its default, repeatable read, locks gaps between rows, on which concurrent inserts deadlock.
            connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
            Ok(())
        })
    });
    open(pool, config, options.disable_statement_logging()).await
}

/// The lanes for reading and for writing a SQLite file, which is created when it is missing. A database in memory
/// belongs to its one connection, so both lanes are the same.
pub(super) async fn sqlite(url: &str, readers: u32) -> Result<(Lane, Lane), StorageError> {
    let options = parsed::<SqliteConnectOptions>(url)?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // With a write-ahead log this loses no consistency, only, on a power failure, the last moments.
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(LOCKED)
        .disable_statement_logging();
    let lasting = |size| {
        let pool = PoolOptions::<sqlx::Sqlite>::new().max_connections(size).acquire_timeout(CONNECT);
        pool.idle_timeout(None).max_lifetime(None).test_before_acquire(false)
    };

    let writer = lasting(1).connect_with(options.clone()).await.map_err(unreachable)?;
    let writes = Lane::new(DatabaseConnection::from(writer), 1);
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Ok((writes.clone(), writes));
    }
    let readers = readers.clamp(1, UNLIMITED);
    let reader = lasting(readers).connect_with(options.pragma("query_only", "on")).await.map_err(unreachable)?;
    Ok((Lane::new(DatabaseConnection::from(reader), readers), writes))
}

async fn open<DB>(
    pool: PoolOptions<DB>,
    config: &config::Database,
    options: <DB::Connection as Connection>::Options,
) -> Result<Lane, StorageError>
where
    DB: sqlx::Database,
    DatabaseConnection: From<Pool<DB>>,
{
    let opened = Arc::new(OnceLock::new());
    let pool = limit_idle(pool, config.idle_pool, Arc::clone(&opened));
    let pool = pool.connect_with(options).await.map_err(unreachable)?;
    // Only the first value counts, and this is the only place that sets one.
    drop(opened.set(pool.clone()));
    Ok(Lane::new(pool.into(), size(config)))
}

fn tuned<DB: sqlx::Database>(config: &config::Database) -> PoolOptions<DB> {
    let limit = |span: Duration| (!span.is_zero()).then_some(span);
    PoolOptions::new()
        .max_connections(size(config))
        .acquire_timeout(CONNECT)
        .idle_timeout(limit(config.conn_max_idletime.0))
        .max_lifetime(limit(config.conn_max_lifetime.0))
        .test_before_acquire(false)
        .before_acquire(|connection: &mut DB::Connection, metadata| {
            Box::pin(async move {
                if metadata.idle_for >= STALE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

/// Closes a connection that comes back when `limit` others are idle already; 0 keeps all.
fn limit_idle<DB: sqlx::Database>(
    pool: PoolOptions<DB>,
    limit: u32,
    opened: Arc<OnceLock<Pool<DB>>>,
) -> PoolOptions<DB> {
    if limit == 0 {
        return pool;
    }
    pool.after_release(move |_, _| {
        let full = opened.get().is_some_and(|pool| pool.num_idle() >= limit as usize);
        Box::pin(async move { Ok(!full) })
    })
}

fn size(config: &config::Database) -> u32 {
    if config.pool == 0 { UNLIMITED } else { config.pool.min(UNLIMITED) }
}

fn parsed<O: std::str::FromStr<Err = sqlx::Error>>(url: &str) -> Result<O, StorageError> {
    url.parse().map_err(|error: sqlx::Error| StorageError::Url(error.to_string()))
}

fn unreachable(error: sqlx::Error) -> StorageError {
    match error {
        sqlx::Error::PoolTimedOut => {
            StorageError::Unreachable(format!("it accepted no connection within {} s", CONNECT.as_secs()))
        }
        error => DbErr::Conn(RuntimeErr::SqlxError(error.into())).into(),
    }
}
