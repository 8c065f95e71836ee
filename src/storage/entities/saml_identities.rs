//! Which identities came from SAML providers.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `saml_identities`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saml_identities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub identity_id: Id,
    /// The email domain of the provider.
    pub domain: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
