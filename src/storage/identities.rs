//! Accounts at third-party providers.

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{
    Id, StorageError, UnitOfWork,
    entities::identities::{Column, Entity, Model},
    rows::visible,
};

/// The identities of a user, oldest first.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn of_user(unit: &UnitOfWork, user: Uuid) -> Result<Vec<Model>, StorageError> {
    let query = visible::<Entity>(unit, Column::TenantId).filter(Column::UserId.eq(Id(user)));
    Ok(query.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(&unit.read()).await?)
}
