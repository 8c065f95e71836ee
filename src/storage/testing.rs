//! Databases for tests: each test gets one of its own on SQLite, PostgreSQL and MySQL/MariaDB, dropped at its end.
//!
//! `SEALFLOW_TEST_POSTGRES` and `SEALFLOW_TEST_MYSQL` name servers on which databases may be created, see
//! `tests/services.sh`. Without them those tests are skipped, except where `CI` is set.

use std::{env, panic::resume_unwind, time::Duration};

use sea_orm::ConnectionTrait;
use tempfile::TempDir;

use super::{Database, schema};
use crate::{
    config,
    random::{Random, SystemRandom},
};

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
    Mysql,
}

/// A database of one test.
pub(crate) struct TestDatabase {
    pub(crate) config: config::Database,
    /// The connection that creates and drops it, and its name.
    server: Option<(Database, String)>,
    _directory: TempDir,
}

impl TestDatabase {
    /// An empty database; none when there is no server of that kind.
    pub(crate) async fn create(kind: Kind) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let server = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(server("SEALFLOW_TEST_POSTGRES")?),
            Kind::Mysql => Some(server("SEALFLOW_TEST_MYSQL")?),
        };
        let Some(url) = server else {
            let url = format!("sqlite://{}", directory.path().join("test.db").display());
            return Some(Self { config: config_of(url), server: None, _directory: directory });
        };
        let random: &dyn Random = &SystemRandom;
        let name = format!("sealflow_test_{}", random.uuid().simple());
        let server = Database::connect(&config_of(url.clone())).await.unwrap();
        execute(&server, &format!("CREATE DATABASE {name}")).await;
        let (address, _) = url.rsplit_once('/').unwrap();
        let config = config_of(format!("{address}/{name}"));
        Some(Self { config, server: Some((server, name)), _directory: directory })
    }

    /// A connection to its server, and its name; not for SQLite.
    pub(crate) fn server(&self) -> (&Database, &str) {
        let (server, name) = self.server.as_ref().unwrap();
        (server, name)
    }

    /// Drops the database.
    pub(crate) async fn drop(self) {
        if let Some((server, name)) = self.server {
            execute(&server, &format!("DROP DATABASE {name}")).await;
            server.close().await;
        }
    }
}

/// Runs a statement as it is, outside of any unit.
pub(crate) async fn execute(database: &Database, sql: &str) -> u64 {
    database.writes().execute_unprepared(sql).await.unwrap().rows_affected()
}

/// The first column of the first row, as text.
pub(crate) async fn text(database: &Database, sql: &str) -> Option<String> {
    let statement = sea_orm::Statement::from_string(database.backend(), sql);
    let row = database.writes().query_one_raw(statement).await.unwrap()?;
    row.try_get_by_index(0).unwrap()
}

/// The first column of all rows, as text.
pub(crate) async fn texts(database: &Database, sql: &str) -> Vec<String> {
    let statement = sea_orm::Statement::from_string(database.backend(), sql);
    let rows = database.writes().query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Runs `test` on a database with the current schema.
pub(crate) async fn on<F>(kind: Kind, test: impl FnOnce(Database) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send,
{
    on_empty(kind, async move |database| {
        schema::up(&database).await.unwrap();
        test(database).await;
    })
    .await;
}

/// Runs `test` on an empty database.
pub(crate) async fn on_empty<F>(kind: Kind, test: impl FnOnce(Database) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send,
{
    let Some(created) = TestDatabase::create(kind).await else { return };
    let database = Database::connect(&created.config).await.unwrap();
    let tested = database.clone();
    let outcome = tokio::spawn(async move { test(tested).await }).await;
    database.close().await;
    created.drop().await;
    if let Err(failure) = outcome {
        resume_unwind(failure.into_panic());
    }
}

fn server(variable: &str) -> Option<String> {
    match env::var(variable) {
        Ok(url) => Some(url),
        Err(_) if env::var_os("CI").is_some() => panic!("{variable} must be set, see tests/services.sh"),
        Err(_) => {
            println!("skipped: {variable} is not set, see tests/services.sh");
            None
        }
    }
}

fn config_of(url: String) -> config::Database {
    let span = |seconds| config::Span(Duration::from_secs(seconds));
    config::Database {
        url,
        pool: 5,
        idle_pool: 0,
        conn_max_idletime: span(300),
        conn_max_lifetime: span(3600),
        ..config::Database::default()
    }
}

/// Turns each `async fn name(database: Database)` into a test for each kind of database, with the current schema.
macro_rules! on_every_database {
    ($($body:tt)+) => { $crate::storage::testing::tests_for_each_kind!(on: $($body)+); };
}

/// Like `on_every_database`, without a schema.
macro_rules! on_every_empty_database {
    ($($body:tt)+) => { $crate::storage::testing::tests_for_each_kind!(on_empty: $($body)+); };
}

macro_rules! tests_for_each_kind {
    ($on:ident: $($(#[$attribute:meta])* async fn $name:ident($database:ident: Database) $body:block)+) => {$(
        $(#[$attribute])*
        mod $name {
            use super::*;
            use crate::storage::testing::{self, Kind};

            async fn test($database: Database) $body

            #[tokio::test]
            async fn sqlite() {
                testing::$on(Kind::Sqlite, test).await;
            }

            #[tokio::test]
            async fn postgres() {
                testing::$on(Kind::Postgres, test).await;
            }

            #[tokio::test]
            async fn mysql() {
                testing::$on(Kind::Mysql, test).await;
            }
        }
    )+};
}

pub(crate) use {on_every_database, on_every_empty_database, tests_for_each_kind};
