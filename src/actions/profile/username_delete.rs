//! The person gives up the username of their account (spec chapter 03, section 7.16).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, Stash, profile::holder},
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop, error::NOT_PERMITTED},
    notify::{
        audit::{Actor, AuditEvent, Detail, EventType},
        webhook::Event,
    },
    outcomes, storage,
};

outcomes! {
    /// The account has no username.
    Deleted = "deleted",
}

/// Nothing.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {}

/// The person gives up the username of their account.
pub struct UsernameDelete;

impl Action<Authentication> for UsernameDelete {
    const NAME: &'static str = "username_delete";
    const DESCRIPTION: &'static str = "Delete the username of a user.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        Vec::new()
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, _: Inputs) -> Result<Outcome, Stop> {
        let user = holder(step).await?;
        let unit = &mut step.context.unit;
        let Some(row) = storage::usernames::of_user(unit, user).await? else { return Ok(Outcome::Deleted) };
        storage::usernames::delete(unit, user).await?;
        let event = AuditEvent::new(EventType::UsernameDeleted).by(Actor::Id(user));
        step.context.audit(step.id(), event.detail(Detail::Username, row.username)).await?;
        step.context.announce(Event::UsernameDelete, user);
        Ok(Outcome::Deleted)
    }
}
