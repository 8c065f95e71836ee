//! The person changes the part of their metadata that is theirs to change (spec chapter 03, section 7.12).

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{
    actions::{Authentication, Stash, errors, profile::owner},
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop, error::NOT_PERMITTED},
    identity::metadata::patched,
    outcomes, storage,
};

outcomes! {
    /// The metadata is as the patch wants it.
    Patched = "patched",
}

/// The patch.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// A JSON merge patch (RFC 7396), as object or as text; null clears everything.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Value")]
    patch_metadata: Option<Value>,
}

/// Null is something else than nothing.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn invalid(step: &mut Step<'_, Authentication>, cause: impl ToString) -> Stop {
    step.refuse_input("patch_metadata", errors::INVALID_METADATA.because(cause.to_string()))
}

/// The person changes the part of their metadata that is theirs to change.
pub struct PatchMetadata;

impl Action<Authentication> for PatchMetadata {
    const NAME: &'static str = "patch_metadata";
    const DESCRIPTION: &'static str = "Patch the (unsafe) metadata of the user";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::json("patch_metadata").required(true).shown()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let user = owner(step)?;
        let patch = match input.patch_metadata {
            Some(Value::Null) => None,
            Some(Value::Object(patch)) => Some(patch),
            _ => return Err(invalid(step, "patch metadata must be an object or null")),
        };
        let services = step.context.services.clone();
        // Patches wait for each other, so that none is lost.
        storage::users::lock(&mut step.context.unit, user).await?;
        let text = match patch {
            None => None,
            Some(patch) => {
                let row = storage::user_metadata::of_user(&step.context.unit, user).await?;
                match patched(row.and_then(|row| row.unsafe_metadata).as_deref(), patch) {
                    Ok(text) => Some(text),
                    Err(error) => return Err(invalid(step, error)),
                }
            }
        };
        let (unit, id, now) = (&mut step.context.unit, services.random.uuid(), services.clock.now());
        storage::user_metadata::set_unsafe(unit, id, user, text.as_deref(), now).await?;
        Ok(Outcome::Patched)
    }
}
