//! The person chooses a username for their account (spec chapter 03, section 7.15).

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
    Created = "created",
}

/// The person chooses a username for their account.
pub struct ProfileUsernameCreate;

impl Action<Authentication> for ProfileUsernameCreate {
    const NAME: &'static str = "profile_username_create";
    const DESCRIPTION: &'static str = "Create a new username.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = username::Inputs;
    type Outcome = Outcome;

    fn inputs(&self, config: &Config, _: &Stash) -> Vec<Input> {
        vec![username::input(config)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Self::Input) -> Result<Outcome, Stop> {
        let user = owner(step)?;
        let username = available(step, &input.username, Some(user)).await?;
        let services = step.context.services.clone();
        let (id, now) = (services.random.uuid(), services.clock.now());
        storage::usernames::insert(&mut step.context.unit, id, user, &username, now).await?;
        username::record_change(step, user, username).await?;
        step.context.announce(Event::UsernameCreate, user);
        Ok(Outcome::Created)
    }
}
