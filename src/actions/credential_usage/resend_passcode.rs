//! The person asks for another code (spec chapter 02, section 7.8.3).

use crate::{
    actions::{Authentication, ResendAfter, Stash, attempts, errors},
    config::Config,
    engine::{Action, FlowError, Input, MemberSchema, NoInputs, Step, Stop},
    limits::Bucket,
    outcomes,
};

outcomes! {
    /// The code that was sent before is forgotten, so that entering the state sends another.
    Sent = "sent",
}

/// The person asks for another code.
pub struct ResendPasscode;

impl Action<Authentication> for ResendPasscode {
    const NAME: &'static str = "resend_passcode";
    const DESCRIPTION: &'static str = "Send the passcode email again.";
    const REFUSALS: &'static [FlowError] = &[errors::RATE_LIMIT_EXCEEDED];
    const NEEDS: &'static [&'static [&'static str]] = &[&["send_passcode"]];

    type Input = NoInputs;
    type Outcome = Outcome;

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<ResendAfter>()]
    }

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        Vec::new()
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, _: NoInputs) -> Result<Outcome, Stop> {
        let Some(email) = step.stash.email.clone() else {
            return Err(Stop::Failed("it is not known where a passcode goes".into()));
        };
        attempts::take(step, Bucket::Passcode(&email), ResendAfter).await?;
        step.stash.sticky.passcode_id = None;
        Ok(Outcome::Sent)
    }
}
