//! The person enters the code that was sent to an address of theirs (spec chapter 03, sections 7.27 and 7.29).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{
        Authentication, RetryAfter, Stash, Sticky, errors, passcode,
        profile::{email, owner},
    },
    config::Config,
    engine::{Action, FlowError, Input, MemberSchema, Step, Stop, error::NOT_PERMITTED},
    identity::passcode_service::Attempt,
    notify::audit::EventType,
    outcomes,
    secret::Secret,
    storage,
};

outcomes! {
    /// The account has the address, and it is known to be the person's.
    Verified = "verified",
}

/// The code.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "ProfilePasscode")]
pub struct Inputs {
    /// The code; upper and lower case differ.
    code: Secret<String>,
}

/// The person enters the code that was sent to an address of theirs. What follows from it is done here, with the code in
/// hand, and not when the state is left: no other way out of the state proves anything.
pub struct ProfileVerifyPasscode;

impl Action<Authentication> for ProfileVerifyPasscode {
    const NAME: &'static str = "profile_verify_passcode";
    const DESCRIPTION: &'static str = "Enter a passcode.";
    const REFUSALS: &'static [FlowError] = &[errors::PASSCODE_MAX_ATTEMPTS, errors::RATE_LIMIT_EXCEEDED, NOT_PERMITTED];
    const NEEDS: &'static [&'static [&'static str]] = &[&["send_passcode"]];

    type Input = Inputs;
    type Outcome = Outcome;

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<RetryAfter>()]
    }

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::text("code").required(true)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let user = owner(step)?;
        let attempt = passcode::attempt(step, &input.code).await?;
        let address = match (attempt, step.stash.email.take()) {
            (Attempt::Right, Some(address)) => address,
            (attempt, _) => return Err(passcode::refusal(step, attempt)),
        };
        let unit = &mut step.context.unit;
        match storage::emails::by_address(unit, &address).await? {
            Some(row) if row.user_id == Some(user.into()) => {
                if !row.verified {
                    let now = step.context.services.clock.now();
                    storage::emails::set_verified(unit, row.id.into(), true, now).await?;
                }
                email::record(step, user, EventType::EmailVerified, &address).await?;
            }
            // Somebody else got the address since the code was sent.
            Some(_) => return Err(step.refuse_input("code", errors::PASSCODE_INVALID)),
            None => email::add(step, user, &address, true).await?,
        }
        step.stash.passcode_template = None;
        step.stash.sticky = Sticky::default();
        Ok(Outcome::Verified)
    }
}
