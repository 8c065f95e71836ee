//! User accounts.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `users`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// The `sub` of tokens; its 16 bytes are the WebAuthn user handle unless the credential has its own.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub name: Option<String>,
    pub family_name: Option<String>,
    pub given_name: Option<String>,
    /// An http(s) URL.
    pub picture: Option<String>,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
