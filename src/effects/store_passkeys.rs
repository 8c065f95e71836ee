//! Adds the credentials that were created during a sign-in to the account (spec chapter 02, section 16.5).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, Step},
    identity::passkeys,
    notify::audit::{Actor, AuditEvent, Detail, EventType},
};

/// Adds the credentials that were created during a sign-in to the account.
pub struct StorePasskeys;

impl Effect<Authentication> for StorePasskeys {
    const NAME: &'static str = "store_passkeys";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(user) = step.stash.user_id else { return Ok(()) };
        let services = step.context.services.clone();
        for credential in std::mem::take(&mut step.stash.webauthn_credentials) {
            let unit = &mut step.context.unit;
            passkeys::store(unit, &services.authenticator_names, user, &credential, services.moment()).await?;
            let event = AuditEvent::new(EventType::PasskeyCreated).by(Actor::Id(user));
            let event = event.detail(Detail::Passkey, credential.id.to_string());
            step.context.audit(step.id(), event).await?;
            step.stash.account.has_passkey = true;
        }
        Ok(())
    }
}
