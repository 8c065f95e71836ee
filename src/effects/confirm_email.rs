//! Records that the address is the person's own, once a code sent to it was entered (spec chapter 02, section 16.4).

use crate::{
    actions::{Authentication, LoginMethod},
    engine::{Effect, Failure, Step, error::NOT_PERMITTED},
    notify::audit::{Actor, AuditEvent, Detail, EventType},
    storage,
};

/// Records that the address is the person's own.
pub struct ConfirmEmail;

impl Effect<Authentication> for ConfirmEmail {
    const NAME: &'static str = "confirm_email";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        if !step.stash.email_verified {
            return Ok(());
        }
        let (Some(address), Some(user)) = (step.stash.email.clone(), step.stash.user_id) else {
            return Err("it is not known whose address was verified".into());
        };
        let services = step.context.services.clone();
        let now = services.clock.now();
        let found = storage::emails::by_address(&step.context.unit, &address).await?;
        let by_passcode = step.stash.login_method == Some(LoginMethod::Passcode);
        match found {
            // The address of another account is never touched.
            Some(email) if email.user_id != Some(user.into()) => {
                return Err(NOT_PERMITTED.because("the address belongs to another account").failure());
            }
            Some(email) if !email.verified => {
                storage::emails::set_verified(&mut step.context.unit, email.id.into(), true, now).await?;
            }
            Some(_) => {}
            None => return Err(NOT_PERMITTED.because("the account does not have the address any more").failure()),
        }
        if !by_passcode {
            let event = AuditEvent::new(EventType::EmailVerified).by(Actor::Id(user)).detail(Detail::Email, address);
            step.context.audit(step.id(), event).await?;
        }
        Ok(())
    }
}
