//! Section `webhooks`: hooks of the configuration. Hooks in the database are managed by the admin API.

use std::ops::RangeInclusive;

use base64::{Engine, engine::general_purpose::STANDARD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{ParseError, Url};

use super::load::Report;
use crate::secret::Secret;

/// The events that a hook can be called for. A name in a hook also stands for all events that begin with it.
pub const EVENTS: [&str; 28] = [
    "user",
    "user.login",
    "user.create",
    "user.update",
    "user.delete",
    "user.update.email",
    "user.update.email.create",
    "user.update.email.primary",
    "user.update.email.delete",
    "user.update.username",
    "user.update.username.create",
    "user.update.username.delete",
    "user.update.username.update",
    "user.update.password.update",
    "email.send",
    "session",
    "session.create",
    "session.delete",
    "session.create.flow",
    "session.create.admin",
    "session.delete.explicit",
    "session.delete.explicit.logout",
    "session.delete.explicit.revoke",
    "session.delete.admin",
    "session.delete.admin.revoke",
    "session.delete.passive",
    "session.delete.passive.expire",
    "session.delete.passive.limit",
];

/// HTTP calls to other systems when something happens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Webhooks {
    /// Call the hooks below. Hooks in the database are called in any case.
    pub enabled: bool,
    /// Disable hooks in the database that were not used for 30 days.
    #[schemars(extend("x-env" = "ALLOWTIMEEXPIRATION"))]
    pub allow_time_expiration: bool,
    /// Let hooks in the database call private, loopback and link-local addresses too. Whoever can reach the admin API can
    /// then make this server ask hosts of its own network. Hooks of this file may call any address.
    pub allow_private_addresses: bool,
    /// Secrets that sign what is sent to hooks (Standard Webhooks): `whsec_` and 24 to 64 bytes in base64. With several,
    /// every one signs, so that receivers can be moved to a new one. Empty derives secrets from secret_keys; `sealflow
    /// webhooks secret` prints what receivers need.
    pub signing_secrets: Vec<Secret<String>>,
    /// The hooks. In the variable: one JSON object per hook, separated by `;`.
    #[schemars(extend("x-env" = "HOOKS"))]
    pub hooks: Vec<Hook>,
}

/// A hook.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Hook {
    /// The URL that events are posted to.
    pub callback: String,
    /// Names of events; a name stands for all events that begin with it. An empty list is never called.
    #[schemars(extend("items" = { "type": "string", "enum": EVENTS }))]
    pub events: Vec<String>,
}

/// Whether something can be posted to the URL.
#[must_use]
pub fn is_of_the_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

impl Hook {
    /// Whether its callback can be called.
    #[must_use]
    pub fn is_callable(&self) -> bool {
        Url::parse(&self.callback).is_ok_and(|url| is_of_the_web(&url))
    }
}

/// What every signing secret begins with.
const SECRET_PREFIX: &str = "whsec_";

/// How many bytes a signing secret may have (Standard Webhooks, "Secret serialization").
const SECRET_BYTES: RangeInclusive<usize> = 24..=64;

/// The key in a signing secret, or `None` when it is none.
#[must_use]
pub fn signing_key(secret: &Secret<String>) -> Option<Secret<Vec<u8>>> {
    let key = STANDARD.decode(secret.expose().trim().strip_prefix(SECRET_PREFIX)?).ok()?;
    SECRET_BYTES.contains(&key.len()).then(|| Secret::new(key))
}

/// The text form of a key, see [`signing_key`].
#[must_use]
pub fn signing_secret(key: &[u8]) -> Secret<String> {
    Secret::new(format!("{SECRET_PREFIX}{}", STANDARD.encode(key)))
}

impl Webhooks {
    pub(super) fn check(&self, report: &mut Report) {
        for (index, secret) in self.signing_secrets.iter().enumerate() {
            if signing_key(secret).is_none() {
                let rule = format!(
                    "is not `{SECRET_PREFIX}` and {} to {} bytes in base64",
                    SECRET_BYTES.start(),
                    SECRET_BYTES.end()
                );
                report.missing(&format!("webhooks.signing_secrets[{index}]"), &rule);
            }
        }
        if !self.enabled {
            return;
        }
        for (index, hook) in self.hooks.iter().enumerate() {
            let key = format!("webhooks.hooks[{index}].callback");
            match Url::parse(&hook.callback) {
                Ok(url) if is_of_the_web(&url) => {}
                Ok(_) => report.warn(&key, "is not an http or https URL: the hook will not be called"),
                Err(ParseError::RelativeUrlWithoutBase) => {
                    report.warn(&key, "is not an absolute URL: the hook will not be called");
                }
                Err(_) => report.problem(&key, &hook.callback, "is not a URL"),
            }
            for (number, event) in hook.events.iter().enumerate() {
                if !EVENTS.contains(&event.as_str()) {
                    let key = format!("webhooks.hooks[{index}].events[{number}]");
                    report.problem(&key, event, "is not the name of an event");
                }
            }
        }
    }
}
