//! Section `email`: email addresses of users, and passcodes sent to them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Email addresses of users, and passcodes sent to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Email {
    /// Users have email addresses.
    pub enabled: bool,
    /// Users may do without an address: skip it, and delete the last one.
    pub optional: bool,
    /// Ask for an address during registration.
    pub acquire_on_registration: bool,
    /// Ask users without an address for one when they log in.
    pub acquire_on_login: bool,
    /// A new address must be confirmed with a passcode.
    pub require_verification: bool,
    /// How many addresses a user may have.
    pub limit: u32,
    /// Users can log in with an address as identifier.
    #[schemars(extend("x-env" = "USEASLOGINIDENTIFIER"))]
    pub use_as_login_identifier: bool,
    /// Longest address that is accepted, in characters.
    #[schemars(extend("x-env" = "MAXLENGTH"))]
    pub max_length: u32,
    /// Users can log in with a passcode sent by mail.
    #[schemars(extend("x-env" = "USEFORAUTHENTICATION"))]
    pub use_for_authentication: bool,
    /// How long a passcode is valid, in seconds.
    #[schemars(extend("x-env" = "PASSCODETTL"))]
    pub passcode_ttl: u32,
    /// What passcodes are made of.
    #[schemars(extend("x-env" = "PASSCODECHARSET"))]
    pub passcode_charset: PasscodeCharset,
}

/// What passcodes are made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-empty" = "numeric"))]
pub enum PasscodeCharset {
    /// Six digits.
    #[default]
    Numeric,
    /// Six letters and digits, without those that are easily confused.
    Alphanumeric,
}

impl Default for Email {
    fn default() -> Self {
        Self {
            enabled: true,
            optional: false,
            acquire_on_registration: true,
            acquire_on_login: true,
            require_verification: true,
            limit: 5,
            use_as_login_identifier: true,
            max_length: 120,
            use_for_authentication: true,
            passcode_ttl: 300,
            passcode_charset: PasscodeCharset::Numeric,
        }
    }
}
