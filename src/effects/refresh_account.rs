//! Reads the account of the session anew (spec chapter 03, section 2.5), so that what is offered and done fits what the
//! database holds now.

use crate::{
    actions::{Authentication, session_account},
    engine::{Effect, Failure, Step},
};

/// Reads the account of the session anew. Refuses the session of an account to which the flow does not belong.
pub struct RefreshAccount;

impl Effect<Authentication> for RefreshAccount {
    const NAME: &'static str = "refresh_account";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        // An account that was there a moment ago has been deleted by the action itself.
        if session_account::read(step).await? || step.context.account.is_some() {
            return Ok(());
        }
        Err("the account of the session is gone".into())
    }
}
