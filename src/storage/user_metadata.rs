//! Metadata of users.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::{
    Id, StorageError, Timestamp, UnitOfWork,
    entities::user_metadata::{Column, Entity, Model},
    rows::{insert as insert_row, visible},
    sql::Sql,
};

/// The metadata of a user.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn of_user(unit: &UnitOfWork, user: Uuid) -> Result<Option<Model>, StorageError> {
    Ok(visible::<Entity>(unit, Column::TenantId).filter(Column::UserId.eq(Id(user))).one(&unit.read()).await?)
}

/// Replaces the part of the metadata of a user that the user may change. The row gets `id` when there is none yet.
///
/// # Errors
///
/// [`StorageError::Reference`] when there is no such user.
pub async fn set_unsafe(
    unit: &mut UnitOfWork,
    id: Uuid,
    user: Uuid,
    text: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    static SET: Sql =
        Sql::new("UPDATE user_metadata SET unsafe_metadata = ?, updated_at = ? WHERE user_id = ? AND tenant_id = ?");
    let values = [text.into(), Timestamp::from(now).into(), user.into(), unit.tenant().into()];
    if SET.execute(unit.write().await?, values).await? > 0 {
        return Ok(());
    }
    let row = Model {
        id: Id(id),
        user_id: Id(user),
        public_metadata: None,
        private_metadata: None,
        unsafe_metadata: text.map(str::to_owned),
        created_at: now.into(),
        updated_at: now.into(),
        tenant_id: Id(unit.tenant()),
    };
    insert_row(unit, row).await
}
