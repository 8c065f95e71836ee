//! The person gives up a passkey (spec chapter 03, section 7.21). Security keys are none.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, Stash, errors, profile::holder},
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop, error::NOT_PERMITTED},
    notify::audit::{Actor, AuditEvent, Detail, EventType},
    outcomes, storage,
};

outcomes! {
    /// The account has the passkey no more.
    Deleted = "deleted",
}

/// The passkey.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// Its id.
    passkey_id: String,
}

/// The person gives up a passkey.
pub struct WebauthnCredentialDelete;

impl Action<Authentication> for WebauthnCredentialDelete {
    const NAME: &'static str = "webauthn_credential_delete";
    const DESCRIPTION: &'static str = "Delete a Webauthn credential.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED, errors::NOT_FOUND];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::text("passkey_id").required(true).hidden()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let user = holder(step).await?;
        let unit = &mut step.context.unit;
        let found = storage::webauthn_credentials::by_id(unit, &input.passkey_id).await?;
        let Some(row) = found.filter(|row| row.user_id.0 == user && !row.mfa_only) else {
            return Err(Stop::Refused(errors::NOT_FOUND));
        };
        storage::webauthn_credentials::delete(unit, &row.id).await?;
        let event = AuditEvent::new(EventType::PasskeyDeleted).by(Actor::Id(user));
        step.context.audit(step.id(), event.detail(Detail::CredentialId, row.id)).await?;
        Ok(Outcome::Deleted)
    }
}
