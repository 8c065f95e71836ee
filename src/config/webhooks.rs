//! Section `webhooks`: hooks of the configuration. Hooks in the database are managed by the admin API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{ParseError, Url};

use super::load::Report;

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

impl Webhooks {
    pub(super) fn check(&self, report: &mut Report) {
        if !self.enabled {
            return;
        }
        for (index, hook) in self.hooks.iter().enumerate() {
            let key = format!("webhooks.hooks[{index}].callback");
            match Url::parse(&hook.callback) {
                Ok(_) => {}
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
