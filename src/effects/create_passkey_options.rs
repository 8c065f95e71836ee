//! Asks the browser to create a passkey (spec chapter 02, section 9.2).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, MemberSchema, Step},
    identity::{
        passkeys,
        webauthn::{CreationOptions, Registrant, RegistrationKind, RegistrationSettings},
    },
};

/// Asks the browser to create a passkey.
pub struct CreatePasskeyOptions;

impl Effect<Authentication> for CreatePasskeyOptions {
    const NAME: &'static str = "create_passkey_options";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<CreationOptions>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(user) = step.stash.user_id else { return Err("it is not known whose passkey is created".into()) };
        let registrant = Registrant::new(user, step.stash.email.as_deref(), step.stash.username.as_deref());
        let settings = RegistrationSettings {
            kind: RegistrationKind::Passkey,
            user_verification: step.settings.passkey.user_verification,
            attestation: step.settings.passkey.attestation_preference,
        };
        let services = step.context.services.clone();
        let (unit, party) = (&mut step.context.unit, &services.relying_party);
        let (id, options) = passkeys::create(unit, party, registrant, settings, services.moment()).await?;
        step.stash.webauthn_session_data_id = Some(id);
        step.put(&options)
    }
}
