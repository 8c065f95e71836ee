//! The person wants to prove that an address of their account is theirs (spec chapter 03, section 7.7).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{
        Authentication, Stash, errors,
        profile::{email, owner},
    },
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop, error::NOT_PERMITTED},
    notify::mail::PasscodeTemplate,
    outcomes,
};

outcomes! {
    /// A code sent to the address must be entered.
    ToBeVerified = "to_be_verified",
}

/// The address.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// Its id.
    email_id: String,
}

/// The person wants to prove that an address of their account is theirs.
pub struct EmailVerify;

impl Action<Authentication> for EmailVerify {
    const NAME: &'static str = "email_verify";
    const DESCRIPTION: &'static str = "Verify an email.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED, errors::NOT_FOUND];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::text("email_id").required(true).hidden()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        owner(step)?;
        let Some(address) = step.stash.holdings.email(&input.email_id).map(|email| email.address.clone()) else {
            return Err(Stop::Refused(errors::NOT_FOUND));
        };
        email::ask_for_code(step, address, PasscodeTemplate::EmailVerification);
        Ok(Outcome::ToBeVerified)
    }
}
