//! Section `passkey`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    password::Acquire,
    webauthn::{AttestationPreference, UserVerification},
};

/// Passkeys: discoverable WebAuthn credentials that identify and authenticate a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Passkey {
    /// Users have passkeys.
    pub enabled: bool,
    /// Users may do without a passkey.
    pub optional: bool,
    /// Whether registration asks for a passkey.
    pub acquire_on_registration: Acquire,
    /// Whether users without a passkey are asked for one when they log in.
    pub acquire_on_login: Acquire,
    /// Which statement about the authenticator is asked for when a passkey is created.
    pub attestation_preference: AttestationPreference,
    /// Whether the authenticator verifies the user, by PIN or biometrics.
    pub user_verification: UserVerification,
    /// How many WebAuthn credentials a user may have, passkeys and security keys together.
    pub limit: u32,
}

impl Default for Passkey {
    fn default() -> Self {
        Self {
            enabled: true,
            optional: true,
            acquire_on_registration: Acquire::Always,
            acquire_on_login: Acquire::Always,
            attestation_preference: AttestationPreference::Direct,
            user_verification: UserVerification::Preferred,
            limit: 10,
        }
    }
}
