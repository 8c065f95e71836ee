//! Adds the credentials that were created to the account (spec chapter 02, section 16.5; chapter 03, section 7.20).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, Step},
    identity::passkeys::{self, Purpose},
    notify::{
        audit::{Actor, AuditEvent, Detail, EventType},
        mail::Notification,
    },
};

/// Adds the credentials that were created to the account. Somebody who was signed in before is told by mail.
pub struct StoreWebauthnCredentials;

impl Effect<Authentication> for StoreWebauthnCredentials {
    const NAME: &'static str = "store_webauthn_credentials";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(user) = step.stash.user_id else { return Ok(()) };
        let services = step.context.services.clone();
        for created in std::mem::take(&mut step.stash.webauthn_credentials) {
            let unit = &mut step.context.unit;
            passkeys::store(unit, &services.authenticator_names, user, &created, services.moment()).await?;
            let (event, detail, notification) = match created.purpose {
                Purpose::FirstFactor => (EventType::PasskeyCreated, Detail::Passkey, Notification::PasskeyCreate),
                Purpose::SecondFactor => (EventType::SecurityKeyCreated, Detail::SecurityKey, Notification::MfaCreate),
            };
            let event = AuditEvent::new(event).by(Actor::Id(user));
            step.context.audit(step.id(), event.detail(detail, created.credential.id.to_string())).await?;
            if step.context.signed_in.is_some() {
                step.context.notify_primary(user, notification).await?;
            }
        }
        Ok(())
    }
}
