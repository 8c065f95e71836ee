//! The behavior of storage, on every kind of database.

mod accounts;
mod cleanup;
mod concurrency;
mod connection;
mod credentials;
mod flows;
mod integrity;
mod schema;
mod sessions;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{DEFAULT_TENANT, Database, UnitOfWork, testing::on_every_database, users};

/// The time of a test.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_800_000_000_123_456).unwrap()
}

fn later(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x1234_5678_9abc_4def_8000_0000_0000_0000 + n)
}

/// A tenant besides the default one.
const OTHER_TENANT: Uuid = Uuid::from_u128(0xffff);

async fn create_other_tenant(database: &Database) {
    let sql = format!(
        "INSERT INTO tenants (id, config, created_at, updated_at) \
         VALUES ('{OTHER_TENANT}', '{{}}', '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
    );
    super::testing::execute(database, &sql).await;
}

fn unit(database: &Database) -> UnitOfWork {
    database.unit(DEFAULT_TENANT)
}

/// A user without anything.
async fn create_user(database: &Database, n: u128) -> Uuid {
    let mut unit = unit(database);
    users::insert(&mut unit, id(n), users::PersonalData::default(), now(), now()).await.unwrap();
    unit.commit().await.unwrap();
    id(n)
}
