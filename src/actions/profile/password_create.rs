//! The person gives their account a password (spec chapter 03, section 7.9).

use crate::{
    actions::{
        Authentication, Stash, new_password,
        profile::{owner, password},
    },
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop, error::NOT_PERMITTED},
    outcomes, storage,
};

outcomes! {
    /// The account has the password.
    Created = "created",
}

/// The person gives their account a password.
pub struct PasswordCreate;

impl Action<Authentication> for PasswordCreate {
    const NAME: &'static str = "password_create";
    const DESCRIPTION: &'static str = "Create a new password.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = password::Inputs;
    type Outcome = Outcome;

    fn inputs(&self, config: &Config, _: &Stash) -> Vec<Input> {
        vec![password::input(config)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Self::Input) -> Result<Outcome, Stop> {
        let user = owner(step)?;
        let hash = password::hashed(step, &input).await?;
        let services = step.context.services.clone();
        let (id, now) = (services.random.uuid(), services.clock.now());
        storage::password_credentials::insert(&mut step.context.unit, id, user, hash, now).await?;
        new_password::record(step, user, "profile").await?;
        Ok(Outcome::Created)
    }
}
