//! Says by which names the account of the session is known (spec chapter 03, section 8.5), for what shows them to people:
//! authenticators, for one.

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, Step},
};

/// Says by which names the account of the session is known, if it has any.
pub struct NameAccount;

impl Effect<Authentication> for NameAccount {
    const NAME: &'static str = "name_account";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(account) = &step.context.account else { return Err("the account of the session is not known".into()) };
        step.stash.email = account.primary_email().map(|email| email.address.clone());
        step.stash.username = account.username.as_ref().map(|row| row.username.clone());
        Ok(())
    }
}
