//! SAML identity providers.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `saml_providers`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saml_providers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
    pub name: String,
    pub entity_id: String,
    pub metadata_url: String,
    /// The email domain whose users sign in there.
    pub domain: String,
    pub enabled: bool,
    pub skip_email_verification: bool,
    /// Names of the attributes that carry the claims.
    pub attribute_map: Option<Json>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
