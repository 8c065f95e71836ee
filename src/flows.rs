//! The shipped graphs, and everything that graphs can name: what turns the engine into an authentication server.

use std::path::Path;

use rust_embed::RustEmbed;

use crate::{
    actions::{
        Authentication, SESSION,
        capabilities::RegisterClientCapabilities,
        credential_onboarding::{RegisterPassword, WebauthnVerifyAttestationResponse},
        credential_usage::{
            ContinueWithLoginIdentifier, PasswordLogin, PasswordRecovery, RememberMe, ResendPasscode, VerifyPasscode,
            WebauthnVerifyAssertionResponse,
        },
        errors,
        mfa_creation::OtpCodeVerify,
        mfa_usage::OtpCodeValidate,
        profile::{
            AccountDelete, EmailCreate, EmailDelete, EmailSetPrimary, EmailVerify, OtpSecretDelete, PasswordCreate,
            PasswordDelete, PasswordUpdate, PatchMetadata, ProfileUsernameCreate, ProfileVerifyAttestationResponse,
            ProfileVerifyPasscode, SecurityKeyDelete, SessionDelete, UsernameDelete, UsernameUpdate,
            WebauthnCredentialDelete, WebauthnCredentialRename,
        },
        registration::RegisterLoginIdentifier,
        user_details::{EmailAddressSet, UsernameCreate},
    },
    config::Config,
    effects::{
        AnnounceLogin, BindAccount, ConfirmEmail, CreateEmail, CreateOtpSecret, CreatePasskeyOptions,
        CreateSecurityKeyOptions, CreateUser, DetermineAmr, DetermineRegistrationAmr, IssueSession, LoadUser,
        NameAccount, RecognizeDevice, RefreshAccount, RememberDevice, RequestAnyPasskey, RequestOwnPasskey,
        RequestSecondFactor, SendPasscode, ShowLastLogin, ShowProfile, ShowSessions, StoreOtpSecret, StorePassword,
        StoreWebauthnCredentials,
    },
    engine::{Graph, Problems, Registry, Source, compile, read_directory},
};

#[derive(RustEmbed)]
#[folder = "flows"]
#[include = "*.yaml"]
struct Shipped;

/// All actions, effects and errors that graphs can name.
#[must_use]
pub fn registry() -> Registry<Authentication> {
    let registry = Registry::default()
        .action(RegisterClientCapabilities)
        .action(ContinueWithLoginIdentifier)
        .action(WebauthnVerifyAssertionResponse)
        .action(RememberMe)
        .action(PasswordLogin)
        .action(PasswordRecovery)
        .action(VerifyPasscode)
        .action(ResendPasscode)
        .action(UsernameCreate)
        .action(EmailAddressSet)
        .action(OtpCodeValidate)
        .action(RegisterPassword)
        .action(WebauthnVerifyAttestationResponse)
        .action(RegisterLoginIdentifier)
        .action(AccountDelete)
        .action(EmailCreate)
        .action(EmailDelete)
        .action(EmailSetPrimary)
        .action(EmailVerify)
        .action(ProfileVerifyPasscode)
        .action(ProfileVerifyAttestationResponse)
        .action(PatchMetadata)
        .action(WebauthnCredentialDelete)
        .action(WebauthnCredentialRename)
        .action(OtpCodeVerify)
        .action(OtpSecretDelete)
        .action(SecurityKeyDelete)
        .action(PasswordCreate)
        .action(PasswordDelete)
        .action(PasswordUpdate)
        .action(ProfileUsernameCreate)
        .action(SessionDelete)
        .action(UsernameDelete)
        .action(UsernameUpdate)
        .effect(AnnounceLogin)
        .effect(BindAccount)
        .effect(RefreshAccount)
        .effect(NameAccount)
        .effect(ShowProfile)
        .effect(ShowSessions)
        .effect(RequestAnyPasskey)
        .effect(RequestOwnPasskey)
        .effect(RequestSecondFactor)
        .effect(RecognizeDevice)
        .effect(RememberDevice)
        .effect(CreatePasskeyOptions)
        .effect(CreateSecurityKeyOptions)
        .effect(CreateOtpSecret)
        .effect(SendPasscode)
        .effect(CreateEmail)
        .effect(ConfirmEmail)
        .effect(StoreWebauthnCredentials)
        .effect(StoreOtpSecret)
        .effect(StorePassword)
        .effect(CreateUser)
        .effect(LoadUser)
        .effect(DetermineAmr)
        .effect(DetermineRegistrationAmr)
        .effect(IssueSession)
        .effect(ShowLastLogin);
    let registry = registry.requirement(SESSION);
    let flow_errors = [
        errors::UNAUTHORIZED,
        errors::PASSCODE_MAX_ATTEMPTS,
        errors::RATE_LIMIT_EXCEEDED,
        errors::PASSKEY_INVALID,
        errors::SECOND_FACTOR_ONLY,
        errors::AUTHENTICATOR_REQUIRED,
    ];
    let registry = flow_errors.into_iter().fold(registry, Registry::error);
    let input_errors = [
        errors::EMAIL_EXISTS,
        errors::USERNAME_EXISTS,
        errors::UNKNOWN_USERNAME,
        errors::UNKNOWN_EMAIL,
        errors::INVALID_USERNAME,
        errors::PASSCODE_INVALID,
        errors::OTP_CODE_INVALID,
        errors::OTP_CODE_ALREADY_USED,
        errors::INVALID_METADATA,
    ];
    input_errors.into_iter().fold(registry, Registry::input_error)
}

/// The graph files that come with the program.
#[must_use]
pub fn shipped() -> Vec<Source> {
    let mut sources: Vec<Source> = Shipped::iter()
        .filter_map(|path| {
            let text = String::from_utf8(Shipped::get(&path)?.data.into_owned()).ok()?;
            Some(Source { file: format!("flows/{path}"), text })
        })
        .collect();
    sources.sort_by(|a, b| a.file.cmp(&b.file));
    sources
}

/// Compiles the graphs: the shipped ones, with those in `directory` in the place of shipped ones of the same name.
///
/// # Errors
///
/// Everything that is wrong with the files in `directory`.
pub fn graphs(
    config: &Config,
    directory: Option<&Path>,
    registry: &Registry<Authentication>,
) -> Result<Vec<Graph<Authentication>>, Problems> {
    let replacements = directory.map(read_directory).transpose()?.unwrap_or_default();
    compile(&shipped(), &replacements, registry, config)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Covers PROTO-207 as far as the shipped flows go: what the graphs name is there and used.
    #[test]
    fn the_shipped_graphs_have_no_mistakes() {
        let graphs = graphs(&Config::default(), None, &registry()).unwrap_or_else(|problems| panic!("{problems}"));
        let names: Vec<&str> = graphs.iter().map(|graph| graph.name.as_str()).collect();
        assert_eq!(names, ["login", "profile", "registration"]);
    }
}
