//! Adds the password that was chosen during a sign-in to the account (spec chapter 02, section 16.6).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, Step, error::NOT_PERMITTED},
    secret::Secret,
    storage,
};

/// Adds the password that was chosen during a sign-in to the account.
pub struct StorePassword;

impl Effect<Authentication> for StorePassword {
    const NAME: &'static str = "store_password";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let (Some(hash), Some(user)) = (step.stash.new_password.take(), step.stash.user_id) else { return Ok(()) };
        let services = step.context.services.clone();
        let (id, now) = (services.random.uuid(), services.clock.now());
        let unit = &mut step.context.unit;
        if storage::password_credentials::of_user(unit, user).await?.is_some() {
            return Err(NOT_PERMITTED.because("the account got a password meanwhile").failure());
        }
        storage::password_credentials::insert(unit, id, user, Secret::new(hash), now).await?;
        Ok(())
    }
}
