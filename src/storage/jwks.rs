//! Signing keys, encrypted by whoever stores them.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, QueryOrder};

use super::{
    StorageError, Timestamp, UnitOfWork,
    entities::jwks::{Column, Entity, Model},
    rows::visible,
    sql::Sql,
};
use crate::secret::Secret;

/// All keys, oldest first.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn all(unit: &UnitOfWork) -> Result<Vec<Model>, StorageError> {
    Ok(visible::<Entity>(unit, Column::TenantId).order_by_asc(Column::Id).all(&unit.read()).await?)
}

/// How many keys there are.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn count(unit: &UnitOfWork) -> Result<u64, StorageError> {
    static COUNT: Sql = Sql::new("SELECT COUNT(*) FROM jwks WHERE tenant_id = ?");
    let row = COUNT.one(unit.read(), [unit.tenant().into()]).await?;
    let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
    Ok(count.unsigned_abs())
}

/// Inserts a key, to which the database gives the next id, unless there are `limit` keys already. Returns whether it was
/// inserted. Counting and inserting are one step: of several processes that start on an empty database one succeeds.
///
/// # Errors
///
/// When the database refuses.
pub async fn insert_below(
    unit: &mut UnitOfWork,
    limit: u64,
    key_data: Secret<String>,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    // Whoever holds the row of the tenant has the say over its keys. On SQLite the transaction itself excludes others.
    static LOCK_POSTGRES: Sql = Sql::new("SELECT id FROM tenants WHERE id = ? FOR NO KEY UPDATE");
    static LOCK_MYSQL: Sql = Sql::new("SELECT id FROM tenants WHERE id = ? FOR UPDATE");
    static INSERT: Sql = Sql::new("INSERT INTO jwks (key_data, created_at, tenant_id) VALUES (?, ?, ?)");
    let tenant = unit.tenant();
    let transaction = unit.write().await?;
    match transaction.get_database_backend() {
        DbBackend::Postgres => drop(LOCK_POSTGRES.one(transaction, [tenant.into()]).await?),
        DbBackend::MySql => drop(LOCK_MYSQL.one(transaction, [tenant.into()]).await?),
        _ => {}
    }
    if count(unit).await? >= limit {
        return Ok(false);
    }
    INSERT.execute(unit.write().await?, [key_data.into(), Timestamp::from(now).into(), tenant.into()]).await?;
    Ok(true)
}

/// Replaces what is stored of a key, for its encryption with another secret. Returns whether there is such a key.
///
/// # Errors
///
/// When the database refuses.
pub async fn replace_key_data(unit: &mut UnitOfWork, id: i32, key_data: Secret<String>) -> Result<bool, StorageError> {
    static REPLACE: Sql = Sql::new("UPDATE jwks SET key_data = ? WHERE id = ? AND tenant_id = ?");
    let values = [key_data.into(), id.into(), unit.tenant().into()];
    Ok(REPLACE.execute(unit.write().await?, values).await? > 0)
}
