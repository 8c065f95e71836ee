//! Section `email_delivery`: the sender of mails and the server that takes them. Sends nothing itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::load::Report;
use crate::secret::Secret;

/// The sender of mails and the server that takes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EmailDelivery {
    /// Send mails by SMTP. When false, mails are only announced through the webhook event `email.send`.
    pub enabled: bool,
    /// Address of the sender.
    pub from_address: String,
    /// Display name of the sender.
    pub from_name: String,
    /// The mail server.
    pub smtp: Smtp,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Smtp {
    /// Host name. Has to be given when delivery is enabled, except in development mode: without it, mails are then
    /// written to the log instead.
    pub host: String,
    /// Port.
    #[schemars(extend("type" = ["string", "integer"]))]
    pub port: String,
    /// User name; empty for no authentication.
    pub user: String,
    /// Password.
    pub password: Secret<String>,
    /// How the connection is encrypted.
    #[schemars(extend("x-sealflow" = true))]
    pub tls: Tls,
}

/// How the connection to the mail server is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// `implicit` on port 465; on every other port, upgraded by STARTTLS when the server offers it.
    #[default]
    Auto,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// Upgraded by STARTTLS (RFC 3207); mails are not sent when the server does not offer it.
    Starttls,
    /// Not encrypted.
    Plain,
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

impl EmailDelivery {
    /// The defaults of `default_email_delivery`: nothing.
    #[must_use]
    pub(super) fn nothing() -> Self {
        let smtp = Smtp { host: String::new(), port: String::new(), ..Smtp::default() };
        Self { enabled: false, from_address: String::new(), from_name: String::new(), smtp }
    }

    /// Host and port of the mail server; `None` when mails are not sent by SMTP, because delivery is disabled or
    /// because development mode runs without a mail server.
    #[must_use]
    pub fn server(&self) -> Option<(&str, u16)> {
        let port = self.smtp.port.trim().parse().ok()?;
        (self.enabled && !self.smtp.host.trim().is_empty()).then(|| (self.smtp.host.trim(), port))
    }

    /// `optional`: a development machine may have no mail server.
    pub(super) fn check(&self, optional: bool, report: &mut Report) {
        if !self.enabled {
            return;
        }
        if self.smtp.host.trim().is_empty() && !optional {
            report.missing("email_delivery.smtp.host", "must not be blank when email_delivery.enabled is true");
        }
        const PORT: &str = "email_delivery.smtp.port";
        if self.smtp.port.trim().is_empty() {
            report.missing(PORT, "must not be blank when email_delivery.enabled is true");
        } else if self.smtp.port.trim().parse::<u16>().is_err() {
            report.problem(PORT, &self.smtp.port, "is not a port number");
        }
        if !self.from_address.contains('@') {
            report.warn("email_delivery.from_address", "is not an email address: mails will be refused");
        }
    }
}
