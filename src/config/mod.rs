//! The configuration, one struct per section. It holds values only and knows nothing of what they switch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `webauthn`: the relying party (spec chapter 05, 2.15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Webauthn {
    /// Who the relying party is.
    pub relying_party: RelyingParty,
    /// How long a ceremony may take.
    pub timeouts: Timeouts,
}

/// `webauthn.relying_party`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RelyingParty {
    /// The relying party id, a domain.
    pub id: String,
    /// The name that browsers show.
    pub display_name: String,
    /// The origins that may run ceremonies.
    pub origins: Vec<String>,
}

/// `webauthn.timeouts`, in milliseconds; 0 stands for 300000.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timeouts {
    /// For registrations.
    pub registration: u32,
    /// For assertions.
    pub login: u32,
}

impl Default for Webauthn {
    fn default() -> Self {
        Self {
            relying_party: RelyingParty {
                id: "localhost".into(),
                display_name: "Hanko Authentication Service".into(),
                origins: vec!["http://localhost:8888".into()],
            },
            timeouts: Timeouts { registration: 600_000, login: 600_000 },
        }
    }
}

/// How much a ceremony asks for a PIN or a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserVerification {
    /// Without it the ceremony fails.
    Required,
    /// Where the authenticator can.
    Preferred,
    /// Only where the authenticator insists.
    Discouraged,
}

/// Which attestation a registration asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttestationPreference {
    /// As the authenticator made it.
    Direct,
    /// Possibly anonymized by the browser.
    Indirect,
    /// None.
    None,
}

/// Which authenticators may become security keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuthenticatorAttachment {
    /// Built into the device.
    Platform,
    /// Removable or on another device.
    CrossPlatform,
    /// Any.
    #[serde(rename = "no_preference")]
    NoPreference,
}
