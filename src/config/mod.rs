//! The configuration: one struct per section, a field per key of the key reference (spec chapter 05 section 2).

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// `email_delivery`: where mails come from and through which server they leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EmailDelivery {
    /// Whether mails are delivered at all.
    pub enabled: bool,
    /// The sender's address.
    pub from_address: String,
    /// The sender's display name.
    pub from_name: String,
    /// The mail server.
    pub smtp: Smtp,
}

impl Default for EmailDelivery {
    fn default() -> Self {
        Self {
            enabled: true,
            from_address: "noreply@hanko.io".into(),
            from_name: "Hanko".into(),
            smtp: Smtp::default(),
        }
    }
}

/// `email_delivery.smtp`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Smtp {
    /// The server's name or address.
    pub host: String,
    /// The server's port, a number in text form.
    pub port: String,
    /// The user to authenticate as; empty: no authentication.
    pub user: String,
    /// The password that belongs to the user.
    pub password: Secret<String>,
    /// How the connection is encrypted.
    pub tls: Tls,
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            host: "localhost".into(),
            port: "465".into(),
            user: String::new(),
            password: Secret::default(),
            tls: Tls::Auto,
        }
    }
}

/// `email_delivery.smtp.tls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// Implicit TLS on port 465, otherwise STARTTLS when the server offers it.
    #[default]
    Auto,
    /// TLS from the first byte.
    Implicit,
    /// STARTTLS, or no mail.
    Starttls,
    /// No encryption.
    Plain,
}

/// `audit_log`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditLog {
    /// The lines on the console.
    pub console_output: ConsoleOutput,
    /// Whether addresses and usernames are masked.
    pub mask: bool,
    /// The table `audit_logs`.
    pub storage: Storage,
}

impl Default for AuditLog {
    fn default() -> Self {
        Self { console_output: ConsoleOutput::default(), mask: true, storage: Storage::default() }
    }
}

/// `audit_log.console_output`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConsoleOutput {
    /// Whether events are written to the console.
    pub enabled: bool,
    /// The stream.
    pub output: Stream,
}

impl Default for ConsoleOutput {
    fn default() -> Self {
        Self { enabled: true, output: Stream::Stdout }
    }
}

/// `audit_log.console_output.output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// The standard output.
    #[default]
    Stdout,
    /// The standard error output.
    Stderr,
}

/// `audit_log.storage`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Storage {
    /// Whether events are written to the database.
    pub enabled: bool,
}
