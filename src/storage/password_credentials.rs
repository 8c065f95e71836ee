//! TEMPORARY
use sea_orm::{EntityTrait, IntoActiveModel};
use super::{StorageError, UnitOfWork, entities::password_credentials::{Entity, Model}};
pub async fn insert(unit: &mut UnitOfWork, row: Model) -> Result<(), StorageError> {
    Entity::insert(row.into_active_model()).exec_without_returning(&unit.write().await?).await?; Ok(())
}
pub async fn of_user(unit: &UnitOfWork, id: uuid::Uuid) -> Result<Option<Model>, StorageError> { use sea_orm::{ColumnTrait, QueryFilter}; Ok(Entity::find().filter(super::entities::password_credentials::Column::UserId.eq(id)).one(&unit.read()).await?) }
