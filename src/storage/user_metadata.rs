//! Metadata of users.

use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::{
    Id, StorageError, UnitOfWork,
    entities::user_metadata::{Column, Entity, Model},
    rows::visible,
};

/// The metadata of a user.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn of_user(unit: &UnitOfWork, user: Uuid) -> Result<Option<Model>, StorageError> {
    Ok(visible::<Entity>(unit, Column::TenantId).filter(Column::UserId.eq(Id(user))).one(&unit.read()).await?)
}
