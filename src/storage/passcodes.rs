//! One-time codes sent by mail. Attempts are counted and codes are used up by the database, so that simultaneous
//! requests cannot have more attempts or uses than one after the other.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};
use uuid::Uuid;

use super::{
    Id, StorageError, Timestamp, UnitOfWork,
    entities::passcodes::{Column, Entity, Model},
    rows::{insert as insert_row, visible},
    sql::Sql,
};
use crate::secret::Secret;

/// Inserts a code that is valid for `ttl` seconds; `hash` is what is kept of it.
///
/// # Errors
///
/// When the database refuses.
pub async fn insert(
    unit: &mut UnitOfWork,
    id: Uuid,
    ttl: i32,
    hash: Secret<String>,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let row = Model {
        id: Id(id),
        user_id: None,
        ttl,
        code: hash,
        try_count: 0,
        created_at: now.into(),
        updated_at: now.into(),
        email_id: None,
        tenant_id: Id(unit.tenant()),
    };
    insert_row(unit, row).await
}

/// The code with this id.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn by_id(unit: &UnitOfWork, id: Uuid) -> Result<Option<Model>, StorageError> {
    Ok(visible::<Entity>(unit, Column::TenantId).filter(Column::Id.eq(Id(id))).one(&unit.read()).await?)
}

/// Counts a wrong attempt and returns how many there are now; none when the code is gone.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn count_failure(unit: &mut UnitOfWork, id: Uuid, now: DateTime<Utc>) -> Result<Option<i32>, StorageError> {
    static COUNT: Sql =
        Sql::new("UPDATE passcodes SET try_count = try_count + 1, updated_at = ? WHERE id = ? AND tenant_id = ?");
    static COUNTED: Sql = Sql::new("SELECT try_count FROM passcodes WHERE id = ? AND tenant_id = ?");
    static COUNT_RETURNING: Sql = Sql::new(
        "UPDATE passcodes SET try_count = try_count + 1, updated_at = ? WHERE id = ? AND tenant_id = ? \
         RETURNING try_count",
    );
    let tenant = unit.tenant();
    let transaction = unit.write().await?;
    let count = [Timestamp::from(now).into(), id.into(), tenant.into()];
    let row = if transaction.support_returning() {
        COUNT_RETURNING.one(transaction, count).await?
    } else {
        // The update holds the row until the transaction ends, so the count read is the one just written.
        COUNT.execute(transaction, count).await?;
        COUNTED.one(transaction, [id.into(), tenant.into()]).await?
    };
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// Uses a code up. Returns whether this call did; of several simultaneous calls only one does.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn delete_if_present(unit: &mut UnitOfWork, id: Uuid) -> Result<bool, StorageError> {
    static DELETE: Sql = Sql::new("DELETE FROM passcodes WHERE id = ? AND tenant_id = ?");
    let values = [id.into(), unit.tenant().into()];
    Ok(DELETE.execute(unit.write().await?, values).await? > 0)
}
