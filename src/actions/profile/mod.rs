//! What people change about their account while they are signed in.

mod account_delete;
mod password;
mod password_create;
mod password_delete;
mod password_update;
mod session_delete;
mod username;
mod username_create;
mod username_delete;
mod username_update;

pub use self::{
    account_delete::AccountDelete, password_create::PasswordCreate, password_delete::PasswordDelete,
    password_update::PasswordUpdate, session_delete::SessionDelete, username_create::ProfileUsernameCreate,
    username_delete::UsernameDelete, username_update::UsernameUpdate,
};

use super::Authentication;
use crate::engine::{Step, Stop, error::NOT_PERMITTED};
use uuid::Uuid;

/// Whose account is changed: the user of the session.
fn owner(step: &Step<'_, Authentication>) -> Result<Uuid, Stop> {
    let signed_in =
        step.context.signed_in.ok_or_else(|| Stop::Refused(NOT_PERMITTED.because("there is no session")))?;
    Ok(signed_in.user)
}
