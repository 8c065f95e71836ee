//! The person says whether they want to stay signed in (spec chapter 02, section 7.2).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, Stash},
    config::Config,
    engine::{Action, Input, Step, Stop},
    outcomes,
};

outcomes! {
    /// It is remembered.
    Chosen = "chosen",
}

/// The choice.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// Whether the session outlives the browser.
    remember_me: bool,
}

/// The person says whether they want to stay signed in.
pub struct RememberMe;

impl Action<Authentication> for RememberMe {
    const NAME: &'static str = "remember_me";
    const DESCRIPTION: &'static str = "Enables the user to stay signed in.";

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::boolean("remember_me").required(true)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        step.stash.remember_me = input.remember_me;
        Ok(Outcome::Chosen)
    }
}
