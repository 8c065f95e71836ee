//! TEMPORARY
use sea_orm::{EntityTrait, IntoActiveModel};
use super::{StorageError, UnitOfWork, entities::users::{Entity, Model}};
pub async fn insert(unit: &mut UnitOfWork, row: Model) -> Result<(), StorageError> {
    Entity::insert(row.into_active_model()).exec_without_returning(&unit.write().await?).await?; Ok(())
}
pub async fn find(unit: &UnitOfWork, id: uuid::Uuid) -> Result<Option<Model>, StorageError> { Ok(Entity::find_by_id(id).one(&unit.read()).await?) }
