//! Sends a code to the person's address, unless the one that was sent before still works (spec chapter 02, section 7.8.1).

use crate::{
    actions::Authentication,
    engine::{Effect, Failure, Step},
    identity::passcodes,
};

/// Sends a code to the person's address.
pub struct SendPasscode;

impl Effect<Authentication> for SendPasscode {
    const NAME: &'static str = "send_passcode";

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        if step.error().is_some() {
            return Ok(());
        }
        let (Some(email), Some(template)) = (step.stash.email.clone(), step.stash.passcode_template) else {
            return Err("it is not known where a passcode goes, or what for".into());
        };
        let services = step.context.services.clone();
        let now = services.clock.now();
        if step.stash.sticky.passcode_email.as_ref() == Some(&email)
            && let Some(id) = step.stash.sticky.passcode_id
            && passcodes::is_usable(&step.context.unit, id, now).await?
        {
            return Ok(());
        }
        let lifetime = step.settings.email.passcode_ttl;
        let charset = step.settings.email.passcode_charset;
        let unit = &mut step.context.unit;
        let (id, code) = passcodes::issue(unit, &services.passcodes, charset, lifetime, &services.entropy()).await?;
        step.context.send_passcode(&email, template, code, lifetime).await?;
        step.stash.sticky.passcode_id = Some(id);
        step.stash.sticky.passcode_email = Some(email);
        Ok(())
    }
}
