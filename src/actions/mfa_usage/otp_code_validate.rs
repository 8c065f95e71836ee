//! The person enters a code of their authenticator app (spec chapter 02, sections 11.3 and 17.3).

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    actions::{Authentication, MfaMethod, RetryAfter, Stash, attempts, errors, name},
    config::Config,
    engine::{Action, Failure, FlowError, Input, InputError, MemberSchema, Step, Stop},
    identity::totp,
    limits::Bucket,
    notify::audit::{Actor, AuditEvent, Detail, EventType},
    outcomes,
    secret::Secret,
    storage::otp_secrets,
};

outcomes! {
    /// It is the code of this moment, and it was not used before.
    Verified = "verified",
}

/// The code.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// The code; white space around it does not matter.
    otp_code: Secret<String>,
}

/// The person enters a code of their authenticator app. Each code is accepted once, and none that is older than one
/// accepted before.
pub struct OtpCodeValidate;

impl Action<Authentication> for OtpCodeValidate {
    const NAME: &'static str = "otp_code_validate";
    const DESCRIPTION: &'static str = "Validates the provided code.";
    const REFUSALS: &'static [FlowError] = &[errors::RATE_LIMIT_EXCEEDED];

    type Input = Inputs;
    type Outcome = Outcome;

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<RetryAfter>()]
    }

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::text("otp_code").required(true)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let Some(user) = step.stash.user_id else {
            return Err(Stop::Failed("it is not known whose code it should be".into()));
        };
        let guess = Bucket::OtpGuess(user);
        for bucket in [Bucket::Otp(user), guess] {
            attempts::take(step, bucket, RetryAfter).await?;
        }
        let services = Arc::clone(&step.context.services);
        let now = services.clock.now();
        let accepted = match otp_secrets::of_user(&step.context.unit, user).await? {
            Some(row) => totp::accepted_step(&row.secret, &services.secrets, &input.otp_code, now)?,
            None => None,
        };
        let Some(accepted) = accepted else { return Err(refused(step, user, errors::OTP_CODE_INVALID).await?) };
        // Of two requests with the same code, one comes first.
        if !otp_secrets::accept_step(&mut step.context.unit, user, accepted, now).await? {
            return Err(refused(step, user, errors::OTP_CODE_ALREADY_USED).await?);
        }
        // Right codes are not counted as guesses.
        step.context.give_back(guess).await?;
        Ok(Outcome::Verified)
    }
}

async fn refused(step: &mut Step<'_, Authentication>, user: Uuid, error: InputError) -> Result<Stop, Failure> {
    let event = AuditEvent::new(EventType::LoginFailure).by(Actor::Id(user)).error(error.message.as_ref());
    step.context.audit(step.id(), event.detail(Detail::MfaMethod, name(MfaMethod::Totp))).await?;
    Ok(step.refuse_input("otp_code", error))
}
