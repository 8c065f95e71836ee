//! Webhooks as their receivers see them (spec chapter 06, section 6).

mod addresses;
mod calls;
mod events;
mod failures;
mod mails;
mod outbox;

use chrono::{DateTime, TimeDelta, Utc};
use sealflow::storage::{
    entities::webhooks::Model,
    webhooks::{self, NewWebhook},
};
use uuid::Uuid;

use crate::support::{Server, receiver::Receiver};

pub(super) const ADA: &str = "ada@example.org";

/// Lets hooks in the database call receivers of this host.
pub(super) const ANYWHERE: &str = "webhooks: { allow_private_addresses: true }";

/// A hook in the database.
pub(super) struct Stored<'s> {
    server: &'s Server,
    pub(super) id: Uuid,
}

impl<'s> Stored<'s> {
    /// Registers a hook.
    pub(super) async fn register(server: &'s Server, callback: &str, events: &[&str]) -> Self {
        let expires_at = server.tenant().clock.now() + TimeDelta::days(30);
        Self::register_until(server, callback, events, expires_at).await
    }

    /// Registers a hook that expires at this time.
    pub(super) async fn register_until(
        server: &'s Server,
        callback: &str,
        events: &[&str],
        expires_at: DateTime<Utc>,
    ) -> Self {
        let tenant = server.tenant();
        let id = tenant.random.uuid();
        let events = events.iter().map(|event| (tenant.random.uuid(), (*event).to_owned())).collect();
        let mut unit = tenant.unit();
        let hook = NewWebhook { id, callback: callback.to_owned(), expires_at, events };
        webhooks::insert(&mut unit, hook, tenant.clock.now()).await.unwrap();
        unit.commit().await.unwrap();
        tenant.webhooks.forget();
        Self { server, id }
    }

    /// The row of the hook.
    pub(super) async fn row(&self) -> Model {
        webhooks::by_id(&self.server.tenant().unit(), self.id).await.unwrap().unwrap()
    }

    /// Waits until the row of the hook fulfills a condition.
    pub(super) async fn until(&self, condition: impl Fn(&Model) -> bool) -> Model {
        loop {
            let row = self.row().await;
            if condition(&row) {
                return row;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

/// Waits until nothing is left to be delivered.
pub(super) async fn all_delivered(server: &Server) {
    while waiting(server).await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// How much is left to be delivered.
pub(super) async fn waiting(server: &Server) -> u64 {
    use sea_orm::{EntityTrait, PaginatorTrait};
    let unit = server.tenant().unit();
    sealflow::storage::entities::sealflow_outbox::Entity::find().count(&unit.read()).await.unwrap()
}

/// Creates a user, which is an event, and waits until the receiver knows.
pub(super) async fn make_something_happen(server: &Server, receiver: &Receiver, name: &str) {
    let user = server.user(&format!("{name}@example.org")).await;
    loop {
        let calls = receiver.calls();
        for call in &calls {
            if call.event() == "user.create" && call.data(server).await["id"] == user.to_string() {
                return;
            }
        }
        receiver.called(calls.len() + 1).await;
    }
}
