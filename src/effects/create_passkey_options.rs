//! Asks the browser to create a passkey (spec chapter 02, section 9.2).

use super::creation_options;
use crate::{
    actions::Authentication,
    engine::{Effect, Failure, MemberSchema, Step},
    identity::webauthn::{CreationOptions, RegistrationKind, RegistrationSettings},
};

/// Asks the browser to create a passkey.
pub struct CreatePasskeyOptions;

impl Effect<Authentication> for CreatePasskeyOptions {
    const NAME: &'static str = "create_passkey_options";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<CreationOptions>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let settings = RegistrationSettings {
            kind: RegistrationKind::Passkey,
            user_verification: step.settings.passkey.user_verification,
            attestation: step.settings.passkey.attestation_preference,
        };
        creation_options::ask(step, settings).await
    }
}
