//! Asks the browser to create a security key (spec chapter 02, sections 10.2 and 17.4.4).

use super::creation_options;
use crate::{
    actions::Authentication,
    engine::{Effect, Failure, MemberSchema, Step},
    identity::webauthn::{CreationOptions, RegistrationKind, RegistrationSettings},
};

/// Asks the browser to create a security key.
pub struct CreateSecurityKeyOptions;

impl Effect<Authentication> for CreateSecurityKeyOptions {
    const NAME: &'static str = "create_security_key_options";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<CreationOptions>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let wanted = &step.settings.mfa.security_keys;
        let settings = RegistrationSettings {
            kind: RegistrationKind::SecurityKey { attachment: wanted.authenticator_attachment },
            user_verification: wanted.user_verification,
            attestation: wanted.attestation_preference,
        };
        creation_options::ask(step, settings).await
    }
}
