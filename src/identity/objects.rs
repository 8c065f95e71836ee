//! The objects that the admin API, webhooks and the profile show (spec chapter 04 section 6): one struct each, with
//! exactly the members and omissions of the wire. Knows nothing of where they are sent.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::timestamp::Timestamp;

/// A user, with everything that belongs to them except sessions and secrets (6.1).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct User {
    /// The user's id.
    pub id: Uuid,
    /// Passkeys and security keys, in the order of their creation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webauthn_credentials: Vec<Credential>,
    /// Email addresses, in the order of their creation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<Email>,
    /// The username.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<Username>,
    /// When the user was created.
    pub created_at: Timestamp,
    /// When the user's own data last changed.
    pub updated_at: Timestamp,
    /// That the user has a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// Accounts at third parties.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<Identity>,
    /// That the user has an authenticator app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otp: Option<Otp>,
    /// The client's address; only in webhooks about what the user did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// The client's user agent; only in webhooks about what the user did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Data that applications keep with the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// The full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// The given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// The address of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// An email address of a user (6.2).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Email {
    /// The id of the address.
    pub id: Uuid,
    /// The address, in lower case.
    pub address: String,
    /// Whether the user proved that it is theirs.
    pub is_verified: bool,
    /// Whether it is the one that mails go to.
    pub is_primary: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A passkey or security key (6.3, WebAuthn section 4 "public key credential").
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Credential {
    /// The credential id, base64url without padding.
    pub id: String,
    /// What the user calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The COSE key, base64url without padding.
    pub public_key: String,
    /// The attestation statement format, for example `none`.
    pub attestation_type: String,
    /// The model of the authenticator; all zero when it is not known.
    pub aaguid: Uuid,
    /// When it was last used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// How the authenticator can be reached.
    pub transports: Vec<String>,
    /// Whether the credential may be synchronized.
    pub backup_eligible: bool,
    /// Whether the credential is synchronized.
    pub backup_state: bool,
    /// Whether it serves as a second factor only (a security key).
    pub mfa_only: bool,
}

/// A username (6.4).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Username {
    /// The id of the username.
    pub id: Uuid,
    /// The username.
    pub username: String,
    /// When it was set first.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// That there is a password (6.5). The hash is never shown.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Password {
    /// The id of the password.
    pub id: Uuid,
    /// The tenant.
    pub tenant_id: Uuid,
    /// When it was set first.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// That there is an authenticator app (6.6). The secret is never shown.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Otp {
    /// The id of the secret.
    pub id: Uuid,
    /// When it was set up.
    pub created_at: Timestamp,
}

/// An account at a third party (6.7).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Identity {
    /// The id of the identity.
    pub id: Uuid,
    /// The user's id at the provider.
    pub provider_id: String,
    /// The provider, for example `google`, `custom_acme`.
    pub provider_name: String,
    /// The email address that it was matched with.
    pub email_id: Option<Uuid>,
    /// When it was connected.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A session (6.8); also the data of all `session.*` webhook events.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Session {
    /// The session's id, the claim `session_id` of its token.
    pub id: Uuid,
    /// The user.
    pub user_id: Uuid,
    /// The user agent that it began with.
    pub user_agent: Option<String>,
    /// The address that it began from.
    pub ip_address: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When its token expires.
    pub expires_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used: Timestamp,
}

/// Data that applications keep with a user (6.9). Each part is omitted when it is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Metadata {
    /// Visible to the user, changed by the application.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub public_metadata: Map<String, Value>,
    /// Visible to the application only.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub private_metadata: Map<String, Value>,
    /// Visible to the user and changed by the user.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub unsafe_metadata: Map<String, Value>,
}

impl Metadata {
    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.public_metadata.is_empty() && self.private_metadata.is_empty() && self.unsafe_metadata.is_empty()
    }
}
