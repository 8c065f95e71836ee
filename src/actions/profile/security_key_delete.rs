//! The person gives up a security key (spec chapter 03, section 7.14). Passkeys are none.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{
        Authentication, Stash, errors,
        profile::{owner, second_factors::SecondFactors},
    },
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop, error::NOT_PERMITTED},
    notify::mail::Notification,
    outcomes, storage,
};

outcomes! {
    /// The account has the security key no more.
    Deleted = "deleted",
}

/// The security key.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// Its id.
    security_key_id: String,
}

/// The person gives up a security key.
pub struct SecurityKeyDelete;

impl Action<Authentication> for SecurityKeyDelete {
    const NAME: &'static str = "security_key_delete";
    const DESCRIPTION: &'static str = "Delete a security key";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED, errors::NOT_FOUND];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::text("security_key_id").required(true).hidden()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let user = owner(step)?;
        let factors = SecondFactors::held(step, user).await?;
        if !factors.security_keys.iter().any(|key| key.id == input.security_key_id) {
            return Err(Stop::Refused(errors::NOT_FOUND));
        }
        factors.can_spare_one(step)?;
        storage::webauthn_credentials::delete(&mut step.context.unit, &input.security_key_id).await?;
        factors.spare_one(step, user).await?;
        step.context.notify_primary(user, Notification::MfaDelete).await?;
        Ok(Outcome::Deleted)
    }
}
