//! Effects: what happens by itself when a state is entered or left, or on the way. One file per effect; none names a
//! state.

mod bind_account;
mod confirm_email;
mod create_email;
mod create_passkey_options;
mod create_user;
mod determine_amr;
mod determine_registration_amr;
mod issue_session;
mod load_user;
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
mod store_passkeys;
mod store_password;

pub use self::{
    bind_account::BindAccount, confirm_email::ConfirmEmail, create_email::CreateEmail,
    create_passkey_options::CreatePasskeyOptions, create_user::CreateUser, determine_amr::DetermineAmr,
    determine_registration_amr::DetermineRegistrationAmr, issue_session::IssueSession, load_user::LoadUser,
    recognize_device::RecognizeDevice, refresh_account::RefreshAccount, remember_device::RememberDevice,
    request_any_passkey::RequestAnyPasskey, request_own_passkey::RequestOwnPasskey,
    request_second_factor::RequestSecondFactor, send_passcode::SendPasscode, show_last_login::ShowLastLogin,
    show_profile::ShowProfile, show_sessions::ShowSessions, store_passkeys::StorePasskeys,
    store_password::StorePassword,
};
