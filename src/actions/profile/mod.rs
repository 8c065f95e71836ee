//! What people change about their account while they are signed in.

mod account_delete;
mod email;
mod email_create;
mod email_delete;
mod email_set_primary;
mod email_verify;
mod otp_secret_delete;
mod password;
mod password_create;
mod password_delete;
mod password_update;
mod patch_metadata;
mod second_factors;
mod security_key_delete;
mod session_delete;
mod username;
mod username_create;
mod username_delete;
mod username_update;
mod verify_passcode;
mod webauthn_credential_delete;
mod webauthn_credential_rename;
mod webauthn_verify_attestation_response;

pub use self::{
    account_delete::AccountDelete, email_create::EmailCreate, email_delete::EmailDelete,
    email_set_primary::EmailSetPrimary, email_verify::EmailVerify, otp_secret_delete::OtpSecretDelete,
    password_create::PasswordCreate, password_delete::PasswordDelete, password_update::PasswordUpdate,
    patch_metadata::PatchMetadata, security_key_delete::SecurityKeyDelete, session_delete::SessionDelete,
    username_create::ProfileUsernameCreate, username_delete::UsernameDelete, username_update::UsernameUpdate,
    verify_passcode::ProfileVerifyPasscode, webauthn_credential_delete::WebauthnCredentialDelete,
    webauthn_credential_rename::WebauthnCredentialRename,
    webauthn_verify_attestation_response::ProfileVerifyAttestationResponse,
};

use super::{Authentication, session_account};
use crate::engine::{Step, Stop, error::NOT_PERMITTED};
use uuid::Uuid;

/// Whose account is changed: the user of the session.
fn owner(step: &Step<'_, Authentication>) -> Result<Uuid, Stop> {
    let signed_in =
        step.context.signed_in.ok_or_else(|| Stop::Refused(NOT_PERMITTED.because("there is no session")))?;
    Ok(signed_in.user)
}

/// The same, for actions that take something from the account: they wait for each other, and none of them takes what its
/// guard would not allow any more, so that nobody gives up their last two ways in at once.
async fn holder(step: &mut Step<'_, Authentication>) -> Result<Uuid, Stop> {
    let user = owner(step)?;
    match session_account::hold(step).await? {
        true => Ok(user),
        false => Err(Stop::Refused(NOT_PERMITTED.because("another request changed the account at the same time"))),
    }
}
