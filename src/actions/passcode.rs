//! Entering a code that was sent by mail, whatever the flow makes of it.

use super::{Authentication, RetryAfter, errors};
use crate::{
    engine::{Step, Stop},
    identity::passcode_service::{self, Attempt},
    limits::{Admission, Bucket},
    secret::Secret,
};

/// Takes an attempt at the code that was sent to the address of the flow. Right codes are not counted as guesses.
///
/// # Errors
///
/// When there were too many guesses of codes for the address.
pub(super) async fn attempt(step: &mut Step<'_, Authentication>, code: &Secret<String>) -> Result<Attempt, Stop> {
    let sent = step.stash.sticky.passcode_id.zip(step.stash.sticky.passcode_email.clone());
    // A code proves only the address that it was sent to.
    let Some((id, address)) = sent.filter(|(_, address)| Some(address) == step.stash.email.as_ref()) else {
        return Ok(Attempt::Missing);
    };
    let guess = Bucket::PasscodeGuess(&address);
    if let Admission::Refused { seconds } = step.context.attempt(guess).await? {
        step.put(&RetryAfter(seconds))?;
        return Err(Stop::Refused(errors::RATE_LIMIT_EXCEEDED));
    }
    let services = step.context.services.clone();
    let (unit, now) = (&mut step.context.unit, services.clock.now());
    let attempt = passcode_service::attempt(unit, &services.passcodes, &services.passwords, id, code, now).await?;
    if attempt == Attempt::Right {
        step.context.give_back(guess).await?;
    }
    Ok(attempt)
}

/// What the client is told of a code that is not the right one.
pub(super) fn refusal(step: &mut Step<'_, Authentication>, attempt: Attempt) -> Stop {
    match attempt {
        Attempt::Exhausted => Stop::Refused(errors::PASSCODE_MAX_ATTEMPTS),
        _ => step.refuse_input("code", errors::PASSCODE_INVALID),
    }
}
