//! Effects: what happens by itself when a state is entered or left, or on the way. One file per effect; none names a
//! state.

mod announce_login;
mod bind_account;
mod confirm_email;
mod create_email;
mod create_otp_secret;
mod create_passkey_options;
mod create_security_key_options;
mod create_user;
mod creation_options;
mod determine_amr;
mod determine_registration_amr;
mod issue_session;
mod load_user;
mod name_account;
mod recognize_device;
mod refresh_account;
mod remember_device;
mod request_any_passkey;
mod request_own_passkey;
mod request_second_factor;
mod send_passcode;
mod show_last_login;
mod show_profile;
mod show_sessions;
mod store_otp_secret;
mod store_password;
mod store_webauthn_credentials;

pub use self::{
    announce_login::AnnounceLogin, bind_account::BindAccount, confirm_email::ConfirmEmail, create_email::CreateEmail,
    create_otp_secret::CreateOtpSecret, create_passkey_options::CreatePasskeyOptions,
    create_security_key_options::CreateSecurityKeyOptions, create_user::CreateUser, determine_amr::DetermineAmr,
    determine_registration_amr::DetermineRegistrationAmr, issue_session::IssueSession, load_user::LoadUser,
    name_account::NameAccount, recognize_device::RecognizeDevice, refresh_account::RefreshAccount,
    remember_device::RememberDevice, request_any_passkey::RequestAnyPasskey, request_own_passkey::RequestOwnPasskey,
    request_second_factor::RequestSecondFactor, send_passcode::SendPasscode, show_last_login::ShowLastLogin,
    show_profile::ShowProfile, show_sessions::ShowSessions, store_otp_secret::StoreOtpSecret,
    store_password::StorePassword, store_webauthn_credentials::StoreWebauthnCredentials,
};
