//! The person adds an address to their account (spec chapter 03, section 7.4).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{
        Authentication, Stash, errors,
        profile::{email, owner},
    },
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop, error::NOT_PERMITTED},
    notify::mail::PasscodeTemplate,
    outcomes, storage,
};

outcomes! {
    /// A code sent to the address must be entered first.
    ToBeVerified = "to_be_verified",
    /// The account has the address.
    Created = "created",
}

/// The address.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// The address; stored in lower case.
    email: String,
}

/// The person adds an address to their account.
pub struct EmailCreate;

impl Action<Authentication> for EmailCreate {
    const NAME: &'static str = "email_create";
    const DESCRIPTION: &'static str = "Create an email address for the current session user.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, config: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::email("email").required(true).trim().lowercase().max(config.email.max_length)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let user = owner(step)?;
        let (verify, hints) =
            (step.settings.email.require_verification, step.settings.privacy.show_account_existence_hints);
        let found = storage::emails::by_address(&step.context.unit, &input.email).await?;
        let template = match found {
            None => PasscodeTemplate::EmailVerification,
            // Whether the address is somebody else's is told only to whoever reads the mail.
            Some(row) if verify && !hints && row.user_id != Some(user.into()) => {
                PasscodeTemplate::EmailRegistrationAttempted
            }
            Some(_) => return Err(step.refuse_input("email", errors::EMAIL_EXISTS)),
        };
        if verify {
            email::ask_for_code(step, input.email, template);
            return Ok(Outcome::ToBeVerified);
        }
        email::add(step, user, &input.email, false).await?;
        Ok(Outcome::Created)
    }
}
