//! The person gives up the password of their account (spec chapter 03, section 7.10).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, Stash, profile::holder},
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop, error::NOT_PERMITTED},
    notify::audit::{Actor, AuditEvent, EventType},
    outcomes, storage,
};

outcomes! {
    /// The account has no password.
    Deleted = "deleted",
}

/// Nothing.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {}

/// The person gives up the password of their account.
pub struct PasswordDelete;

impl Action<Authentication> for PasswordDelete {
    const NAME: &'static str = "password_delete";
    const DESCRIPTION: &'static str = "Delete a password.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        Vec::new()
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, _: Inputs) -> Result<Outcome, Stop> {
        let user = holder(step).await?;
        if storage::password_credentials::delete(&mut step.context.unit, user).await? {
            step.context.audit(step.id(), AuditEvent::new(EventType::PasswordDeleted).by(Actor::Id(user))).await?;
        }
        Ok(Outcome::Deleted)
    }
}
