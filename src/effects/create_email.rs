//! Adds the address that was given during a sign-in to the account (spec chapter 02, section 13.3).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, Step},
    notify::webhook::Event,
    storage,
};

/// Adds the address that was given during a sign-in to the account.
pub struct CreateEmail;

impl Effect<Authentication> for CreateEmail {
    const NAME: &'static str = "create_email";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let ready = step.stash.email_verified || !step.settings.email.require_verification;
        let (Some(email), Some(user)) = (step.stash.email.clone(), step.stash.user_id) else { return Ok(()) };
        if !step.stash.create_email || !ready {
            return Ok(());
        }
        step.stash.create_email = false;
        step.stash.account.has_email = true;
        let services = step.context.services.clone();
        let (random, now) = (&services.random, services.clock.now());
        let unit = &mut step.context.unit;
        let id = random.uuid();
        storage::emails::insert(unit, id, Some(user), &email, false, now).await?;
        // The account may have got one meanwhile, which stays the one that mails go to.
        if storage::primary_emails::of_user(unit, user).await?.is_none() {
            storage::primary_emails::set_first(unit, random.uuid(), user, id, now).await?;
        }
        step.context.announce(Event::EmailCreate, user);
        Ok(())
    }
}
