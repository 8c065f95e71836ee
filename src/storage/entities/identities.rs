//! Accounts at third-party providers.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `identities`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// The `sub` at the provider.
    pub provider_user_id: String,
    /// A provider name, `custom_<key>`, or a SAML issuer.
    pub provider_id: String,
    /// The claims of the provider, a JSON object as text.
    pub data: Option<String>,
    /// The address that it was matched with.
    pub email_id: Option<Id>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The owner; none until a connection made in the profile is confirmed.
    pub user_id: Option<Id>,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
