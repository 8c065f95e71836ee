//! Proving who one is.

mod continue_with_login_identifier;
mod password_login;
mod password_recovery;
mod remember_me;
mod resend_passcode;
mod verify_passcode;
mod webauthn_verify_assertion_response;

pub use self::{
    continue_with_login_identifier::ContinueWithLoginIdentifier, password_login::PasswordLogin,
    password_recovery::PasswordRecovery, remember_me::RememberMe, resend_passcode::ResendPasscode,
    verify_passcode::VerifyPasscode, webauthn_verify_assertion_response::WebauthnVerifyAssertionResponse,
};
