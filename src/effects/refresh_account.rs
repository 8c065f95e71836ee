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

/// Reads the account of the session and its active sessions, unless nothing was written since they were read; false when
/// the account is gone.
pub(super) async fn read(step: &mut Step<'_, Authentication>) -> Result<bool, Failure> {
    let Some(signed_in) = step.context.signed_in else { return Err("the request came without a session".into()) };
    if step.stash.user_id != Some(signed_in.user) {
        return Err("the flow belongs to another account".into());
    }
    let context = &mut *step.context;
    if context.account.is_none() || context.read_after != Some(context.unit.writes()) {
        let Some(account) = Account::load(&context.unit, signed_in.user).await? else { return Ok(false) };
        let now = context.services.clock.now();
        context.sessions = sessions::active_of_user(&context.unit, signed_in.user, now).await?;
        context.account = Some(account);
        context.read_after = Some(context.unit.writes());
    }
    let Some(account) = &context.account else { return Ok(false) };
    step.stash.account = account.into();
    step.stash.holdings = Holdings::of(account, &context.sessions, signed_in.session);
    Ok(true)
}
