//! WebAuthn ceremonies in progress.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `webauthn_session_data`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webauthn_session_data")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// In unpadded URL-safe base64.
    pub challenge: String,
    /// All zero while the user is not known (discoverable credentials).
    pub user_id: Id,
    /// `required`, `preferred`, `discouraged` or empty.
    pub user_verification: String,
    /// `registration` or `authentication`.
    pub operation: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
