//! Section `audit_log`: where the trail of security events goes and how long it is kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Span, SpanText};

/// The trail of security events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AuditLog {
    /// Audit events on the console.
    pub console_output: ConsoleOutput,
    /// Mask the email address of the actor and the details `username` and `email`, on the console and in the database.
    pub mask: bool,
    /// Audit events in the database.
    pub storage: Storage,
    /// Age after which `cleanup` removes audit events from the database.
    #[schemars(with = "SpanText")]
    pub retention: Span,
}

/// Audit events on the console.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ConsoleOutput {
    /// Write audit events to the console, one JSON object per line.
    pub enabled: bool,
    /// The stream to write to.
    #[schemars(extend("x-env" = "OUTPUT_STREAM"))]
    pub output: Stream,
}

/// A stream of the console.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// The standard output.
    #[default]
    Stdout,
    /// The standard error output.
    Stderr,
}

/// Audit events in the database.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Storage {
    /// Store audit events in the table `audit_logs`.
    pub enabled: bool,
}

impl Default for AuditLog {
    fn default() -> Self {
        Self {
            console_output: ConsoleOutput::default(),
            mask: true,
            storage: Storage::default(),
            retention: Span::from_hours(720),
        }
    }
}

impl Default for ConsoleOutput {
    fn default() -> Self {
        Self { enabled: true, output: Stream::Stdout }
    }
}
