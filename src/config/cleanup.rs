//! Section `cleanup`: what the server removes from the database by itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Span, SpanText, load::Report};

/// Removal of expired rows by the server itself. The command `sealflow cleanup` does the same at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cleanup {
    /// Remove expired flows, passcodes, WebAuthn ceremonies, sessions, tokens, trusted devices and SAML states, and mails
    /// and webhooks that nobody has delivered for a week. Of several servers with one database, one does so at a time.
    pub enabled: bool,
    /// How often.
    #[schemars(with = "SpanText")]
    pub interval: Span,
    /// How many rows one statement removes.
    #[schemars(range(min = 1, max = 10_000))]
    pub batch: u32,
    /// How long rows stay after they have expired. While its row is there, an expired flow is told from an unknown one.
    #[schemars(with = "SpanText")]
    pub grace: Span,
    /// Remove audit events older than audit_log.retention, too.
    pub audit_logs: bool,
}

impl Default for Cleanup {
    fn default() -> Self {
        Self {
            enabled: true,
            interval: Span::from_secs(15 * 60),
            batch: 200,
            grace: Span::from_hours(24),
            audit_logs: false,
        }
    }
}

impl Cleanup {
    pub(super) fn check(&self, report: &mut Report) {
        if self.enabled && self.interval.is_zero() {
            report.problem("cleanup.interval", "0s", "must be positive");
        }
    }
}
