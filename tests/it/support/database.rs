//! The database that every test server starts with: it has its tables and a signing key, which take a while to make, so
//! that all tests copy the same one. By default it is a file; `SEALFLOW_TEST_DATABASE` set to `postgres` or `mysql` has
//! the same tests run on the server that `SEALFLOW_TEST_POSTGRES` or `SEALFLOW_TEST_MYSQL` names (`tests/services.sh`).

use std::{env, path::Path, sync::LazyLock, thread};

use sea_orm::{ConnectionTrait, Database};
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
            aside(on_server(server.clone(), format!("CREATE DATABASE {name}")));
            aside(make_tables(address(&server, &name), true));
            Prepared::Postgres { server, name }
        }
        Ok("mysql") => {
            let (server, name) = (server("SEALFLOW_TEST_MYSQL"), name());
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

/// Tests wait for this inside runtimes of their own.
fn aside(work: impl Future<Output = ()> + Send + 'static) {
    thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(work)).join().unwrap();
}

fn name() -> String {
    let random: &dyn Random = &SystemRandom;
    format!("sealflow_it_{}", random.uuid().simple())
}

fn address(server: &str, name: &str) -> String {
    let (host, _) = server.rsplit_once('/').unwrap();
    format!("{host}/{name}")
}
