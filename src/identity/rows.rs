//! TEMPORARY
use std::collections::HashMap;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;
use crate::storage::{StorageError, UnitOfWork, entities::*};

macro_rules! one { ($name:ident, $table:ident) => {
    pub(crate) async fn $name(unit: &UnitOfWork, user_id: Uuid) -> Result<Option<$table::Model>, StorageError> {
        Ok($table::Entity::find().filter($table::Column::UserId.eq(user_id)).filter($table::Column::TenantId.eq(unit.tenant())).one(&unit.read()).await?)
    }
}}
macro_rules! many { ($name:ident, $table:ident) => {
    pub(crate) async fn $name(unit: &UnitOfWork, user_id: Uuid) -> Result<Vec<$table::Model>, StorageError> {
        Ok($table::Entity::find().filter($table::Column::UserId.eq(user_id)).filter($table::Column::TenantId.eq(unit.tenant())).order_by_asc($table::Column::CreatedAt).all(&unit.read()).await?)
    }
}}
one!(primary_email, primary_emails);
one!(username, usernames);
one!(password, password_credentials);
one!(otp, otp_secrets);
one!(metadata, user_metadata);
many!(emails, emails);
many!(credentials, webauthn_credentials);
many!(identities, identities);
pub(crate) async fn user(unit: &UnitOfWork, id: Uuid) -> Result<Option<users::Model>, StorageError> {
    Ok(users::Entity::find_by_id(id).filter(users::Column::TenantId.eq(unit.tenant())).one(&unit.read()).await?)
}
pub(crate) async fn transports(_unit: &UnitOfWork, _user_id: Uuid) -> Result<HashMap<String, Vec<String>>, StorageError> { Ok(HashMap::new()) }
