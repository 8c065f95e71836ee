//! Section `privacy`: what strangers learn about accounts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What strangers learn about accounts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Privacy {
    /// Tell whether an account exists: an unknown identifier is an error at login, a taken one at registration.
    pub show_account_existence_hints: bool,
    /// After the identifier, offer only the login methods that the account really has.
    pub only_show_actual_login_methods: bool,
}
