//! The person enters the code that was sent to them (spec chapter 02, section 7.8.2).

use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    actions::{Authentication, LoginMethod, RetryAfter, Stash, account_now, errors, passcode},
    config::Config,
    engine::{Action, Failure, FlowError, Input, MemberSchema, Step, Stop, error::NOT_PERMITTED},
    identity::passcode_service::Attempt,
    notify::audit::{Actor, AuditEvent, Detail, EventType},
    outcomes,
    secret::Secret,
};

outcomes! {
    /// It is the code, and so the address is the person's own.
    Verified = "verified",
}

/// The code.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// The code; upper and lower case differ.
    code: Secret<String>,
}

/// The person enters the code that was sent to them.
pub struct VerifyPasscode;

impl Action<Authentication> for VerifyPasscode {
    const NAME: &'static str = "verify_passcode";
    const DESCRIPTION: &'static str = "Enter a passcode.";
    const REFUSALS: &'static [FlowError] = &[errors::PASSCODE_MAX_ATTEMPTS, errors::RATE_LIMIT_EXCEEDED, NOT_PERMITTED];
    const NEEDS: &'static [&'static [&'static str]] = &[&["send_passcode"], &["confirm_email", "create_user"]];

    type Input = Inputs;
    type Outcome = Outcome;

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<RetryAfter>()]
    }

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::text("code").required(true)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let attempt = passcode::attempt(step, &input.code).await?;
        if attempt != Attempt::Right {
            failed(step, attempt).await?;
            return Err(passcode::refusal(step, attempt));
        }
        let Some(user) = step.stash.user_id else {
            // The code of a mail that shows no code was guessed.
            return Err(Stop::Refused(NOT_PERMITTED.because("the passcode belongs to no account")));
        };
        // Whoever is signing up has no account yet.
        if step.stash.login_method.is_some() && !account_now::read(step, user).await? {
            return Err(Stop::Refused(NOT_PERMITTED.because("the account is gone")));
        }
        step.stash.sticky = crate::actions::Sticky::default();
        step.stash.email_verified = true;
        step.stash.account.has_email = true;
        Ok(Outcome::Verified)
    }
}

async fn failed(step: &mut Step<'_, Authentication>, attempt: Attempt) -> Result<(), Failure> {
    if step.stash.login_method.is_none() {
        return Ok(());
    }
    let actor = Actor::Id(step.stash.user_id.unwrap_or(Uuid::nil()));
    let event = AuditEvent::new(EventType::LoginFailure).by(actor).error(attempt.to_string());
    let event = event.detail(Detail::LoginMethod, crate::actions::name(LoginMethod::Passcode));
    step.context.audit(step.id(), event).await
}
