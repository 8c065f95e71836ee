//! The person replaces a forgotten password (spec chapter 02, section 7.7.1).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, Stash, new_password},
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop, error::NOT_PERMITTED},
    identity::passwords,
    notify::{mail::Notification, webhook::Event},
    outcomes,
    secret::Secret,
    storage,
};

outcomes! {
    /// The account has the new password.
    Changed = "changed",
}

/// The new password.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// The new password.
    new_password: Secret<String>,
}

/// The person replaces a forgotten password. Whoever else is signed in to the account is signed out, and its owner is told.
pub struct PasswordRecovery;

impl Action<Authentication> for PasswordRecovery {
    const NAME: &'static str = "password_recovery";
    const DESCRIPTION: &'static str = "Submit a new password.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, config: &Config, _: &Stash) -> Vec<Input> {
        let input = Input::password("new_password").required(true);
        vec![input.min(config.password.min_length).max(passwords::MAX_PASSWORD_BYTES as u32)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let Some(user) = step.stash.user_id else {
            return Err(Stop::Refused(NOT_PERMITTED.because("it is not known whose password is replaced")));
        };
        let services = step.context.services.clone();
        let hash = Secret::new(new_password::hashed(step, "new_password", &input.new_password).await?);
        let (unit, now) = (&mut step.context.unit, services.clock.now());
        if !storage::password_credentials::replace(unit, user, hash.clone(), now).await? {
            storage::password_credentials::insert(unit, services.random.uuid(), user, hash, now).await?;
        }
        storage::sessions::delete_of_user(unit, user).await?;
        storage::trusted_devices::delete_of_user(unit, user).await?;
        new_password::record(step, user, "recovery").await?;
        // Whoever owns the account should know, in case it was somebody else.
        step.context.notify_primary(user, Notification::PasswordUpdate).await?;
        step.context.announce(Event::PasswordUpdate, user);
        step.stash.account.has_password = true;
        Ok(Outcome::Changed)
    }
}
