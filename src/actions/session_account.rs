//! The account of the session that a request came with, as the database holds it now (spec chapter 03, section 2.5).

use super::{Authentication, Holdings};
use crate::{
    engine::{Failure, Step},
    identity::account::Account,
    storage::{sessions, users},
};

/// Reads the account of the session and its active sessions, unless nothing was written since they were read; false when
/// the account is gone.
pub(crate) async fn read(step: &mut Step<'_, Authentication>) -> Result<bool, Failure> {
    let Some(signed_in) = step.context.signed_in else { return Err("the request came without a session".into()) };
    if step.stash.user_id != Some(signed_in.user) {
        return Err("the flow belongs to another account".into());
    }
    let context = &mut *step.context;
    if context.read_after != Some(context.unit.writes()) {
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

/// Keeps other requests from taking anything from the account until this one is over. False when one has changed the
/// account since the guards were asked: what they allowed may be too much by now.
pub(super) async fn hold(step: &mut Step<'_, Authentication>) -> Result<bool, Failure> {
    let Some(signed_in) = step.context.signed_in else { return Err("the request came without a session".into()) };
    users::lock(&mut step.context.unit, signed_in.user).await?;
    // Others may have written before the lock was there.
    step.context.read_after = None;
    let (account, mut holdings) = (step.stash.account, step.stash.holdings.clone());
    if !read(step).await? {
        return Ok(false);
    }
    // Where the person is signed in otherwise is no way in.
    holdings.other_sessions.clone_from(&step.stash.holdings.other_sessions);
    Ok((account, holdings) == (step.stash.account, step.stash.holdings.clone()))
}
