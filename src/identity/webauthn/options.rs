//! The options that go to the browser, member for member as they stand on the wire (spec chapter 02, 17.4.2 to
//! 17.4.4; chapter 08, 8.1 and 8.2). Members without content are left out: a `null` makes browsers throw.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    algorithm::Algorithm,
    challenge::Challenge,
    credential::{CredentialId, UserHandle},
};
use crate::config::{AttestationPreference, UserVerification};

/// The payload `request_options`: what `navigator.credentials.get` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequestOptions {
    /// `PublicKeyCredentialRequestOptions` (WebAuthn section 5.5).
    #[serde(rename = "publicKey")]
    pub public_key: PublicKeyRequestOptions,
}

/// What an assertion is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicKeyRequestOptions {
    /// What has to be signed.
    pub challenge: Challenge,
    /// Milliseconds until the challenge expires.
    pub timeout: u64,
    /// The relying party id.
    pub rp_id: String,
    /// The credentials that may answer; absent if any may.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub allow_credentials: Vec<CredentialDescriptor>,
    /// Whether the authenticator has to verify the user.
    pub user_verification: UserVerification,
}

/// The payload `creation_options`: what `navigator.credentials.create` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CreationOptions {
    /// `PublicKeyCredentialCreationOptions` (WebAuthn section 5.4).
    #[serde(rename = "publicKey")]
    pub public_key: PublicKeyCreationOptions,
}

/// What a new credential is asked to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicKeyCreationOptions {
    /// Who asks.
    pub rp: RelyingPartyEntity,
    /// For whom.
    pub user: UserEntity,
    /// What has to be signed.
    pub challenge: Challenge,
    /// The acceptable key types, best first.
    pub pub_key_cred_params: Vec<CredentialParameters>,
    /// Milliseconds until the challenge expires.
    pub timeout: u64,
    /// The user's present credentials, whose authenticators must not make another; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exclude_credentials: Vec<CredentialDescriptor>,
    /// Which authenticators are acceptable.
    pub authenticator_selection: AuthenticatorSelection,
    /// Which attestation is wished for.
    pub attestation: AttestationPreference,
}

/// The relying party as the browser shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RelyingPartyEntity {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
}

/// The user as the authenticator files it. No member may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserEntity {
    /// Tells accounts with the same display name apart.
    pub name: String,
    /// What the user sees.
    pub display_name: String,
    /// The user handle.
    pub id: UserHandle,
}

/// One acceptable key type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CredentialParameters {
    /// Always `public-key`.
    #[serde(rename = "type")]
    pub kind: CredentialKind,
    /// The COSE algorithm.
    pub alg: Algorithm,
}

/// Points at a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CredentialDescriptor {
    /// Always `public-key`.
    #[serde(rename = "type")]
    pub kind: CredentialKind,
    /// Which credential.
    pub id: CredentialId,
    /// How its authenticator can be reached; absent if nothing is known.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub transports: Vec<String>,
}

impl CredentialDescriptor {
    /// Points at the credential `id`, reachable over `transports`.
    #[must_use]
    pub fn new(id: CredentialId, transports: Vec<String>) -> Self {
        Self { kind: CredentialKind::PublicKey, id, transports }
    }
}

/// The one kind of credential that WebAuthn knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// A key pair.
    PublicKey,
}

/// Which authenticators are acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatorSelection {
    /// Built in or removable; absent if it does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticator_attachment: Option<Attachment>,
    /// `resident_key` in the words of WebAuthn Level 1.
    pub require_resident_key: bool,
    /// Whether the credential has to be discoverable.
    pub resident_key: ResidentKey,
    /// Whether the authenticator has to verify the user.
    pub user_verification: UserVerification,
}

/// How an authenticator is attached to the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Attachment {
    /// Built in.
    Platform,
    /// Removable, or on another device.
    CrossPlatform,
}

/// Whether a credential has to be discoverable without its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResidentKey {
    /// It has to.
    Required,
    /// It need not.
    Discouraged,
}
