//! What choosing and changing a username have in common (spec chapter 03, sections 7.15 and 7.17).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, errors},
    config::Config,
    engine::{Failure, Input, Step, Stop},
    identity::usernames::normalized,
    notify::audit::{Actor, AuditEvent, Detail, EventType},
    storage,
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

/// The username as it is stored, unless it cannot be one or belongs to somebody other than `user`.
pub(super) async fn available(step: &mut Step<'_, Authentication>, user: Uuid, input: &Inputs) -> Result<String, Stop> {
    let Ok(username) = normalized(&input.username) else {
        return Err(step.refuse_input("username", errors::INVALID_USERNAME));
    };
    let found = storage::usernames::by_name(&step.context.unit, &username).await?;
    if found.is_some_and(|row| row.user_id.0 != user) {
        return Err(step.refuse_input("username", errors::USERNAME_EXISTS));
    }
    Ok(username)
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
