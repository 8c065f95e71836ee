//! What setting and changing a password have in common (spec chapter 03, sections 7.9 and 7.11).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, new_password},
    config::Config,
    engine::{Input, Step, Stop},
    identity::passwords::MAX_PASSWORD_BYTES,
    secret::Secret,
};

/// The password.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "ProfilePassword")]
pub struct Inputs {
    /// At least as many characters as the configuration asks for, at most 72 bytes.
    password: Secret<String>,
}

/// The input as it is declared to the client. Clients know it as a text, not as a password.
pub(super) fn input(config: &Config) -> Input {
    Input::text("password").required(true).min(config.password.min_length).max(MAX_PASSWORD_BYTES as u32)
}

/// The hash of the password.
pub(super) async fn hashed(step: &mut Step<'_, Authentication>, input: &Inputs) -> Result<Secret<String>, Stop> {
    new_password::hashed(step, "password", &input.password).await.map(Secret::new)
}
