//! An authenticator app proves that it has the secret (spec chapter 02, section 10.4.2; chapter 03, section 7.30).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, NewOtpSecret, RetryAfter, Stash, attempts, errors},
    config::Config,
    engine::{Action, FlowError, Input, MemberSchema, Step, Stop, error::NOT_PERMITTED},
    identity::totp,
    limits::Bucket,
    outcomes,
    secret::Secret,
    storage,
};

outcomes! {
    /// The secret is kept until the account is written.
    Verified = "verified",
}

/// The code.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "NewOtpCode")]
pub struct Inputs {
    /// Six digits.
    otp_code: Secret<String>,
}

/// An authenticator app proves that it has the secret.
pub struct OtpCodeVerify;

impl Action<Authentication> for OtpCodeVerify {
    const NAME: &'static str = "otp_code_verify";
    const DESCRIPTION: &'static str = "Verify an OTP code";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED, errors::RATE_LIMIT_EXCEEDED];
    const NEEDS: &'static [&'static [&'static str]] = &[&["create_otp_secret"], &["store_otp_secret", "create_user"]];

    type Input = Inputs;
    type Outcome = Outcome;

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<RetryAfter>()]
    }

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::text("otp_code").required(true)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let Some(secret) = step.stash.otp_secret.take() else {
            return Err(Stop::Refused(NOT_PERMITTED.because("no secret was offered")));
        };
        attempts::take(step, Bucket::NewOtpGuess(step.id()), RetryAfter).await?;
        let services = step.context.services.clone();
        let now = services.clock.now();
        let accepted = totp::accepted_step(&secret, &services.secrets, &input.otp_code, now);
        let Some(accepted) = accepted.map_err(|error| Stop::Failed(error.into()))? else {
            return Err(step.refuse_input("otp_code", errors::PASSCODE_INVALID));
        };
        if let Some(user) = step.stash.user_id {
            // Another flow of the same person may have set up an app meanwhile, or be about to.
            let unit = &mut step.context.unit;
            storage::users::lock(unit, user).await?;
            if storage::otp_secrets::of_user(unit, user).await?.is_some() {
                return Err(Stop::Refused(NOT_PERMITTED.because("the account has an authenticator app")));
            }
        }
        step.stash.new_otp_secret = Some(NewOtpSecret { secret, step: accepted });
        step.stash.account.has_otp_secret = true;
        Ok(Outcome::Verified)
    }
}
