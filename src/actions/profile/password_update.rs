//! The person changes the password of their account (spec chapter 03, section 7.11). Their other sessions go on.

use crate::{
    actions::{
        Authentication, Stash,
        profile::{owner, password},
    },
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop, error::NOT_PERMITTED},
    notify::{mail::Notification, webhook::Event},
    outcomes, storage,
};

outcomes! {
    /// The account has the new password.
    Updated = "updated",
}

/// The person changes the password of their account.
pub struct PasswordUpdate;

impl Action<Authentication> for PasswordUpdate {
    const NAME: &'static str = "password_update";
    const DESCRIPTION: &'static str = "Update an existing password.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = password::Inputs;
    type Outcome = Outcome;

    fn inputs(&self, config: &Config, _: &Stash) -> Vec<Input> {
        vec![password::input(config)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Self::Input) -> Result<Outcome, Stop> {
        let user = owner(step)?;
        let hash = password::hashed(step, &input).await?;
        let now = step.context.services.clock.now();
        if !storage::password_credentials::replace(&mut step.context.unit, user, hash, now).await? {
            return Err(Stop::Refused(NOT_PERMITTED.because("the account has no password any more")));
        }
        password::record_change(step, user).await?;
        step.context.notify_primary(user, Notification::PasswordUpdate).await?;
        step.context.announce(Event::PasswordUpdate, user);
        Ok(Outcome::Updated)
    }
}
