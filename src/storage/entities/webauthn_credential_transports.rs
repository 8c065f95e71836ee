//! How a credential can be reached (`internal`, `usb`, …).

use sea_orm::entity::prelude::*;

use crate::storage::Id;

/// A row of `webauthn_credential_transports`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webauthn_credential_transports")]
pub struct Model {
    /// A UUID as text.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: String,
    pub webauthn_credential_id: String,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
