//! Webhooks: other systems are told what happened (spec chapter 06 section 6). What a hook is to be told is written to
//! the outbox in the unit of work of what happened, and the hook is called after its commit. Knows no flows, and nothing
//! of what it tells.

mod address;
mod client;
mod courier;
mod email;
mod event;
mod lanes;
mod signature;

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;

use self::courier::Target;
pub use self::{
    courier::{Caller, Delivery, LIFETIME},
    email::{Circumstances, EmailSent},
    event::Event,
    signature::signing_secrets,
};
use crate::{
    clock::Clock,
    config,
    notify::outbox::{Outbox, OutboxError, Pace, Ticket},
    storage::{Database, StorageError, UnitOfWork, webhooks},
};

/// For how long the hooks of the database are taken for what they were. A hook that another process has added is called
/// after this time at the latest.
const MEMORY: TimeDelta = TimeDelta::seconds(5);

/// For how long it is worth telling what happened.
const WORTH: Duration = Duration::from_secs(24 * 60 * 60);

/// Why nobody can be told.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The hooks cannot be read.
    #[error("the webhooks cannot be read: {0}")]
    Hooks(#[from] StorageError),
    /// What happened cannot be written to the outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError<StorageError>),
    /// The data cannot be written as JSON.
    #[error("the data of a webhook cannot be written as JSON: {0}")]
    Data(#[from] serde_json::Error),
}

/// A hook and what it is called for.
#[derive(Debug)]
struct Hook {
    target: Target,
    events: Vec<String>,
}

/// The hooks of a tenant: those of the configuration in the order of the file, then those of the database.
#[derive(Debug, Clone)]
pub struct Hooks(Arc<[Hook]>);

impl Hooks {
    fn called_for(&self, event: Event) -> impl Iterator<Item = &Target> {
        let wants = move |hook: &&Hook| hook.events.iter().any(|name| event.is_meant_by(name));
        self.0.iter().filter(wants).map(|hook| &hook.target)
    }

    /// Whether some hook is called for the event.
    #[must_use]
    pub fn want(&self, event: Event) -> bool {
        self.called_for(event).next().is_some()
    }

    /// What the hooks are to be told that are called for the event: each of them once.
    #[must_use]
    pub fn deliveries(&self, event: Event, data: Value) -> Vec<Delivery> {
        self.deliveries_within(event, data, WORTH)
    }

    /// The same for something that is not worth telling after `lifetime`.
    #[must_use]
    pub fn deliveries_within(&self, event: Event, data: Value, lifetime: Duration) -> Vec<Delivery> {
        let data = Arc::new(data);
        let delivery = |target: &Target| Delivery { target: target.clone(), event, data: Arc::clone(&data), lifetime };
        self.called_for(event).map(delivery).collect()
    }
}

/// The webhooks of a tenant.
pub struct Webhooks {
    configured: Vec<(String, Vec<String>)>,
    known: RwLock<Option<Known>>,
    outbox: Outbox<Database, Caller>,
    clock: Arc<dyn Clock>,
}

struct Known {
    hooks: Hooks,
    since: DateTime<Utc>,
}

/// What waits for the commit of its unit of work. Dropped without [`Webhooks::committed`] it is delivered only if its unit
/// of work was committed all the same.
#[must_use = "hand it to `committed` after the commit"]
#[derive(Debug, Default)]
pub struct WebhookTickets(Vec<(Target, Ticket<Delivery>)>);

impl Webhooks {
    /// The hooks of the configuration and of the database, which are told by way of `outbox`.
    #[must_use]
    pub fn new(config: &config::Webhooks, outbox: Outbox<Database, Caller>, clock: Arc<dyn Clock>) -> Self {
        // The configuration warns of what is no URL of the web: nobody can be called there.
        let usable = config.hooks.iter().filter(|hook| config.enabled && hook.is_callable());
        Self {
            configured: usable.map(|hook| (hook.callback.clone(), hook.events.clone())).collect(),
            known: RwLock::default(),
            outbox,
            clock,
        }
    }

    /// The hooks as they are now or were a moment ago.
    ///
    /// # Errors
    ///
    /// When the database cannot be asked.
    pub async fn hooks(&self, unit: &UnitOfWork) -> Result<Hooks, StorageError> {
        let now = self.clock.now();
        if let Some(known) = &*self.known.read().unwrap_or_else(PoisonError::into_inner)
            && now - known.since < MEMORY
        {
            return Ok(known.hooks.clone());
        }
        let configured = self
            .configured
            .iter()
            .map(|(callback, events)| Hook { target: Target::Configured(callback.clone()), events: events.clone() });
        let stored = webhooks::enabled(unit).await?;
        let stored = stored.into_iter().map(|found| Hook { target: Target::Stored(found.hook), events: found.events });
        let hooks = Hooks(configured.chain(stored).collect());
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Known { hooks: hooks.clone(), since: now });
        Ok(hooks)
    }

    /// Lets the next event read the hooks anew. For whoever changes them in this process.
    pub fn forget(&self) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Records in `unit` that everybody who wants to know is to be told of one event.
    ///
    /// # Errors
    ///
    /// [`WebhookError`].
    pub async fn announce(
        &self,
        unit: &mut UnitOfWork,
        event: Event,
        data: impl Serialize,
    ) -> Result<WebhookTickets, WebhookError> {
        let hooks = self.hooks(unit).await?;
        if !hooks.want(event) {
            return Ok(WebhookTickets::default());
        }
        let deliveries = hooks.deliveries(event, serde_json::to_value(data)?);
        self.enqueue(unit, deliveries).await
    }

    /// Records in `unit` what hooks are to be told, in this order. Never waits for a hook.
    ///
    /// # Errors
    ///
    /// [`WebhookError::Outbox`].
    pub async fn enqueue(
        &self,
        unit: &mut UnitOfWork,
        deliveries: Vec<Delivery>,
    ) -> Result<WebhookTickets, WebhookError> {
        let targets: Vec<_> = deliveries.iter().map(|delivery| delivery.target.clone()).collect();
        let tickets = self.outbox.enqueue_all(unit, deliveries).await?;
        Ok(WebhookTickets(targets.into_iter().zip(tickets).collect()))
    }

    /// Starts the calls of what was recorded in a unit of work that is now committed. What one hook is told it is told in
    /// order, as long as it takes it.
    pub fn committed(&self, tickets: WebhookTickets) {
        let mut tickets = tickets.0;
        while let Some((target, _)) = tickets.first() {
            let target = target.clone();
            let (same, others) = tickets.into_iter().partition::<Vec<_>, _>(|(other, _)| *other == target);
            self.outbox.committed_in_order(same.into_iter().map(|(_, ticket)| ticket));
            tickets = others;
        }
    }

    /// Calls what was handed over, for at most `within`. What is left stays in the outbox.
    pub async fn shutdown(&self, within: Duration) {
        self.outbox.shutdown(within).await;
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhooks")
    }
}

/// The pace of webhooks. They are many and take their time; what one hook may take of it is limited elsewhere.
#[must_use]
pub fn pace() -> Pace {
    Pace { concurrent: 64, first_retry: Duration::from_secs(5), ..Pace::default() }
}
