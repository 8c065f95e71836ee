//! Password hashes. Knows nothing of how they are computed.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::{
    Id, StorageError, Timestamp, UnitOfWork,
    entities::password_credentials::{Column, Entity, Model},
    rows::{insert as insert_row, visible},
    sql::Sql,
};
use crate::secret::Secret;

/// The password hash of a user.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn of_user(unit: &UnitOfWork, user: Uuid) -> Result<Option<Model>, StorageError> {
    Ok(visible::<Entity>(unit, Column::TenantId).filter(Column::UserId.eq(Id(user))).one(&unit.read()).await?)
}

/// Inserts the first password hash of a user, at most 255 characters long.
///
/// # Errors
///
/// [`StorageError::Conflict`] (`password_credentials_user_id_idx`) when the user has one.
pub async fn insert(
    unit: &mut UnitOfWork,
    id: Uuid,
    user: Uuid,
    hash: Secret<String>,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let row = Model {
        id: Id(id),
        user_id: Id(user),
        password: hash,
        created_at: now.into(),
        updated_at: now.into(),
        tenant_id: Id(unit.tenant()),
    };
    insert_row(unit, row).await
}

/// Replaces the password hash of a user. Returns whether the user had one.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn replace(
    unit: &mut UnitOfWork,
    user: Uuid,
    hash: Secret<String>,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    static REPLACE: Sql =
        Sql::new("UPDATE password_credentials SET password = ?, updated_at = ? WHERE user_id = ? AND tenant_id = ?");
    let values = [hash.into(), Timestamp::from(now).into(), user.into(), unit.tenant().into()];
    Ok(REPLACE.execute(unit.write().await?, values).await? > 0)
}

/// Deletes the password hash of a user. Returns whether the user had one.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn delete(unit: &mut UnitOfWork, user: Uuid) -> Result<bool, StorageError> {
    static DELETE: Sql = Sql::new("DELETE FROM password_credentials WHERE user_id = ? AND tenant_id = ?");
    let values = [user.into(), unit.tenant().into()];
    Ok(DELETE.execute(unit.write().await?, values).await? > 0)
}
