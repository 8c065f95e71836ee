//! Section `cors`: which web origins may call the public API. Cross-origin headers are written elsewhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::load::Report;

/// Which web origins may call the public API from a browser (cross-origin resource sharing).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cors {
    /// Allowed origins, such as `https://app.example.com`. In an entry `*` stands for any run of characters and `?` for
    /// one. Credentials are always allowed. An empty list allows none.
    pub allow_origins: Vec<String>,
    /// Allow the entry `*`: every website may then act in the name of a signed-in user.
    pub unsafe_wildcard_origin_allowed: bool,
}

impl Default for Cors {
    fn default() -> Self {
        Self { allow_origins: vec!["http://localhost:8888".into()], unsafe_wildcard_origin_allowed: false }
    }
}

impl Cors {
    pub(super) fn check(&self, report: &mut Report) {
        if !self.unsafe_wildcard_origin_allowed && self.allow_origins.iter().any(|origin| origin == "*") {
            report.problem(
                "cors.allow_origins",
                "*",
                "lets every website act for a signed-in user: list the origins, or set \
                 cors.unsafe_wildcard_origin_allowed",
            );
        }
    }
}
