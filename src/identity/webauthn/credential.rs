//! Credentials, their ids and their user handles: what a registration yields, and what an assertion is checked against.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use uuid::Uuid;

use super::base64url;

/// A credential id (WebAuthn section 4): up to 1023 bytes, chosen by the authenticator. Written as base64url.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema)]
#[schemars(with = "String")]
pub struct CredentialId(Vec<u8>);

impl CredentialId {
    /// The id with these bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// Reads the text of a `credential_id` column or of a browser's `id`; `None` if it is not base64url or empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        base64url::decode(text).filter(|bytes| !bytes.is_empty()).map(Self)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The text of the `id` columns: base64url without padding.
impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialId({self})")
    }
}

impl Serialize for CredentialId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CredentialId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("a credential id is base64url and not empty"))
    }
}

/// The user handle (WebAuthn section 4) under which an authenticator files a credential. Written as base64url.
#[derive(Clone, PartialEq, Eq, Hash, JsonSchema)]
#[schemars(with = "String")]
pub struct UserHandle(Vec<u8>);

impl UserHandle {
    /// The handle of every credential that was registered here: the 16 bytes of the user's id.
    #[must_use]
    pub fn of_user(id: Uuid) -> Self {
        Self(id.as_bytes().to_vec())
    }

    /// The handle of an imported credential, from the text of `webauthn_credential_user_handles.handle`: its UTF-8
    /// bytes (spec chapter 06, 1.7.2).
    #[must_use]
    pub fn custom(handle: &str) -> Self {
        Self(handle.as_bytes().to_vec())
    }

    /// The handle of a browser's response; `None` for an empty one, which is how some clients say that there is none.
    pub(super) fn received(bytes: Vec<u8>) -> Option<Self> {
        (!bytes.is_empty()).then_some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for UserHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserHandle({})", base64url::encode(&self.0))
    }
}

impl Serialize for UserHandle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(&self.0))
    }
}

/// A credential as a verified registration yields it, in the values of its future row (spec chapter 02, 17.4.5).
///
/// It can be serialised because the flows that create an account keep it until the account exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCredential {
    /// Its id.
    pub id: CredentialId,
    /// The COSE key, byte for byte as the authenticator wrote it, in base64url.
    pub public_key: String,
    /// The attestation statement format, for example `none` or `packed`.
    pub attestation_type: String,
    /// The model of the authenticator; all zero if unknown.
    pub aaguid: Uuid,
    /// The signature counter at registration.
    pub sign_count: u32,
    /// Whether the credential may ever be synchronised.
    pub backup_eligible: bool,
    /// Whether it is synchronised now.
    pub backup_state: bool,
    /// Whether the authenticator verified the user.
    pub user_verified: bool,
    /// The transports that the client reported, in lower case and in its order, without repeated ones and what is none.
    pub transports: Vec<String>,
}

/// The columns of a stored credential that an assertion is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCredential {
    /// `webauthn_credentials.id`.
    pub id: CredentialId,
    /// `webauthn_credentials.user_id`: the owner.
    pub user_id: Uuid,
    /// Under which handle the authenticator files it: [`UserHandle::custom`] if the row refers to a handle,
    /// [`UserHandle::of_user`] otherwise.
    pub user_handle: UserHandle,
    /// `webauthn_credentials.public_key`: the COSE key in base64url.
    pub public_key: String,
    /// `webauthn_credentials.sign_count`.
    pub sign_count: u32,
}

/// What a verified assertion says, to be written to the credential's row (spec chapter 02, 17.4.6 step 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedAssertion {
    /// The new signature counter.
    pub sign_count: u32,
    /// Whether the credential may be synchronised.
    pub backup_eligible: bool,
    /// Whether it is synchronised now.
    pub backup_state: bool,
    /// Whether the authenticator verified the user.
    pub user_verified: bool,
}
