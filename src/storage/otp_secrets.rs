//! Secrets of authenticator apps.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::{
    Id, StorageError, Timestamp, UnitOfWork,
    entities::otp_secrets::{Column, Entity, Model},
    rows::{insert as insert_row, visible},
    sql::Sql,
};
use crate::secret::Secret;

/// The secret of a user.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn of_user(unit: &UnitOfWork, user: Uuid) -> Result<Option<Model>, StorageError> {
    Ok(visible::<Entity>(unit, Column::TenantId).filter(Column::UserId.eq(Id(user))).one(&unit.read()).await?)
}

/// Inserts the secret of a user. `last_validated_step` is the time step of the code that proved the setup.
///
/// # Errors
///
/// [`StorageError::Conflict`] (`otp_secrets_user_id_idx`) when the user has one.
pub async fn insert(
    unit: &mut UnitOfWork,
    id: Uuid,
    user: Uuid,
    secret: Secret<String>,
    last_validated_step: Option<i32>,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let row = Model {
        id: Id(id),
        user_id: Id(user),
        secret,
        created_at: now.into(),
        updated_at: now.into(),
        tenant_id: Id(unit.tenant()),
        last_validated_step,
    };
    insert_row(unit, row).await
}

/// Records that a code of time step `step` was accepted. Returns false, and records nothing, when a code of this or a
/// later step was accepted before: of two simultaneous uses of a code one is a replay.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn accept_step(
    unit: &mut UnitOfWork,
    user: Uuid,
    step: i32,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    static ACCEPT: Sql = Sql::new(
        "UPDATE otp_secrets SET last_validated_step = ?, updated_at = ? WHERE user_id = ? AND tenant_id = ? \
         AND (last_validated_step IS NULL OR last_validated_step < ?)",
    );
    let values = [step.into(), Timestamp::from(now).into(), user.into(), unit.tenant().into(), step.into()];
    Ok(ACCEPT.execute(unit.write().await?, values).await? > 0)
}

/// Deletes the secret of a user. Returns whether the user had one.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn delete(unit: &mut UnitOfWork, user: Uuid) -> Result<bool, StorageError> {
    static DELETE: Sql = Sql::new("DELETE FROM otp_secrets WHERE user_id = ? AND tenant_id = ?");
    let values = [user.into(), unit.tenant().into()];
    Ok(DELETE.execute(unit.write().await?, values).await? > 0)
}
