//! The database that every test server starts with: it has its tables and a signing key, which take a while to make, so
//! that all tests copy the same one. By default it is a file; `SEALFLOW_TEST_DATABASE` set to `postgres` or `mysql` has
//! the same tests run on the server that `SEALFLOW_TEST_POSTGRES` or `SEALFLOW_TEST_MYSQL` names (`tests/services.sh`).

use std::{
    env,
    path::Path,
    process,
    sync::LazyLock,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use sea_orm::{ConnectionTrait, Database, Statement};
use sealflow::{
    app::{App, Parts},
    config,
    random::{Random, SystemRandom},
};
use tempfile::TempDir;

/// The secret of all test servers.
pub(super) const SECRET: &str = "a-secret-that-everybody-knows";

/// A database with tables and a key.
enum Prepared {
    File(TempDir),
    Postgres { server: String, name: String },
    Mysql { server: String, name: String },
}

static PREPARED: LazyLock<Prepared> = LazyLock::new(|| {
    let server =
        |variable| env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set, see tests/services.sh"));
    match env::var("SEALFLOW_TEST_DATABASE").as_deref() {
        Err(_) | Ok("sqlite") => {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}", folder.path().join("prepared.db").display());
            aside(async move { make_tables(url, true).await });
            Prepared::File(folder)
        }
        Ok("postgres") => {
            let (server, name) = (server("SEALFLOW_TEST_POSTGRES"), name());
            aside(forget_old_runs(server.clone()));
            aside(on_server(server.clone(), format!("CREATE DATABASE {name}")));
            aside(make_tables(address(&server, &name), true));
            Prepared::Postgres { server, name }
        }
        Ok("mysql") => {
            let (server, name) = (server("SEALFLOW_TEST_MYSQL"), name());
            aside(forget_old_runs(server.clone()));
            aside(on_server(server.clone(), format!("CREATE DATABASE {name}")));
            aside(make_tables(address(&server, &name), true));
            Prepared::Mysql { server, name }
        }
        Ok(other) => panic!("SEALFLOW_TEST_DATABASE is {other}: give it sqlite, postgres or mysql"),
    }
});

/// The address of a copy of the prepared database; a file of it lies in `folder`.
pub(super) fn copy(folder: &Path) -> String {
    match &*PREPARED {
        Prepared::File(prepared) => {
            let copy = folder.join("test.db");
            std::fs::copy(prepared.path().join("prepared.db"), &copy).unwrap();
            format!("sqlite://{}", copy.display())
        }
        Prepared::Postgres { server, name: prepared } => {
            let copy = name();
            aside(on_server(server.clone(), format!("CREATE DATABASE {copy} TEMPLATE {prepared}")));
            address(server, &copy)
        }
        Prepared::Mysql { server, name: prepared } => {
            let copy = name();
            aside(on_server(server.clone(), format!("CREATE DATABASE {copy}")));
            aside(make_tables(address(server, &copy), false));
            aside(on_server(server.clone(), format!("INSERT INTO {copy}.jwks SELECT * FROM {prepared}.jwks")));
            address(server, &copy)
        }
    }
}

async fn make_tables(url: String, makes_keys: bool) {
    let mut config =
        config::Config { development: true, secret_keys: vec![SECRET.to_owned().into()], ..Default::default() };
    config.database.url = url;
    let app = App::start(config, Parts { makes_keys, ..Parts::default() }).await.unwrap();
    app.stop().await;
}

pub(super) async fn on_server(server: String, statement: String) {
    let connection = Database::connect(server).await.unwrap();
    connection.execute_unprepared(&statement).await.unwrap();
    connection.close().await.unwrap();
}

/// The first column of what a query finds.
pub(super) async fn texts(server: String, query: String) -> Vec<String> {
    let connection = Database::connect(server).await.unwrap();
    let rows =
        connection.query_all_raw(Statement::from_string(connection.get_database_backend(), query)).await.unwrap();
    connection.close().await.unwrap();
    rows.into_iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Tests wait for this inside runtimes of their own.
fn aside(work: impl Future<Output = ()> + Send + 'static) {
    thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(work)).join().unwrap();
}

/// How the names of all databases of tests begin.
const PREFIX: &str = "sealflow_it_";
/// No run takes this long.
const RUN: Duration = Duration::from_secs(20 * 60);

#[expect(clippy::disallowed_methods, reason = "databases outlive the clocks of tests")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// The name of a new database, which says when it was made and by which process.
fn name() -> String {
    let random: &dyn Random = &SystemRandom;
    format!("{PREFIX}{}_{}_{}", now().as_secs(), process::id(), random.uuid().simple())
}

/// Whether the run that made a database has ended.
fn is_left(name: &str) -> bool {
    let mut parts = name[PREFIX.len()..].split('_').map(str::parse::<u64>);
    let (Some(Ok(made)), process) = (parts.next(), parts.next()) else { return true };
    let ended = match process {
        Some(Ok(process)) => Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{process}")).exists(),
        _ => false,
    };
    ended || Duration::from_secs(made) + RUN < now()
}

/// Drops what earlier runs have left: the test servers keep their data in memory.
async fn forget_old_runs(server: String) {
    let query = format!("SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '{PREFIX}%'");
    let query = if server.starts_with("postgres") {
        format!("SELECT datname FROM pg_database WHERE datname LIKE '{PREFIX}%'")
    } else {
        query
    };
    for name in texts(server.clone(), query).await {
        if is_left(&name) {
            on_server(server.clone(), format!("DROP DATABASE IF EXISTS {name}")).await;
        }
    }
}

fn address(server: &str, name: &str) -> String {
    let (host, _) = server.rsplit_once('/').unwrap();
    format!("{host}/{name}")
}
