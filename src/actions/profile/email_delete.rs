//! The person removes an address from their account (spec chapter 03, section 7.5).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{
        Authentication, OwnEmail, Stash,
        profile::{email, holder},
    },
    config::Config,
    engine::{
        Action, AllowedValue, FlowError, Input, Step, Stop,
        error::{NOT_PERMITTED, VALUE_INVALID},
    },
    notify::{audit::EventType, mail::Notification, webhook::Event},
    outcomes, storage,
};

outcomes! {
    /// The account has the address no more.
    Deleted = "deleted",
}

/// The address.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// Its id.
    email_id: String,
}

/// The person removes an address from their account.
pub struct EmailDelete;

impl Action<Authentication> for EmailDelete {
    const NAME: &'static str = "email_delete";
    const DESCRIPTION: &'static str = "Delete an email address.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, config: &Config, stash: &Stash) -> Vec<Input> {
        let allowed = |email: &OwnEmail| AllowedValue { value: email.id.to_string(), name: email.address.clone() };
        let deletable = stash.holdings.emails.iter().filter(|email| is_deletable(email, config, stash));
        vec![Input::text("email_id").required(true).hidden().one_of(deletable.map(allowed).collect())]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let user = holder(step).await?;
        let found = step.stash.holdings.email(&input.email_id).cloned();
        // An empty list of allowed values allows every value, so it is asked again.
        let Some(found) = found.filter(|email| is_deletable(email, step.settings, &step.stash)) else {
            return Err(step.refuse_input("email_id", VALUE_INVALID));
        };
        let unit = &mut step.context.unit;
        let primary = storage::primary_emails::of_user(unit, user).await?;
        if found.is_primary {
            storage::primary_emails::unset(unit, user).await?;
        }
        if !storage::emails::delete(unit, found.id).await? {
            return Ok(Outcome::Deleted);
        }
        if let Some(primary) = primary {
            let notification = Notification::EmailDelete { deleted: &found.address };
            step.context.notify(user, &primary.address, notification).await?;
        }
        email::record(step, user, EventType::EmailDeleted, &found.address).await?;
        step.context.announce(Event::EmailDelete, user);
        Ok(Outcome::Deleted)
    }
}

/// Whether the person can do without the address.
fn is_deletable(email: &OwnEmail, config: &Config, stash: &Stash) -> bool {
    let account = &stash.account;
    let passkey = config.passkey.enabled && account.has_passkey;
    let password = config.password.enabled && account.has_password;
    if email.is_primary {
        let username = config.username.enabled && config.username.use_as_login_identifier && account.has_username;
        let only = stash.holdings.emails.len() == 1;
        only && config.email.optional && (passkey || password && username)
    } else {
        passkey || password || config.email.enabled && config.email.use_for_authentication
    }
}
