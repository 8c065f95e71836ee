//! The credentials that a ceremony accepts.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `webauthn_session_data_allowed_credentials`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webauthn_session_data_allowed_credentials")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub credential_id: String,
    pub webauthn_session_data_id: Id,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
