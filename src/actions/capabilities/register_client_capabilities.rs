//! The device says what it can do (spec chapter 02, section 6.2).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, Device, Stash},
    config::{AuthenticatorAttachment, Config},
    engine::{Action, Input, Step, Stop},
    outcomes,
};

outcomes! {
    /// It is remembered.
    Registered = "registered",
}

/// What the device can do.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// The browser knows WebAuthn.
    webauthn_available: bool,
    /// The browser offers passkeys where a name is typed (conditional mediation).
    webauthn_conditional_mediation_available: bool,
    /// The device has an authenticator of its own.
    webauthn_platform_authenticator_available: bool,
}

/// The device says what it can do.
pub struct RegisterClientCapabilities;

impl Action<Authentication> for RegisterClientCapabilities {
    const NAME: &'static str = "register_client_capabilities";
    const DESCRIPTION: &'static str = "Send the computers capabilities.";

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![
            Input::boolean("webauthn_conditional_mediation_available").hidden(),
            Input::boolean("webauthn_platform_authenticator_available").hidden(),
            Input::boolean("webauthn_available").required(true).hidden(),
        ]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let any_attachment =
            step.settings.mfa.security_keys.authenticator_attachment != AuthenticatorAttachment::Platform;
        step.stash.device = Device {
            webauthn: input.webauthn_available,
            conditional_mediation: input.webauthn_conditional_mediation_available,
            platform_authenticator: input.webauthn_platform_authenticator_available,
            security_keys: input.webauthn_available
                && (any_attachment || input.webauthn_platform_authenticator_available),
        };
        Ok(Outcome::Registered)
    }
}
