//! What the actions have in common that give an account a password that somebody chose.

use uuid::Uuid;

use super::Authentication;
use crate::{
    engine::{Failure, Step, Stop, error::VALUE_TOO_LONG},
    identity::passwords::PasswordError,
    notify::audit::{Actor, AuditEvent, Detail, EventType},
    secret::Secret,
};

/// The hash of `password`. One that is too long to be hashed is refused at the input of this name.
pub(super) async fn hashed(
    step: &mut Step<'_, Authentication>,
    input: &str,
    password: &Secret<String>,
) -> Result<String, Stop> {
    match step.context.services.clone().passwords.hash(password).await {
        Err(PasswordError::TooLong) => Err(step.refuse_input(input, VALUE_TOO_LONG)),
        hashed => Ok(hashed?),
    }
}

/// Records that the user has another password now, and where it was set: `profile` or `recovery`.
pub(super) async fn record(
    step: &mut Step<'_, Authentication>,
    user: Uuid,
    context: &'static str,
) -> Result<(), Failure> {
    let event = AuditEvent::new(EventType::PasswordChanged).by(Actor::Id(user)).detail(Detail::Context, context);
    step.context.audit(step.id(), event).await
}
