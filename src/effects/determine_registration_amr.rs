//! Lists what the person has proven and set up during a registration (spec chapter 02, section 14.4).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, Step},
};

/// Lists what the person has proven and set up during a registration. Runs after the account was created.
pub struct DetermineRegistrationAmr;

impl Effect<Authentication> for DetermineRegistrationAmr {
    const NAME: &'static str = "determine_registration_amr";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let account = step.stash.account;
        let methods = [
            (step.stash.email_verified, "otp"),
            (account.has_password, "pwd"),
            (account.has_passkey, "passkey"),
            (account.has_otp_secret, "totp"),
            (account.has_security_key, "security_key"),
        ];
        step.stash.amr = methods.iter().filter(|(used, _)| *used).map(|(_, name)| (*name).to_owned()).collect();
        Ok(())
    }
}
