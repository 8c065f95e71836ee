//! What people change about their account while they are signed in.

mod account_delete;
mod session_delete;

pub use self::{account_delete::AccountDelete, session_delete::SessionDelete};

use super::Authentication;
use crate::engine::{Step, Stop, error::NOT_PERMITTED};
use uuid::Uuid;

/// Whose account is changed: the user of the session.
fn owner(step: &Step<'_, Authentication>) -> Result<Uuid, Stop> {
    let signed_in =
        step.context.signed_in.ok_or_else(|| Stop::Refused(NOT_PERMITTED.because("there is no session")))?;
    Ok(signed_in.user)
}
