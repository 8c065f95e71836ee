//! Responses that identity providers sent unasked, kept against replays.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `saml_idp_initiated_requests`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saml_idp_initiated_requests")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub response_id: String,
    pub issuer: String,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
