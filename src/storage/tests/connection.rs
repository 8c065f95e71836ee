//! Connections: one that never comes about, one that is lost, two processes on one file.

use tokio::task::JoinSet;

use super::*;
use crate::{
    config,
    storage::{
        StorageError, schema,
        testing::{Kind, TestDatabase, execute, on, text},
    },
};

fn at(url: &str) -> config::Database {
    config::Database { url: url.to_owned(), ..config::Database::default() }
}

#[tokio::test]
async fn a_server_that_accepts_no_connection_is_named_without_credentials() {
    let error = Database::connect(&at("postgres://ada:p4ss@127.0.0.1:1/hanko")).await.unwrap_err();
    assert!(matches!(error, StorageError::Unreachable(_)));
    let text = error.to_string();
    assert!(text.contains("postgres://127.0.0.1:1/hanko") && !text.contains("p4ss"), "{text}");
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_named() {
    let error = Database::connect(&at("sqlite:///nowhere/at/all.db")).await.unwrap_err();
    assert!(error.to_string().contains("sqlite:///nowhere/at/all.db"), "{error}");
}

#[tokio::test]
async fn an_unknown_dialect_is_refused() {
    assert!(matches!(Database::connect(&at("oracle://db/hanko")).await, Err(StorageError::Url(_))));
}

#[tokio::test]
async fn a_database_in_memory_works() {
    let database = Database::connect(&at("sqlite::memory:")).await.unwrap();
    schema::up(&database).await.unwrap();
    create_user(&database, 1).await;
    assert!(users::by_id(&unit(&database), id(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_lost_connection_is_an_error_once() {
    for (kind, kill) in [
        (Kind::Postgres, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"),
        (
            Kind::Mysql,
            "BEGIN NOT ATOMIC FOR p IN (SELECT id FROM information_schema.processlist WHERE db = '{}') \
                       DO EXECUTE IMMEDIATE CONCAT('KILL ', p.id); END FOR; END",
        ),
    ] {
        let Some(created) = TestDatabase::create(kind).await else { continue };
        let config = config::Database { pool: 1, ..created.config.clone() };
        let database = Database::connect(&config).await.unwrap();
        schema::up(&database).await.unwrap();
        let (server, name) = created.server();
        execute(server, &kill.replace("{}", name)).await;
        let lost = users::by_id(&unit(&database), id(1)).await;
        assert!(matches!(lost, Err(StorageError::Unreachable(_))), "{lost:?}");
        assert_eq!(users::by_id(&unit(&database), id(1)).await.unwrap(), None);
        database.close().await;
        created.drop().await;
    }
}

#[tokio::test]
async fn two_processes_can_write_to_one_file() {
    let created = TestDatabase::create(Kind::Sqlite).await.unwrap();
    let processes =
        [Database::connect(&created.config).await.unwrap(), Database::connect(&created.config).await.unwrap()];
    schema::up(&processes[0]).await.unwrap();
    let mut tasks = JoinSet::new();
    for n in 0..100 {
        let database = processes[n % 2].clone();
        tasks.spawn(async move { create_user(&database, u128::try_from(n).unwrap()).await });
    }
    tasks.join_all().await;
    assert_eq!(text(&processes[0], "SELECT CAST(COUNT(*) AS TEXT) FROM users").await.unwrap(), "100");
}

#[tokio::test]
async fn more_connections_than_may_idle_are_closed_after_use() {
    let Some(created) = TestDatabase::create(Kind::Postgres).await else { return };
    let database = Database::connect(&config::Database { idle_pool: 2, ..created.config.clone() }).await.unwrap();
    let mut units = Vec::new();
    for _ in 0..5 {
        let mut unit = unit(&database);
        unit.write().await.unwrap();
        units.push(unit);
    }
    let (server, name) = created.server();
    let count = format!("SELECT CAST(COUNT(*) AS text) FROM pg_stat_activity WHERE datname = '{name}'");
    assert_eq!(text(server, &count).await.unwrap(), "5");
    for unit in units {
        unit.rollback().await;
    }
    // The server ends them in its own time.
    while text(server, &count).await.unwrap() != "2" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    database.close().await;
    created.drop().await;
}

on_every_database! {
    async fn a_transaction_with_a_failed_statement_writes_nothing(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        users::insert(&mut unit, id(2), users::PersonalData::default(), now(), now()).await.unwrap();
        users::insert(&mut unit, id(1), users::PersonalData::default(), now(), now()).await.unwrap_err();
        unit.commit().await.unwrap_err();
        assert_eq!(users::by_id(&super::unit(&database), id(2)).await.unwrap(), None);
    }

    async fn an_abandoned_request_leaves_nothing_behind(database: Database) {
        for _ in 0..20 {
            let database = database.clone();
            let request = tokio::spawn(async move {
                let mut unit = unit(&database);
                users::insert(&mut unit, id(1), users::PersonalData::default(), now(), now()).await.unwrap();
                std::future::pending::<()>().await;
            });
            tokio::task::yield_now().await;
            request.abort();
            request.await.unwrap_err();
        }
        assert_eq!(users::by_id(&unit(&database), id(1)).await.unwrap(), None);
        create_user(&database, 1).await;
    }
}

#[tokio::test]
async fn reading_cannot_write_to_sqlite() {
    on(Kind::Sqlite, async |database: Database| {
        let unit = unit(&database);
        let written = sea_orm::ConnectionTrait::execute_unprepared(&unit.read(), "DELETE FROM tenants").await;
        assert!(written.unwrap_err().to_string().contains("readonly"));
    })
    .await;
}
