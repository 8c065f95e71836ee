//! The person gives an e-mail address for their account (spec chapter 02, section 8.2).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, Stash, errors},
    config::Config,
    engine::{Action, Input, Step, Stop, error::VALUE_INVALID, input::is_email},
    notify::mail::PasscodeTemplate,
    outcomes, storage,
};

outcomes! {
    /// A code sent to the address must be entered first.
    ToBeVerified = "to_be_verified",
    /// The address is taken as it is.
    Accepted = "accepted",
}

/// The address.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// The address; stored in lower case.
    email: String,
}

/// The person gives an e-mail address for their account.
pub struct EmailAddressSet;

impl Action<Authentication> for EmailAddressSet {
    const NAME: &'static str = "email_address_set";
    const DESCRIPTION: &'static str = "Set a new email address.";
    const NEEDS: &'static [&'static [&'static str]] = &[&["create_email", "create_user"]];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, config: &Config, _: &Stash) -> Vec<Input> {
        let input = Input::text("email").required(!config.email.optional).preserve().trim().lowercase();
        vec![input.max(config.email.max_length)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        if !is_email(&input.email) {
            return Err(step.refuse_input("email", VALUE_INVALID));
        }
        let taken = storage::emails::by_address(&step.context.unit, &input.email).await?.is_some();
        if step.settings.email.require_verification {
            // Whether the address is taken is told only to whoever reads the mail.
            step.stash.passcode_template = Some(if taken {
                PasscodeTemplate::EmailRegistrationAttempted
            } else {
                PasscodeTemplate::EmailVerification
            });
        } else if taken {
            return Err(step.refuse_input("email", errors::EMAIL_EXISTS));
        }
        step.stash.email = Some(input.email);
        step.stash.create_email = true;
        Ok(if step.settings.email.require_verification { Outcome::ToBeVerified } else { Outcome::Accepted })
    }
}
