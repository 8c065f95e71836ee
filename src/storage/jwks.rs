//! TEMPORARY
use sea_orm::EntityTrait;
use super::{StorageError, UnitOfWork, entities::jwks::{Entity, Model}};
pub async fn all(unit: &UnitOfWork) -> Result<Vec<Model>, StorageError> { Ok(Entity::find().all(&unit.read()).await?) }
