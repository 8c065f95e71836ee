//! TEMPORARY
use sea_orm::EntityTrait;
use super::{StorageError, UnitOfWork, entities::jwks::{Entity, Model}};
pub async fn all(unit: &UnitOfWork) -> Result<Vec<Model>, StorageError> { Ok(Entity::find().all(&unit.read()).await?) }
use sea_orm::{ActiveValue::Set, ColumnTrait, QueryFilter};
use super::{Database, Timestamp, entities::jwks::{ActiveModel, Column}};
use crate::keys::StoredKey;
#[derive(Debug)] pub struct Keys { database: Database, tenant: uuid::Uuid }
impl Keys { pub fn new(database: Database, tenant: uuid::Uuid) -> Self { Self { database, tenant } } }
#[async_trait::async_trait]
impl crate::keys::KeyStore for Keys {
    async fn rows(&self) -> Result<Vec<StoredKey>, crate::keys::ring::KeyStoreError> {
        Ok(all(&self.database.unit(self.tenant)).await?.into_iter().map(|r| StoredKey { id: r.id, key_data: r.key_data.expose().clone(), created_at: r.created_at.0 }).collect())
    }
    async fn insert_below(&self, _limit: usize, key_data: &str, created_at: chrono::DateTime<chrono::Utc>) -> Result<bool, crate::keys::ring::KeyStoreError> {
        let mut unit = self.database.unit(self.tenant);
        Entity::insert(ActiveModel { key_data: Set(key_data.to_owned().into()), created_at: Set(Timestamp(created_at)), tenant_id: Set(self.tenant.into()), ..Default::default() }).exec_without_returning(&unit.write().await?).await?;
        unit.commit().await?; Ok(true)
    }
    async fn replace(&self, id: i32, key_data: &str) -> Result<(), crate::keys::ring::KeyStoreError> {
        let unit = self.database.unit(self.tenant);
        Entity::update_many().col_expr(Column::KeyData, sea_orm::sea_query::Expr::value(key_data)).filter(Column::Id.eq(id)).exec(&unit.alone()).await?; Ok(())
    }
}
