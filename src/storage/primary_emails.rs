//! TEMPORARY
use sea_orm::{EntityTrait, IntoActiveModel};
use super::{StorageError, UnitOfWork, entities::primary_emails::{Entity, Model}};
pub async fn insert(unit: &mut UnitOfWork, row: Model) -> Result<(), StorageError> {
    Entity::insert(row.into_active_model()).exec_without_returning(&unit.write().await?).await?; Ok(())
}
