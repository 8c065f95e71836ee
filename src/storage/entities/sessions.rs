//! Sessions.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `sessions`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// The claim `session_id` of its token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// The owner.
    pub user_id: Id,
    pub user_agent: Option<String>,
    pub ip_address: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub last_used: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
