//! The person chooses the address that mails go to (spec chapter 03, section 7.6).

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    actions::{Authentication, Stash, errors, profile::holder},
    config::Config,
    engine::{Action, FlowError, Input, Step, Stop, error::NOT_PERMITTED},
    notify::{
        audit::{Actor, AuditEvent, Detail, EventType},
        mail::Notification,
        webhook::Event,
    },
    outcomes, storage,
};

outcomes! {
    /// Mails go to the address.
    Primary = "primary",
}

/// The address.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// Its id.
    email_id: String,
}

/// The person chooses the address that mails go to.
pub struct EmailSetPrimary;

impl Action<Authentication> for EmailSetPrimary {
    const NAME: &'static str = "email_set_primary";
    const DESCRIPTION: &'static str = "Sets a an email address as the primary email address.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED, errors::NOT_FOUND];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, _: &Stash) -> Vec<Input> {
        vec![Input::text("email_id").required(true).hidden()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        let user = holder(step).await?;
        let services = step.context.services.clone();
        let unit = &mut step.context.unit;
        let emails = storage::emails::of_user(unit, user).await?;
        let Some(email) = emails.into_iter().find(|email| email.id.0.to_string() == input.email_id) else {
            return Err(Stop::Refused(errors::NOT_FOUND));
        };
        let former = storage::primary_emails::of_user(unit, user).await?;
        if former.as_ref().is_some_and(|primary| primary.id == email.id) {
            return Ok(Outcome::Primary);
        }
        if step.settings.email.require_verification && !email.verified {
            return Err(Stop::Refused(NOT_PERMITTED.because("the address is not verified")));
        }
        let (id, now) = (services.random.uuid(), services.clock.now());
        storage::primary_emails::set(unit, id, user, email.id.0, now).await?;
        let event = AuditEvent::new(EventType::PrimaryEmailChanged).by(Actor::Id(user));
        step.context.audit(step.id(), event.detail(Detail::Email, email.address.clone())).await?;
        step.context.announce(Event::EmailPrimary, user);
        if let Some(former) = former {
            let (old, new) = (former.address.as_str(), email.address.as_str());
            step.context.notify(user, old, Notification::PrimaryEmailUpdate { old, new }).await?;
        }
        Ok(Outcome::Primary)
    }
}
