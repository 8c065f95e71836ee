//! Entering a code that was sent by mail, whatever the flow makes of it.

use super::{Authentication, errors};
use crate::{
    engine::{Failure, Step, Stop},
    identity::passcode_service::{self, Attempt},
    secret::Secret,
};

/// Takes an attempt at the code that was sent to the address of the flow.
pub(super) async fn attempt(step: &mut Step<'_, Authentication>, code: &Secret<String>) -> Result<Attempt, Failure> {
    let services = step.context.services.clone();
    let sticky = &step.stash.sticky;
    // A code proves only the address that it was sent to.
    let Some(id) = sticky.passcode_id.filter(|_| sticky.passcode_email == step.stash.email) else {
        return Ok(Attempt::Missing);
    };
    let (unit, now) = (&mut step.context.unit, services.clock.now());
    Ok(passcode_service::attempt(unit, &services.passcodes, &services.passwords, id, code, now).await?)
}

/// What the client is told of a code that is not the right one.
pub(super) fn refusal(step: &mut Step<'_, Authentication>, attempt: Attempt) -> Stop {
    match attempt {
        Attempt::Exhausted => Stop::Refused(errors::PASSCODE_MAX_ATTEMPTS),
        _ => step.refuse_input("code", errors::PASSCODE_INVALID),
    }
}
