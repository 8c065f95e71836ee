//! Lists how the person has proven who they are (spec chapter 02, section 16.2; RFC 8176 names the claim).

use crate::{
    actions::{Authentication, LoginMethod, MfaMethod},
    engine::{Effect, Failure, Step},
};

/// Lists how the person has proven who they are.
pub struct DetermineAmr;

impl Effect<Authentication> for DetermineAmr {
    const NAME: &'static str = "determine_amr";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let first = step.stash.login_method.map(|method| match method {
            LoginMethod::Password => "pwd".to_owned(),
            LoginMethod::Passkey => "passkey".to_owned(),
            LoginMethod::Passcode => "otp".to_owned(),
            LoginMethod::ThirdParty => external(step.stash.third_party_provider.as_deref()),
        });
        let second = step.stash.mfa_method.map(|method| match method {
            MfaMethod::Totp => "totp".to_owned(),
            MfaMethod::SecurityKey => "security_key".to_owned(),
        });
        step.stash.amr = first.into_iter().chain(second).collect();
        Ok(())
    }
}

fn external(provider: Option<&str>) -> String {
    provider.map_or_else(|| "ext".to_owned(), |provider| format!("ext:{provider}"))
}
