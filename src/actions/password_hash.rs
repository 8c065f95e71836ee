//! The hash of a password that somebody chose, for every action that sets one.

use super::Authentication;
use crate::{
    engine::{Step, Stop, error::VALUE_TOO_LONG},
    identity::passwords::PasswordError,
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
