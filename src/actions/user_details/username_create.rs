//! The person chooses a username (spec chapter 02, section 8.1).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, Stash, username::available},
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop, error::NOT_PERMITTED},
    notify::webhook::Event,
    outcomes, storage,
};

outcomes! {
    /// The account has the username.
    Created = "created",
}

/// The username.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// ASCII letters, digits and underscores; stored in lower case.
    username: String,
}

/// The person chooses a username.
pub struct UsernameCreate;

impl Action<Authentication> for UsernameCreate {
    const NAME: &'static str = "username_create";
    const DESCRIPTION: &'static str = "Set a new username.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, config: &Config, _: &Stash) -> Vec<Input> {
        let input = Input::text("username").required(!config.username.optional).trim().lowercase();
        vec![input.min(config.username.min_length).max(config.username.max_length)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let Some(user) = step.stash.user_id else {
            return Err(Stop::Refused(NOT_PERMITTED.because("it is not known whose username it is")));
        };
        let username = available(step, &input.username, None).await?;
        let services = step.context.services.clone();
        let (id, now) = (services.random.uuid(), services.clock.now());
        storage::usernames::insert(&mut step.context.unit, id, user, &username, now).await?;
        step.stash.account.has_username = true;
        step.context.announce(Event::UsernameCreate, user);
        Ok(Outcome::Created)
    }
}
