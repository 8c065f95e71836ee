//! Devices on which a user is not asked for a second factor.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{
    Id, StorageError, UnitOfWork,
    entities::trusted_devices::{Column, Entity, Model},
    rows::{insert as insert_row, visible},
    sql::Sql,
};
use crate::secret::Secret;

/// Inserts a device that is trusted until `expires_at`.
///
/// # Errors
///
/// When the database refuses.
pub async fn insert(
    unit: &mut UnitOfWork,
    id: Uuid,
    user: Uuid,
    token: Secret<String>,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let row = Model {
        id: Id(id),
        user_id: Id(user),
        device_token: token,
        expires_at: expires_at.into(),
        created_at: now.into(),
        updated_at: now.into(),
        tenant_id: Id(unit.tenant()),
    };
    insert_row(unit, row).await
}

/// The device with this token, expired or not.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn by_token(unit: &UnitOfWork, token: &str) -> Result<Option<Model>, StorageError> {
    let query = visible::<Entity>(unit, Column::TenantId).filter(Column::DeviceToken.eq(token));
    // MySQL databases of the original compare without case, by which the wrong row may come first.
    let is_same = |row: &Model| row.device_token.expose().as_bytes().ct_eq(token.as_bytes()).into();
    Ok(query.all(&unit.read()).await?.into_iter().find(is_same))
}

/// Removes all trusted devices of a user.
///
/// # Errors
///
/// When the database refuses.
pub async fn delete_of_user(unit: &mut UnitOfWork, user: Uuid) -> Result<u64, StorageError> {
    static DELETE: Sql = Sql::new("DELETE FROM trusted_devices WHERE user_id = ? AND tenant_id = ?");
    let values = [user.into(), unit.tenant().into()];
    DELETE.execute(unit.write().await?, values).await
}
