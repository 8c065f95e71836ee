//! What asking the browser for a new credential has in common, whatever the credential is for (spec chapter 02, sections
//! 9.2 and 10.2).

use crate::{
    actions::Authentication,
    engine::{Failure, Step},
    identity::{
        passkeys::{self, Purpose},
        webauthn::{Registrant, RegistrationKind, RegistrationSettings},
    },
};

/// Begins the creation of a credential and shows the browser what is asked of it.
pub(super) async fn ask(step: &mut Step<'_, Authentication>, settings: RegistrationSettings) -> Result<(), Failure> {
    let Some(user) = step.stash.user_id else { return Err("it is not known whose credential is created".into()) };
    let registrant = Registrant::new(user, step.stash.email.as_deref(), step.stash.username.as_deref());
    step.stash.creation_purpose = match settings.kind {
        RegistrationKind::Passkey => Purpose::FirstFactor,
        RegistrationKind::SecurityKey { .. } => Purpose::SecondFactor,
    };
    let services = step.context.services.clone();
    let (unit, party) = (&mut step.context.unit, &services.relying_party);
    let (id, options) = passkeys::create(unit, party, registrant, settings, services.moment()).await?;
    step.stash.webauthn_session_data_id = Some(id);
    step.put(&options)
}
