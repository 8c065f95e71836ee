//! WebAuthn credentials: passkeys and security keys.

use sea_orm::entity::prelude::*;

use crate::storage::{Id, Timestamp};

/// A row of `webauthn_credentials`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webauthn_credentials")]
pub struct Model {
    /// The credential id in unpadded URL-safe base64.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The owner.
    pub user_id: Id,
    /// The COSE key in unpadded URL-safe base64.
    pub public_key: String,
    /// The attestation statement format (WebAuthn level 2, section 8).
    pub attestation_type: String,
    /// The model of the authenticator; all zero when unknown.
    pub aaguid: Id,
    pub sign_count: i32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Chosen by the user, initially the name of the model.
    pub name: Option<String>,
    pub backup_eligible: bool,
    pub backup_state: bool,
    pub last_used_at: Option<Timestamp>,
    /// Whether it is a security key, a second factor only.
    pub mfa_only: bool,
    /// The foreign user handle of an imported credential.
    pub user_handle_id: Option<Id>,
    /// The tenant that the row belongs to.
    pub tenant_id: Id,
}

/// Queries join by hand where they have to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
