//! Signing keys, encrypted by whoever stores them.

use chrono::{DateTime, Utc};
use sea_orm::{DbBackend, QueryOrder};

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

/// Keeps everybody else from adding keys until the transaction ends.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn lock(unit: &mut UnitOfWork) -> Result<(), StorageError> {
    // The transaction of SQLite is exclusive already.
    static LOCK: Sql = Sql::new("SELECT id FROM tenants WHERE id = ? FOR UPDATE");
    let (tenant, backend) = (unit.tenant(), unit.backend());
    let transaction = unit.write().await?;
    if backend != DbBackend::Sqlite {
        LOCK.one(transaction, [tenant.into()]).await?;
    }
    Ok(())
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

/// Inserts a key; the database gives it the next id.
///
/// # Errors
///
/// When the database refuses.
pub async fn insert(unit: &mut UnitOfWork, key_data: Secret<String>, now: DateTime<Utc>) -> Result<(), StorageError> {
    static INSERT: Sql = Sql::new("INSERT INTO jwks (key_data, created_at, tenant_id) VALUES (?, ?, ?)");
    let values = [key_data.into(), Timestamp::from(now).into(), unit.tenant().into()];
    INSERT.execute(unit.write().await?, values).await?;
    Ok(())
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
