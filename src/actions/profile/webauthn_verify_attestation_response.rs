//! The browser answers with a new credential for the account of the session (spec chapter 03, section 7.19).

use crate::{
    actions::{
        Authentication, Stash,
        attestation::{self, Inputs},
    },
    config::Config,
    engine::{
        Action, Input, Step, Stop,
        error::{VALUE_INVALID, VALUE_MISSING},
    },
    identity::{passkeys::Rejected, webauthn::WebauthnError},
    outcomes,
};

outcomes! {
    /// The credential is kept until the account is written.
    Verified = "verified",
    /// The answer is not a credential that can be trusted.
    Invalid = "invalid",
}

/// The browser answers with a new credential for the account of the session.
pub struct ProfileWebauthnVerifyAttestationResponse;

impl Action<Authentication> for ProfileWebauthnVerifyAttestationResponse {
    const NAME: &'static str = "profile_webauthn_verify_attestation_response";
    const DESCRIPTION: &'static str = attestation::DESCRIPTION;
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
        match attestation::verify(step, input).await? {
            Ok(()) => Ok(Outcome::Verified),
            Err(Rejected::Invalid(WebauthnError::Unreadable(reason))) => {
                Err(step.refuse_input("public_key", VALUE_INVALID.because(reason)))
            }
            Err(_) => Ok(Outcome::Invalid),
        }
    }
}
