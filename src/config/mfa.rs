//! Section `mfa`: the second factor, and devices that are excused from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Span,
    webauthn::{AttestationPreference, AuthenticatorAttachment, UserVerification},
};

/// The second factor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Mfa {
    /// Users can have a second factor.
    pub enabled: bool,
    /// Users may do without a second factor.
    pub optional: bool,
    /// Ask for a second factor during registration.
    #[schemars(extend("x-env" = "ACQUIREONREGISTRATION"))]
    pub acquire_on_registration: bool,
    /// Ask users without a second factor for one when they log in.
    #[schemars(extend("x-env" = "ACQUIREONLOGIN"))]
    pub acquire_on_login: bool,
    /// When a device becomes trusted: the second factor is then skipped on it.
    pub device_trust_policy: DeviceTrustPolicy,
    /// How long a device is trusted; 0 stands for not at all.
    #[schemars(extend("x-env" = "DEVICETRUSTDURATION"))]
    pub device_trust_duration: Span,
    /// Name of the cookie that recognizes a trusted device.
    #[schemars(extend("x-env" = "DEVICETRUSTCOOKIENAME"))]
    pub device_trust_cookie_name: String,
    /// How many users a device is remembered for, the newest first; 0 acts as 20.
    #[schemars(extend("x-env" = "DEVICETRUSTMAXUSERSPERDEVICE", "x-negative" = "zero"))]
    pub device_trust_max_users_per_device: u32,
    /// Security keys: WebAuthn credentials that serve as second factor.
    #[schemars(extend("x-env" = "SECURITYKEYS"))]
    pub security_keys: SecurityKeys,
    /// One-time codes of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, 30 seconds).
    pub totp: Totp,
}

/// When a device becomes trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceTrustPolicy {
    /// After every login with a second factor.
    Always,
    /// When the user agrees.
    #[default]
    Prompt,
    /// Never.
    Never,
}

/// Security keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SecurityKeys {
    /// Users can have security keys.
    pub enabled: bool,
    /// How many security keys a user may have.
    pub limit: u32,
    /// Which statement about the authenticator is asked for when a security key is created.
    pub attestation_preference: AttestationPreference,
    /// Which authenticators are offered.
    pub authenticator_attachment: AuthenticatorAttachment,
    /// Whether the authenticator verifies the user, by PIN or biometrics.
    pub user_verification: UserVerification,
}

/// One-time codes of an authenticator app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Totp {
    /// Users can have an authenticator app.
    pub enabled: bool,
}

impl Default for Mfa {
    fn default() -> Self {
        Self {
            enabled: true,
            optional: true,
            acquire_on_registration: true,
            acquire_on_login: false,
            device_trust_policy: DeviceTrustPolicy::Prompt,
            device_trust_duration: Span::from_hours(720),
            device_trust_cookie_name: "hanko-device-token".into(),
            device_trust_max_users_per_device: 20,
            security_keys: SecurityKeys::default(),
            totp: Totp::default(),
        }
    }
}

impl Default for SecurityKeys {
    fn default() -> Self {
        Self {
            enabled: true,
            limit: 10,
            attestation_preference: AttestationPreference::Direct,
            authenticator_attachment: AuthenticatorAttachment::CrossPlatform,
            user_verification: UserVerification::Discouraged,
        }
    }
}

impl Default for Totp {
    fn default() -> Self {
        Self { enabled: true }
    }
}
