//! The person asks for another code (spec chapter 02, section 7.8.3).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, Stash},
    config::Config,
    engine::{Action, Input, Step, Stop},
    outcomes,
};

outcomes! {
    /// The code that was sent before is forgotten, so that entering the state sends another.
    Sent = "sent",
}

/// Nothing.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {}

/// The person asks for another code.
pub struct ResendPasscode;

impl Action<Authentication> for ResendPasscode {
    const NAME: &'static str = "resend_passcode";
    const DESCRIPTION: &'static str = "Send the passcode email again.";
    const NEEDS: &'static [&'static [&'static str]] = &[&["send_passcode"]];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        Vec::new()
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, _: Inputs) -> Result<Outcome, Stop> {
        step.stash.sticky.passcode_id = None;
        Ok(Outcome::Sent)
    }
}
