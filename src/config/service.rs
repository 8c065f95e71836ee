//! Section `service`: the name that users see.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::load::Report;

/// The service that users sign in to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Service {
    /// Name in mails, in authenticator apps (TOTP issuer) and in SAML certificates.
    pub name: String,
}

impl Default for Service {
    fn default() -> Self {
        Self { name: "Hanko Authentication Service".into() }
    }
}

impl Service {
    pub(super) fn check(&self, report: &mut Report) {
        if self.name.trim().is_empty() {
            report.missing("service.name", "must not be blank");
        }
    }
}
