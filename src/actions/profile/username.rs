//! What choosing and changing a username have in common (spec chapter 03, sections 7.15 and 7.17).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::Authentication,
    config::Config,
    engine::{Failure, Input, Step},
    notify::audit::{Actor, AuditEvent, Detail, EventType},
};
use uuid::Uuid;

/// The username.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "ProfileUsername")]
pub struct Inputs {
    /// ASCII letters, digits and underscores; stored in lower case.
    pub(super) username: String,
}

/// The input as it is declared to the client.
pub(super) fn input(config: &Config) -> Input {
    let input = Input::text("username").required(true).preserve().trim().lowercase();
    input.min(config.username.min_length).max(config.username.max_length)
}

/// Records that the user has this username now.
pub(super) async fn record_change(
    step: &mut Step<'_, Authentication>,
    user: Uuid,
    username: String,
) -> Result<(), Failure> {
    let event = AuditEvent::new(EventType::UsernameChanged).by(Actor::Id(user)).detail(Detail::Username, username);
    step.context.audit(step.id(), event).await
}
