//! Adds the authenticator app that was set up to the account (spec chapter 02, section 10.4.2 row 3a; chapter 03, section
//! 7.30).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, Step},
    notify::{
        audit::{Actor, AuditEvent, Detail, EventType},
        mail::Notification,
    },
    storage,
};

/// Adds the authenticator app that was set up to the account. Somebody who was signed in before is told by mail.
pub struct StoreOtpSecret;

impl Effect<Authentication> for StoreOtpSecret {
    const NAME: &'static str = "store_otp_secret";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let (Some(new), Some(user)) = (step.stash.new_otp_secret.take(), step.stash.user_id) else { return Ok(()) };
        let services = step.context.services.clone();
        let (id, now) = (services.random.uuid(), services.clock.now());
        storage::otp_secrets::insert(&mut step.context.unit, id, user, new.secret, Some(new.step), now).await?;
        let event = AuditEvent::new(EventType::OtpCreated).by(Actor::Id(user));
        step.context.audit(step.id(), event.detail(Detail::OtpSecret, id.to_string())).await?;
        if step.context.signed_in.is_some() {
            step.context.notify_primary(user, Notification::MfaCreate).await?;
        }
        Ok(())
    }
}
