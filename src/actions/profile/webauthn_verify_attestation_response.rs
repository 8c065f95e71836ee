//! The browser answers with a new credential for the account (spec chapter 03, sections 7.19 and 7.20).

use crate::{
    actions::{
        Authentication, Stash,
        attestation::{self, Inputs},
        profile::owner,
    },
    config::Config,
    engine::{
        Action, FlowError, Input, Step, Stop,
        error::{NOT_PERMITTED, VALUE_INVALID, VALUE_MISSING},
    },
    identity::{passkeys::Purpose, webauthn},
    outcomes, storage,
};

outcomes! {
    /// The credential is kept until the account is written.
    Verified = "verified",
    /// The answer is not a credential that can be trusted.
    Invalid = "invalid",
}

/// The browser answers with a new credential for the account.
pub struct ProfileVerifyAttestationResponse;

impl Action<Authentication> for ProfileVerifyAttestationResponse {
    const NAME: &'static str = "profile_webauthn_verify_attestation_response";
    const DESCRIPTION: &'static str = attestation::DESCRIPTION;
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];
    const NEEDS: &'static [&'static [&'static str]] = &[&["store_webauthn_credentials"]];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::json("public_key").required(true)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        if input.public_key.is_null() {
            return Err(step.refuse_input("public_key", VALUE_MISSING));
        }
        if !webauthn::is_attestation(&input.public_key) {
            return Err(step.refuse_input("public_key", VALUE_INVALID));
        }
        if !has_room(step).await? {
            return Err(Stop::Refused(NOT_PERMITTED.because("the account has as many credentials as it may have")));
        }
        let verified = attestation::verify(step, input).await?;
        Ok(if verified { Outcome::Verified } else { Outcome::Invalid })
    }
}

/// Whether the account may have one more. The browser may have been asked for several before it answered; until the step
/// ends nobody else adds any.
async fn has_room(step: &mut Step<'_, Authentication>) -> Result<bool, Stop> {
    let user = owner(step)?;
    let unit = &mut step.context.unit;
    storage::users::lock(unit, user).await?;
    let held = storage::webauthn_credentials::of_user(unit, user).await?;
    let (held, limit) = match step.stash.creation_purpose {
        Purpose::FirstFactor => (held.len(), step.settings.passkey.limit),
        Purpose::SecondFactor => {
            (held.iter().filter(|key| key.mfa_only).count(), step.settings.mfa.security_keys.limit)
        }
    };
    Ok(held < limit as usize)
}
