//! Secrets of authenticator apps (TOTP, RFC 6238), at most one per user.

use sea_orm::entity::prelude::*;

use crate::{
    secret::Secret,
    storage::{Id, Timestamp},
};

/// A row of `otp_secrets`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "otp_secrets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Id,
    /// The owner.
    pub user_id: Id,
    /// In unpadded base32.
    pub secret: Secret<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
    /// The last accepted time step; codes of it and of earlier steps are replays.
    pub last_validated_step: Option<i32>,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
