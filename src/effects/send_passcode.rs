//! Sends a code to the person's address, unless the one that was sent before still works (spec chapter 02, section 7.8.1).

use std::{sync::Arc, time::Duration};

use crate::{
    actions::{Authentication, ResendAfter, Sticky, errors},
    engine::{Effect, Failure, FlowError, MemberSchema, Step},
    identity::{passcode_service, passcodes::Charset},
    limits::{Admission, Bucket},
};

/// Sends a code to the person's address.
pub struct SendPasscode;

impl Effect<Authentication> for SendPasscode {
    const NAME: &'static str = "send_passcode";
    const ERRORS: &'static [FlowError] = &[errors::RATE_LIMIT_EXCEEDED];

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<ResendAfter>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        if step.error().is_some() {
            return Ok(());
        }
        let (Some(email), Some(template)) = (step.stash.email.clone(), step.stash.passcode_template) else {
            return Err("it is not known where a passcode goes, or what for".into());
        };
        let decoy = !template.shows_code();
        let sticky = &step.stash.sticky;
        if sticky.passcode_email.as_ref() != Some(&email) || sticky.passcode_is_decoy != decoy {
            // A code for another address proves nothing of this one, least of all when no new one is sent; and whoever
            // could prove that the address is theirs a moment ago cannot any more when it got another owner, and back.
            step.stash.sticky = Sticky::default();
        }
        if let Admission::Refused { seconds } = step.context.attempt(Bucket::Passcode(&email)).await? {
            step.attach(errors::RATE_LIMIT_EXCEEDED);
            return step.put(&ResendAfter(seconds));
        }
        let services = Arc::clone(&step.context.services);
        if let Some(id) = step.stash.sticky.passcode_id
            && passcode_service::is_usable(&step.context.unit, id, services.clock.now()).await?
        {
            return Ok(());
        }
        let ttl = step.settings.email.passcode_ttl;
        let charset = if decoy { Charset::Decoy } else { step.settings.email.passcode_charset.into() };
        let issued =
            passcode_service::issue(&mut step.context.unit, &services.passcodes, charset, ttl, services.moment());
        let (id, code) = issued.await?;
        step.context.send_passcode(&email, template, &code, Duration::from_secs(ttl.into())).await?;
        step.stash.sticky = Sticky { passcode_id: Some(id), passcode_email: Some(email), passcode_is_decoy: decoy };
        Ok(())
    }
}
