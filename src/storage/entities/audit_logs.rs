//! The audit log. Entries outlive the users that they are about.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `audit_logs`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_logs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub r#type: String,
    pub error: Option<String>,
    pub meta_http_request_id: String,
    pub meta_source_ip: String,
    pub meta_user_agent: String,
    pub actor_user_id: Option<Id>,
    pub actor_email: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// A JSON object as text; the text `null` counts as none.
    pub details: Option<String>,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
