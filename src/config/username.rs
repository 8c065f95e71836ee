//! Section `username`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::load::Report;

/// Usernames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Username {
    /// Users have usernames.
    pub enabled: bool,
    /// Users may do without a username.
    pub optional: bool,
    /// Ask for a username during registration.
    pub acquire_on_registration: bool,
    /// Ask users without a username for one when they log in.
    pub acquire_on_login: bool,
    /// Users can log in with their username as identifier.
    #[schemars(extend("x-env" = "USEASLOGINIDENTIFIER"))]
    pub use_as_login_identifier: bool,
    /// Shortest username that is accepted, in characters.
    pub min_length: u32,
    /// Longest username that is accepted, in characters.
    #[schemars(extend("x-env" = "MAXLENGTH"))]
    pub max_length: u32,
}

impl Default for Username {
    fn default() -> Self {
        Self {
            enabled: false,
            optional: true,
            acquire_on_registration: true,
            acquire_on_login: true,
            use_as_login_identifier: true,
            min_length: 3,
            max_length: 32,
        }
    }
}

impl Username {
    pub(super) fn check(&self, report: &mut Report) {
        if self.enabled && self.min_length > self.max_length {
            let rule = format!("is greater than username.max_length ({}): no username fits", self.max_length);
            report.problem("username.min_length", &self.min_length.to_string(), &rule);
        }
    }
}
