//! The person deletes their account (spec chapter 03, section 7.2).

use crate::{
    actions::{Authentication, Stash, profile::owner},
    config::Config,
    engine::{Action, FlowError, Input, NoInputs, Step, Stop, error::NOT_PERMITTED},
    notify::audit::{Actor, AuditEvent, EventType},
    outcomes, storage,
};

outcomes! {
    /// The account is gone with everything that belonged to it, its sessions too.
    Deleted = "deleted",
}

/// The person deletes their account.
pub struct AccountDelete;

impl Action<Authentication> for AccountDelete {
    const NAME: &'static str = "account_delete";
    const DESCRIPTION: &'static str = "Delete an account.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = NoInputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        Vec::new()
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, _: NoInputs) -> Result<Outcome, Stop> {
        let user = owner(step)?;
        let former = step.context.portrait(user).await?;
        // Of several requests that delete it at once, one does, and tells of it.
        let deleted = storage::users::delete(&mut step.context.unit, user).await?;
        let Some(former) = former.filter(|_| deleted) else {
            return Err(Stop::Refused(NOT_PERMITTED.because("the account is gone")));
        };
        step.context.announce_deletion(former);
        step.context.audit(step.id(), AuditEvent::new(EventType::UserDeleted).by(Actor::Id(user))).await?;
        step.context.signed_out = true;
        Ok(Outcome::Deleted)
    }
}
