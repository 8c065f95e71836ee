//! The person says under which names they want an account (spec chapter 02, section 14.2).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, Stash, errors, username::available},
    config::Config,
    engine::{Action, Input, Step, Stop, error::FORM_DATA_INVALID, error::VALUE_INVALID},
    notify::mail::PasscodeTemplate,
    outcomes, storage,
};

outcomes! {
    /// An account can be created under these names.
    Accepted = "accepted",
    /// The address has an account, which is not told to whoever asks.
    Taken = "taken",
}

/// The names, as far as the configuration asks for them.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// The e-mail address; stored in lower case.
    email: String,
    /// ASCII letters, digits and underscores; stored in lower case.
    username: String,
}

/// The person says under which names they want an account.
pub struct RegisterLoginIdentifier;

impl Action<Authentication> for RegisterLoginIdentifier {
    const NAME: &'static str = "register_login_identifier";
    const DESCRIPTION: &'static str = "Enter an identifier to register.";
    const NEEDS: &'static [&'static [&'static str]] = &[&["create_user"]];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, config: &Config, _: &Stash) -> Vec<Input> {
        let mut inputs = Vec::new();
        if config.email.enabled && config.email.acquire_on_registration {
            let input = Input::email("email").required(!config.email.optional).trim().lowercase();
            inputs.push(input.max(config.email.max_length));
        }
        if config.username.enabled && config.username.acquire_on_registration {
            let input = Input::text("username").required(!config.username.optional).trim().lowercase();
            inputs.push(input.min(config.username.min_length).max(config.username.max_length));
        }
        inputs
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let Inputs { email, username } = input;
        if email.is_empty() && username.is_empty() {
            let error = VALUE_INVALID.because("either email or username must be provided");
            step.set_input_error("email", error.clone());
            step.set_input_error("username", error);
            return Err(Stop::Refused(FORM_DATA_INVALID));
        }
        if !username.is_empty() {
            step.stash.username = Some(available(step, &username, None).await?);
        }
        if !email.is_empty() {
            let verify = step.settings.email.require_verification;
            if storage::emails::by_address(&step.context.unit, &email).await?.is_some() {
                if !verify || step.settings.privacy.show_account_existence_hints {
                    return Err(step.refuse_input("email", errors::EMAIL_EXISTS));
                }
                step.stash.email = Some(email);
                return Ok(Outcome::Taken);
            }
            step.stash.email = Some(email);
            step.stash.passcode_template = verify.then_some(PasscodeTemplate::EmailVerification);
        }
        step.stash.user_id = Some(step.context.services.random.uuid());
        Ok(Outcome::Accepted)
    }
}
