//! TEMPORARY
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, sea_query::Expr};
use uuid::Uuid;
use super::{StorageError, Timestamp, UnitOfWork, entities::sessions::{Column, Entity, Model}};
pub async fn find(unit: &UnitOfWork, id: Uuid) -> Result<Option<Model>, StorageError> {
    Ok(Entity::find_by_id(id).filter(Column::TenantId.eq(unit.tenant())).one(&unit.read()).await?)
}
pub async fn insert(unit: &mut UnitOfWork, row: Model) -> Result<(), StorageError> {
    Entity::insert(row.into_active_model()).exec_without_returning(&unit.write().await?).await?; Ok(())
}
pub async fn delete(unit: &mut UnitOfWork, id: Uuid) -> Result<(), StorageError> {
    Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::TenantId.eq(unit.tenant())).exec(&unit.write().await?).await?; Ok(())
}
pub async fn touch(unit: &UnitOfWork, id: Uuid, now: DateTime<Utc>) -> Result<(), StorageError> {
    Entity::update_many().col_expr(Column::LastUsed, Expr::value(Timestamp(now))).col_expr(Column::UpdatedAt, Expr::value(Timestamp(now))).filter(Column::Id.eq(id)).filter(Column::TenantId.eq(unit.tenant())).exec(&unit.alone()).await?; Ok(())
}
pub async fn active(unit: &UnitOfWork, user_id: Uuid, now: DateTime<Utc>) -> Result<Vec<Model>, StorageError> {
    Ok(Entity::find().filter(Column::UserId.eq(user_id)).filter(Column::TenantId.eq(unit.tenant())).filter(Column::ExpiresAt.gt(Timestamp(now))).order_by_desc(Column::CreatedAt).all(&unit.read()).await?)
}
impl crate::notify::audit::AuditStore for UnitOfWork { type Error = StorageError; async fn insert(&mut self, _: crate::notify::audit::AuditRecord) -> Result<(), StorageError> { Ok(()) } }
