//! The person chooses a password for their account (spec chapter 02, section 9.3).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, Stash, new_password},
    config::Config,
    engine::{Action, Input, Step, Stop, error::VALUE_INVALID},
    outcomes,
    secret::Secret,
};

outcomes! {
    /// Its hash is kept until the account is written.
    Accepted = "accepted",
}

/// The password.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// At least as many characters as the configuration asks for, at most 72 bytes.
    new_password: Secret<String>,
}

/// The person chooses a password for their account.
pub struct RegisterPassword;

impl Action<Authentication> for RegisterPassword {
    const NAME: &'static str = "register_password";
    const DESCRIPTION: &'static str = "Submit a new password.";
    const NEEDS: &'static [&'static [&'static str]] = &[&["store_password", "create_user"]];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, config: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::password("new_password").required(!config.password.optional).min(config.password.min_length)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        if input.new_password.expose().is_empty() {
            return Err(step.refuse_input("new_password", VALUE_INVALID));
        }
        step.stash.new_password = Some(new_password::hashed(step, "new_password", &input.new_password).await?);
        step.stash.account.has_password = true;
        Ok(Outcome::Accepted)
    }
}
