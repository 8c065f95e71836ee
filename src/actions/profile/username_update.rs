//! The person changes the username of their account (spec chapter 03, section 7.17).

use crate::{
    actions::{
        Authentication, Stash,
        profile::{owner, username},
        username::available,
    },
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop, error::NOT_PERMITTED},
    notify::webhook::Event,
    outcomes, storage,
};

outcomes! {
    /// The account has the username.
    Updated = "updated",
}

/// The person changes the username of their account.
pub struct UsernameUpdate;

impl Action<Authentication> for UsernameUpdate {
    const NAME: &'static str = "username_update";
    const DESCRIPTION: &'static str = "Update an existing username.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = username::Inputs;
    type Outcome = Outcome;

    fn inputs(&self, config: &Config, _: &Stash) -> Vec<Input> {
        vec![username::input(config)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Self::Input) -> Result<Outcome, Stop> {
        let user = owner(step)?;
        let username = available(step, &input.username, Some(user)).await?;
        let unit = &mut step.context.unit;
        let present = storage::usernames::of_user(unit, user).await?;
        if present.is_some_and(|row| row.username == username) {
            return Ok(Outcome::Updated);
        }
        let now = step.context.services.clock.now();
        if !storage::usernames::rename(unit, user, &username, now).await? {
            return Err(Stop::Refused(NOT_PERMITTED.because("the account has no username any more")));
        }
        username::record_change(step, user, username).await?;
        step.context.announce(Event::UsernameUpdate, user);
        Ok(Outcome::Updated)
    }
}
