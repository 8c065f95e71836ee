//! Reads the account of the session anew (spec chapter 03, section 2.5), so that what is offered and done fits what the
//! database holds now.

use crate::{
    actions::{Authentication, Holdings},
    engine::{Effect, Failure, Step},
    identity::account::Account,
    storage::sessions,
};

/// Reads the account of the session anew. Refuses the session of an account to which the flow does not belong.
pub struct RefreshAccount;

impl Effect<Authentication> for RefreshAccount {
    const NAME: &'static str = "refresh_account";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        // An account that was there a moment ago has been deleted by the action itself.
        if read(step).await? || step.context.account.is_some() {
            return Ok(());
        }
        Err("the account of the session is gone".into())
    }
}

/// Reads the account of the session; false when it is gone.
pub(super) async fn read(step: &mut Step<'_, Authentication>) -> Result<bool, Failure> {
    let Some(signed_in) = step.context.signed_in else { return Err("the request came without a session".into()) };
    if step.stash.user_id != Some(signed_in.user) {
        return Err("the flow belongs to another account".into());
    }
    let (unit, now) = (&step.context.unit, step.context.services.clock.now());
    let Some(account) = Account::load(unit, signed_in.user).await? else { return Ok(false) };
    let active = sessions::active_of_user(unit, signed_in.user, now).await?;
    step.stash.account = (&account).into();
    step.stash.holdings = Holdings::of(&account, &active, signed_in.session);
    step.context.account = Some(account);
    Ok(true)
}
