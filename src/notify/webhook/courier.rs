//! Calls hooks (spec chapter 06 sections 6.5 and 6.6): one POST with a signed token, and what its outcome means for a
//! hook in the database.

use std::{fmt, sync::Arc, time::Duration};

use chrono::TimeDelta;
use reqwest::{Client, Url, header::CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Event,
    address::is_private_literal,
    client::{Clients, accept, described},
    lanes::Lanes,
    signature::{Signer, signing_secrets},
};
use crate::{
    clock::Clock,
    config::{Config, is_of_the_web},
    keys::{KeyRing, KeyRingError},
    notify::outbox::{Courier, Parcel, Undelivered},
    storage::{Database, webhooks},
};

/// For how long a receiver may take a token for good.
const TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(5);
/// After this many failures in a row the next one disables a hook.
const TOLERATED_FAILURES: i32 = 5;
/// How long a hook lives that is not called.
pub const LIFETIME: TimeDelta = TimeDelta::days(30);

/// Whom something is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Target {
    /// A hook of the configuration, by its URL.
    Configured(String),
    /// A hook in the database, by its id.
    Stored(Uuid),
}

/// What one hook is told.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub(super) target: Target,
    pub(super) event: Event,
    pub(super) data: Arc<Value>,
    /// For how long it is worth telling.
    pub(super) lifetime: Duration,
}

impl fmt::Debug for Delivery {
    /// Shows no data: it may hold a passcode.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("event", &self.event).finish_non_exhaustive()
    }
}

/// Calls the hooks of a tenant.
pub struct Caller {
    pub(super) database: Database,
    pub(super) tenant: Uuid,
    pub(super) config: Arc<Config>,
    pub(super) keys: KeyRing,
    pub(super) clock: Arc<dyn Clock>,
    signer: Signer,
    lanes: Lanes,
    clients: Clients,
}

impl Caller {
    /// Calls the hooks of `tenant`. Connects to nothing yet.
    #[must_use]
    pub fn new(database: Database, tenant: Uuid, config: Arc<Config>, keys: KeyRing, clock: Arc<dyn Clock>) -> Self {
        let signer = Signer::new(&signing_secrets(&config, tenant));
        let (lanes, clients) = (Lanes::default(), Clients::default());
        Self { database, tenant, config, keys, clock, signer, lanes, clients }
    }

    /// Where to call, if the hook is still to be called.
    async fn address(&self, target: &Target) -> Result<Url, Undelivered> {
        let callback = match target {
            Target::Configured(callback) => {
                let webhooks = &self.config.webhooks;
                let known = webhooks.enabled && webhooks.hooks.iter().any(|hook| hook.callback == *callback);
                // Another process may know it: the files of servers are not changed all at once.
                known.then(|| callback.clone()).ok_or_else(|| Undelivered::later("the hook is not configured here"))?
            }
            Target::Stored(id) => self.callback(*id).await?,
        };
        Url::parse(&callback).map_err(|_| Undelivered::never("the callback is not a URL"))
    }

    async fn callback(&self, id: Uuid) -> Result<String, Undelivered> {
        let unit = self.database.unit(self.tenant);
        let found = webhooks::by_id(&unit, id).await.map_err(Undelivered::untried)?;
        let Some(hook) = found.filter(|hook| hook.enabled) else {
            return Err(Undelivered::never("the hook is disabled or gone"));
        };
        let expires = self.config.webhooks.allow_time_expiration && hook.expires_at.0 < self.clock.now();
        if expires && webhooks::expire(&unit, id, self.clock.now()).await.map_err(Undelivered::untried)? {
            tracing::warn!(hook = %id, "a webhook has expired and is disabled");
            return Err(Undelivered::never("the hook has expired"));
        }
        Ok(hook.callback)
    }

    /// What is sent: a token that says everything, and for convenience what it is about.
    async fn body(&self, delivery: &Delivery) -> Result<String, KeyRingError> {
        let now = self.clock.now();
        let claims = json!({
            "sub": "hanko webhooks",
            "iat": now.timestamp(),
            "exp": (now + TOKEN_LIFETIME).timestamp(),
            "aud": self.config.audience(),
            "evt": delivery.event,
            "data": *delivery.data,
        });
        let token = self.keys.sign(&claims).await?;
        Ok(json!({ "token": token, "event": delivery.event }).to_string())
    }

    /// A client and what it is to send. That they cannot be had is no failure of the hook, which was not even asked.
    async fn prepare(&self, delivery: &Delivery, confined: bool) -> Result<(&Client, String), Undelivered> {
        let prepared = async {
            let body = self.body(delivery).await.map_err(|error| error.to_string())?;
            Ok((self.clients.get(confined).await?, body))
        };
        prepared.await.map_err(|error: String| {
            tracing::error!(%error, "webhooks cannot be called from here");
            Undelivered::untried(error)
        })
    }

    async fn call(&self, id: Uuid, url: Url, client: &Client, body: String) -> Result<(), Undelivered> {
        let now = self.clock.now();
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id.to_string())
            .header("webhook-timestamp", now.timestamp())
            .header("webhook-signature", self.signer.sign(id, now, &body))
            .body(body);
        let response = request.send().await.map_err(|error| Undelivered::later(described(error)))?;
        accept(response).await.map_err(Undelivered::later)
    }

    /// What the outcome of a call means for a hook in the database. A parcel counts as one failure, however often it is
    /// tried: otherwise a receiver that is away for minutes would be lost for good.
    async fn account(&self, id: Uuid, success: bool, attempt: i32) {
        let unit = self.database.unit(self.tenant);
        let written = match (success, attempt) {
            (true, _) => webhooks::record_success(&unit, id, self.clock.now() + LIFETIME).await,
            (false, 1) => webhooks::record_failure(&unit, id, TOLERATED_FAILURES).await,
            (false, _) => Ok(()),
        };
        if let Err(error) = written {
            tracing::error!(hook = %id, %error, "the outcome of a webhook cannot be recorded");
        }
    }
}

impl Courier for Caller {
    type Item = Delivery;

    const KIND: &'static str = "webhook";

    fn lifetime(delivery: &Delivery) -> Duration {
        delivery.lifetime
    }

    async fn deliver(&self, parcel: &Parcel<Delivery>) -> Result<(), Undelivered> {
        let target = &parcel.item.target;
        let place = self.lanes.enter(target).await?;
        let url = self.address(target).await?;
        let confined = matches!(target, Target::Stored(_)) && !self.config.webhooks.allow_private_addresses;
        let called = match forbidden(&url, confined) {
            Some(refusal) => Err(refusal),
            None => {
                let (client, body) = self.prepare(&parcel.item, confined).await?;
                self.call(parcel.id, url, client, body).await
            }
        };
        place.report(called.is_ok());
        if let Target::Stored(id) = target {
            self.account(*id, called.is_ok(), parcel.attempt).await;
        }
        called
    }

    fn tidy(&self) {
        self.lanes.tidy();
    }
}

/// Why the URL is not called, if so.
fn forbidden(url: &Url, confined: bool) -> Option<Undelivered> {
    if !is_of_the_web(url) {
        return Some(Undelivered::never("the callback is not a URL of the web"));
    }
    let private = confined && is_private_literal(url);
    private.then(|| Undelivered::later("the callback leads to an address that is not of the public internet"))
}

#[cfg(test)]
mod tests;
