//! Ties a flow to the account whose session began it (spec chapter 03, section 2.5).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, Step},
};

/// Ties a flow to the account whose session began it, so that nobody else can go on with it.
pub struct BindAccount;

impl Effect<Authentication> for BindAccount {
    const NAME: &'static str = "bind_account";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(signed_in) = step.context.signed_in else { return Err("the request came without a session".into()) };
        step.stash.user_id = Some(signed_in.user);
        Ok(())
    }
}
