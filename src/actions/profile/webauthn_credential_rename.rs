//! The person gives a passkey or security key another name (spec chapter 03, section 7.22).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, Stash, errors, profile::owner},
    config::Config,
    engine::{
        Action, FlowError, Input, Step, Stop,
        error::{NOT_PERMITTED, VALUE_TOO_LONG},
    },
    outcomes, storage,
};

outcomes! {
    /// The credential has the name.
    Renamed = "renamed",
}

/// How many characters a name may have: what the column holds.
const MAX_CHARACTERS: usize = 255;

/// The credential and its new name.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// The id of the credential.
    passkey_id: String,
    /// The name.
    passkey_name: String,
}

/// The person gives a passkey or security key another name.
pub struct WebauthnCredentialRename;

impl Action<Authentication> for WebauthnCredentialRename {
    const NAME: &'static str = "webauthn_credential_rename";
    const DESCRIPTION: &'static str = "Rename a Webauthn credential.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED, errors::NOT_FOUND];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::text("passkey_id").required(true).hidden(), Input::text("passkey_name").required(true)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let user = owner(step)?;
        if input.passkey_name.chars().count() > MAX_CHARACTERS {
            return Err(step.refuse_input("passkey_name", VALUE_TOO_LONG));
        }
        let now = step.context.services.clock.now();
        let unit = &mut step.context.unit;
        let found = storage::webauthn_credentials::by_id(unit, &input.passkey_id).await?;
        let Some(row) = found.filter(|row| row.user_id.0 == user) else {
            return Err(Stop::Refused(errors::NOT_FOUND));
        };
        storage::webauthn_credentials::rename(unit, &row.id, &input.passkey_name, now).await?;
        Ok(Outcome::Renamed)
    }
}
