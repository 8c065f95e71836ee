//! Section `webauthn`: who the relying party is. Ceremonies are run elsewhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::load::Report;

/// The relying party of passkeys and security keys (Web Authentication Level 3).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WebAuthn {
    /// Whom credentials are made for.
    pub relying_party: RelyingParty,
    /// How long ceremonies may take.
    pub timeouts: Timeouts,
}

/// Whom credentials are made for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RelyingParty {
    /// Relying party id: the domain of the application or a parent of it. Credentials are bound to it for ever. Also the
    /// audience of session tokens unless session.audience is given.
    pub id: String,
    /// Name that the browser shows when a credential is created.
    pub display_name: String,
    /// Has no effect: browsers no longer show an icon.
    pub icon: String,
    /// Origins that credentials may be used from: web origins, or `android:apk-key-hash:` and the hash of an app's
    /// certificate. In development mode the origin of this server is added to the default.
    pub origins: Vec<String>,
}

/// How long ceremonies may take, on the client and until the challenge expires.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Timeouts {
    /// Creating a credential, in milliseconds; 0 stands for 300000.
    pub registration: u32,
    /// Using a credential, in milliseconds; 0 stands for 300000.
    pub login: u32,
}

/// Whether the authenticator verifies the user (Web Authentication Level 3, section 5.8.6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserVerification {
    /// Credentials without user verification are refused.
    Required,
    /// Asked for; not insisted on.
    #[default]
    Preferred,
    /// Avoided, where a second step would only be in the way.
    Discouraged,
}

/// Which statement about the authenticator is asked for (Web Authentication Level 3, section 5.4.7).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttestationPreference {
    /// The authenticator's own statement.
    #[default]
    Direct,
    /// A statement that the client may have made anonymous.
    Indirect,
    /// No statement.
    None,
}

/// Which authenticators are offered (Web Authentication Level 3, section 5.4.5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AuthenticatorAttachment {
    /// Built into the device.
    #[serde(rename = "platform")]
    Platform,
    /// Removable, or another device.
    #[default]
    #[serde(rename = "cross-platform")]
    CrossPlatform,
    /// All.
    #[serde(rename = "no_preference")]
    NoPreference,
}

impl Default for RelyingParty {
    fn default() -> Self {
        Self {
            id: "localhost".into(),
            display_name: "Hanko Authentication Service".into(),
            icon: String::new(),
            origins: vec!["http://localhost:8888".into()],
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { registration: 600_000, login: 600_000 }
    }
}

impl WebAuthn {
    pub(super) fn check(&self, report: &mut Report) {
        let RelyingParty { id, display_name, icon, origins } = &self.relying_party;
        const ID: &str = "webauthn.relying_party.id";
        if id.trim().is_empty() {
            report.missing(ID, "must not be blank");
        } else if id.contains(|c: char| c.is_whitespace() || c.is_control()) {
            report.problem(ID, id, "must not contain white space");
        } else if Host::parse(id).is_err() {
            report.warn(ID, "is not a domain: browsers will refuse to create or use credentials");
        }
        if display_name.trim().is_empty() {
            report.missing("webauthn.relying_party.display_name", "must not be blank");
        }
        if !icon.is_empty() {
            report.warn("webauthn.relying_party.icon", "has no effect");
        }
        if origins.is_empty() {
            report.missing("webauthn.relying_party.origins", "must name at least one origin");
        }
        for origin in origins {
            if Url::parse(origin).is_err() {
                report.problem(
                    "webauthn.relying_party.origins",
                    origin,
                    "is not an origin such as https://example.com",
                );
            }
        }
    }
}
