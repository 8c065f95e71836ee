//! What hooks are to be told of a step. It is collected while the step runs and written at its end, so that accounts are
//! shown as the step leaves them, and read at most once, and only if somebody wants to know.

use serde_json::Value;
use uuid::Uuid;

use super::context::Client;
use crate::{
    engine::Failure,
    identity::{
        account::Account,
        objects::{Session, User},
    },
    notify::webhook::{Delivery, EmailSent, Event, WebhookTickets},
    services::Services,
    storage::UnitOfWork,
};

/// What an event is about.
#[derive(Debug)]
pub(super) enum About {
    /// The account of a user, as it is at the end of the step.
    User(Uuid),
    /// An account that will be gone by then.
    Former(Box<User>),
    /// A session.
    Session(Box<Session>),
    /// A mail.
    Mail(Box<EmailSent>),
}

/// What hooks are to be told, in the order in which it happened.
#[derive(Debug, Default)]
pub(super) struct Announcements(Vec<(Event, About)>);

impl Announcements {
    pub(super) fn add(&mut self, event: Event, about: About) {
        self.0.push((event, about));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Writes everything to the outbox. `account` is an account as it is at the end of the step, if one was read.
    pub(super) async fn write(
        &mut self,
        services: &Services,
        unit: &mut UnitOfWork,
        client: &Client,
        account: Option<&Account>,
    ) -> Result<WebhookTickets, Failure> {
        if self.0.is_empty() {
            return Ok(WebhookTickets::default());
        }
        let hooks = services.webhooks.hooks(unit).await?;
        let mut shown = account.map(|account| (account.id(), Some(shown(account, client))));
        let mut deliveries: Vec<Delivery> = Vec::new();
        for (event, about) in self.0.drain(..).filter(|(event, _)| hooks.want(*event)) {
            deliveries.extend(match about {
                About::User(user) => {
                    if shown.as_ref().is_none_or(|(known, _)| *known != user) {
                        shown = Some((user, read(unit, user, client).await?));
                    }
                    // An account that is gone by the end of the step has nothing to show.
                    let Some((_, Some(user))) = &shown else { continue };
                    hooks.deliveries(event, serde_json::to_value(user)?)
                }
                About::Former(user) => hooks.deliveries(event, serde_json::to_value(user)?),
                About::Session(session) => hooks.deliveries(event, serde_json::to_value(session)?),
                About::Mail(mail) => {
                    let data: Value = serde_json::to_value(&mail)?;
                    hooks.deliveries_within(event, data, mail.lifetime)
                }
            });
        }
        Ok(services.webhooks.enqueue(unit, deliveries).await?)
    }
}

async fn read(unit: &UnitOfWork, user: Uuid, client: &Client) -> Result<Option<User>, Failure> {
    Ok(Account::load(unit, user).await?.as_ref().map(|account| shown(account, client)))
}

/// The account, and from where it was changed.
fn shown(account: &Account, client: &Client) -> User {
    User {
        ip_address: Some(client.meta.ip.clone()),
        user_agent: Some(client.meta.user_agent.clone()),
        ..User::from(account)
    }
}
