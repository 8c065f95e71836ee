//! Section `account`: whether accounts come and go by themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether accounts come and go by themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Account {
    /// Users may delete their account in the profile.
    #[schemars(extend("x-env" = "ALLOWDELETION"))]
    pub allow_deletion: bool,
    /// Accounts may be created by registration, and by third-party and SAML sign-in.
    #[schemars(extend("x-env" = "ALLOWSIGNUP"))]
    pub allow_signup: bool,
}

impl Default for Account {
    fn default() -> Self {
        Self { allow_deletion: false, allow_signup: true }
    }
}
