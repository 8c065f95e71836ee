//! TEMPORARY
use sea_orm::{EntityTrait, IntoActiveModel};
use super::{StorageError, UnitOfWork, entities::emails::{Entity, Model}};
pub async fn insert(unit: &mut UnitOfWork, row: Model) -> Result<(), StorageError> {
    Entity::insert(row.into_active_model()).exec_without_returning(&unit.write().await?).await?; Ok(())
}
pub async fn primary(unit: &UnitOfWork, user_id: uuid::Uuid) -> Result<Option<Model>, StorageError> {
    use sea_orm::{ColumnTrait, QueryFilter};
    let Some(p) = super::entities::primary_emails::Entity::find().filter(super::entities::primary_emails::Column::UserId.eq(user_id)).one(&unit.read()).await? else { return Ok(None) };
    Ok(Entity::find_by_id(p.email_id).one(&unit.read()).await?)
}
