//! One-time tokens that end a sign-in at a provider.

use sea_orm::entity::prelude::*;

use crate::{
    secret::Secret,
    storage::{Id, Timestamp},
};

/// A row of `tokens`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// The owner.
    pub user_id: Id,
    /// 32 random bytes in padded URL-safe base64.
    pub value: Secret<String>,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub identity_id: Option<Id>,
    /// Whether a flow began the sign-in.
    pub is_flow: bool,
    /// Whether the sign-in created the user.
    pub user_created: bool,
    /// The PKCE verifier (RFC 7636) that the exchange must present.
    pub code_verifier: Option<Secret<String>>,
    /// Whether the profile began it, to connect an account.
    pub link_user: bool,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
