//! `migrate up`, `migrate down` and `migrate status` as functions. One step is one transaction under a lock, so that two
//! processes that start at the same time do not meet, and a step that fails leaves the earlier ones in place.

use migrations::Migrator;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
};
use sea_orm_migration::{MigratorTrait, SchemaManager};

use super::{SchemaError, State, inspect, state::state_of};
use crate::storage::Database;

/// The key of the lock on PostgreSQL: "sealflow" in ASCII.
const LOCK: i64 = 0x7365_616C_666C_6F77;

/// Whether a migration was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It was.
    Yes,
    /// `migrate up` would run it.
    No,
}

/// One of Sealflow's migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Whether it was run.
    pub applied: Applied,
}

/// Brings the database to the current schema and returns the names of the migrations run, none when it was current.
///
/// # Errors
///
/// [`SchemaError::Refused`] for a schema that Sealflow must not touch. Steps done before a failure stay done.
pub async fn up(database: &Database) -> Result<Vec<String>, SchemaError> {
    let mut done = Vec::new();
    while let Some(name) = locked(database, async |transaction| {
        let state = state_of(&SchemaManager::new(transaction)).await?;
        state.migratable()?;
        let next = Migrator::get_pending_migrations(transaction).await?.first().map(|file| file.name().to_owned());
        if next.is_some() {
            Migrator::up(transaction, Some(1)).await?;
        }
        Ok(next)
    })
    .await?
    {
        tracing::info!(migration = name, "applied");
        done.push(name);
    }
    Ok(done)
}

/// Rolls back the newest `count` migrations and returns their names, newest first.
///
/// The oldest one is the whole inherited schema with all its data; it goes only with `drop_everything`.
///
/// # Errors
///
/// [`SchemaError::Refused`] when fewer than `count` were applied, or when everything would go unasked; nothing is
/// changed then.
pub async fn down(database: &Database, count: usize, drop_everything: bool) -> Result<Vec<String>, SchemaError> {
    let applied = status(database).await?.1.into_iter().filter(|step| step.applied == Applied::Yes).count();
    if count > applied {
        return Err(SchemaError::Refused(format!("only {applied} migrations are applied; nothing was rolled back")));
    }
    if count == applied && count > 0 && !drop_everything {
        return Err(SchemaError::Refused(format!(
            "rolling back {count} migrations drops all tables with all users; add --drop-everything if that is meant"
        )));
    }
    let mut done = Vec::new();
    for _ in 0..count {
        let name = locked(database, async |transaction| {
            let newest = Migrator::get_applied_migrations(transaction).await?.last().map(|file| file.name().to_owned());
            Migrator::down(transaction, Some(1)).await?;
            Ok(newest)
        })
        .await?;
        tracing::info!(migration = name, "rolled back");
        done.extend(name);
    }
    Ok(done)
}

/// The state of the database and which of Sealflow's migrations were run.
///
/// # Errors
///
/// [`SchemaError::Storage`] when the database cannot be asked.
pub async fn status(database: &Database) -> Result<(State, Vec<Step>), SchemaError> {
    let state = inspect(database).await?;
    let pending = match &state {
        State::Current { pending } | State::Newer { pending, .. } => pending.clone(),
        State::NewerSealflow { .. } => Vec::new(),
        _ => Migrator::get_migration_files().iter().map(|file| file.name().to_owned()).collect(),
    };
    let files = Migrator::get_migration_files();
    let steps = files.iter().map(|file| Step {
        name: file.name().to_owned(),
        applied: if pending.iter().any(|name| name == file.name()) { Applied::No } else { Applied::Yes },
    });
    Ok((state, steps.collect()))
}

/// Runs `step` in a transaction that no other process can be in.
async fn locked<T>(
    database: &Database,
    step: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, SchemaError>,
) -> Result<T, SchemaError> {
    // On SQLite the transaction itself is the lock.
    let sqlite_transaction_mode = (database.backend() == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() };
    let connection = database.for_migrations().await?;
    let transaction = connection.begin_with_options(options).await?;
    lock(&transaction).await?;
    let result = step(&transaction).await;
    let unlocked = unlock(&transaction).await;
    let value = result?;
    unlocked?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(value)
}

async fn lock(transaction: &DatabaseTransaction) -> Result<(), SchemaError> {
    let ask = |sql: String| Statement::from_string(transaction.get_database_backend(), sql);
    match transaction.get_database_backend() {
        DbBackend::Postgres => {
            transaction.query_one_raw(ask(format!("SELECT CAST(pg_advisory_xact_lock({LOCK}) AS text)"))).await?;
        }
        DbBackend::MySql => {
            let row = transaction.query_one_raw(ask(format!("SELECT GET_LOCK({MYSQL_LOCK}, 60)"))).await?;
            let got: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?;
            if got != Some(1) {
                return Err(SchemaError::Refused("another process is migrating this database".to_owned()));
            }
        }
        _ => {}
    }
    Ok(())
}

/// MySQL's locks belong to the connection, which outlives the transaction, and to the server, not the database.
const MYSQL_LOCK: &str = "LEFT(CONCAT('sealflow migrate ', DATABASE()), 64)";

async fn unlock(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::MySql {
        transaction.execute_unprepared(&format!("DO RELEASE_LOCK({MYSQL_LOCK})")).await?;
    }
    Ok(())
}
