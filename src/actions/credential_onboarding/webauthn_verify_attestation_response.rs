//! The browser answers with a new credential (spec chapter 02, sections 9.4 and 16.8).

use crate::{
    actions::{
        Authentication, Stash,
        attestation::{self, Inputs},
        errors,
    },
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop},
    outcomes,
};

outcomes! {
    /// The credential is kept until the account is written.
    Verified = "verified",
    /// The answer is not a credential that can be trusted.
    Invalid = "invalid",
}

/// The browser answers with a new credential.
pub struct WebauthnVerifyAttestationResponse;

impl Action<Authentication> for WebauthnVerifyAttestationResponse {
    const NAME: &'static str = "webauthn_verify_attestation_response";
    const DESCRIPTION: &'static str = attestation::DESCRIPTION;
    const REFUSALS: &'static [FlowError] = &[errors::PASSKEY_INVALID];
    const NEEDS: &'static [&'static [&'static str]] = &[&["store_webauthn_credentials", "create_user"]];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::json("public_key")]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let verified = attestation::verify(step, input).await?;
        Ok(if verified { Outcome::Verified } else { Outcome::Invalid })
    }
}
