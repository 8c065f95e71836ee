//! The person says who they are (spec chapter 02, section 7.3.1).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Account, Authentication, Stash, errors},
    config::Config,
    engine::{Action, Input, InputError, Step, Stop, input::is_email},
    notify::audit::{AuditEvent, EventType},
    outcomes,
    storage::{self, users::account_facts},
};

outcomes! {
    /// It is known whom the name belongs to, or it is not said that nobody has it.
    Identified = "identified",
}

/// One of these, as the configuration wants it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// An e-mail address or a username.
    identifier: Option<String>,
    /// An e-mail address.
    email: Option<String>,
    /// A username.
    username: Option<String>,
}

/// The longest name that is looked up.
const MAX_LENGTH: u32 = 255;
/// The shortest text that can be an address.
const MIN_EMAIL_LENGTH: u32 = 3;

/// The person says who they are.
pub struct ContinueWithLoginIdentifier;

impl Action<Authentication> for ContinueWithLoginIdentifier {
    const NAME: &'static str = "continue_with_login_identifier";
    const DESCRIPTION: &'static str = "Enter an identifier to login.";

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, config: &Config, _: &Stash) -> Vec<Input> {
        let email = config.email.enabled && config.email.use_as_login_identifier;
        let username = config.username.enabled && config.username.use_as_login_identifier;
        let input = match (email, username) {
            (true, true) => Input::text("identifier").max(MAX_LENGTH),
            (true, false) => Input::email("email").min(MIN_EMAIL_LENGTH).max(config.email.max_length),
            (false, true) => Input::text("username").min(config.username.min_length).max(config.username.max_length),
            (false, false) => return Vec::new(),
        };
        vec![input.required(true).trim().lowercase()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let (name, value, by_email) = match input {
            Inputs { identifier: Some(value), .. } => {
                let by_email = is_email(&value);
                ("identifier", value, by_email)
            }
            Inputs { email: Some(value), .. } => ("email", value, true),
            Inputs { username, .. } => ("username", username.unwrap_or_default(), false),
        };
        step.stash.identifier = Some(value.clone());
        if by_email { by_address(step, name, value).await } else { by_username(step, name, value).await }
    }
}

async fn by_address(step: &mut Step<'_, Authentication>, input: &str, address: String) -> Result<Outcome, Stop> {
    let email = storage::emails::by_address(&step.context.unit, &address).await?;
    let owner = email.and_then(|email| email.user_id);
    if owner.is_none() && step.settings.privacy.show_account_existence_hints {
        return unknown(step, input, errors::UNKNOWN_EMAIL).await;
    }
    step.stash.email = Some(address);
    if let Some(user) = owner
        && let Some(facts) = account_facts(&step.context.unit, user.into()).await?
    {
        step.stash.user_id = Some(user.into());
        step.stash.account = Account::from(&facts);
    }
    Ok(Outcome::Identified)
}

async fn by_username(step: &mut Step<'_, Authentication>, input: &str, username: String) -> Result<Outcome, Stop> {
    let found = storage::usernames::by_name(&step.context.unit, &username).await?;
    let owner = found.map(|found| found.user_id.into());
    let facts = match owner {
        Some(owner) => account_facts(&step.context.unit, owner).await?,
        None => None,
    };
    let Some(facts) = facts else { return unknown(step, input, errors::UNKNOWN_USERNAME).await };
    step.stash.username = Some(username);
    step.stash.user_id = owner;
    step.stash.account = Account::from(&facts);
    if let Some(address) = facts.primary_email {
        step.stash.email = Some(address);
    }
    Ok(Outcome::Identified)
}

async fn unknown(step: &mut Step<'_, Authentication>, input: &str, error: InputError) -> Result<Outcome, Stop> {
    let text = format!("{} - {}", error.code, error.message);
    step.context.audit(step.id(), AuditEvent::new(EventType::LoginFailure).error(text)).await?;
    Err(step.refuse_input(input, error))
}
