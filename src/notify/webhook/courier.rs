//! Calls hooks (spec chapter 06 sections 6.5 and 6.6): one POST with a signed token, and what its outcome means for a
//! hook in the database.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use chrono::TimeDelta;
use reqwest::{Client, Response, Url, header::CONTENT_TYPE, redirect::Policy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{
    Event,
    address::{PublicOnly, is_private_literal},
    lanes::Lanes,
    signature::{Signer, signing_secrets},
};
use crate::{
    clock::Clock,
    config::Config,
    keys::KeyRing,
    notify::outbox::{Courier, Parcel, Undelivered},
    storage::{Database, webhooks},
};

/// For how long a receiver may take a token for good.
const TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(5);
/// How long one call may take, from the resolution of the name to the end of the answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How much of an answer is read, so that its connection can be used again.
const READ_AT_MOST: usize = 64 * 1024;
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
    /// Calls any address.
    free: OnceCell<Client>,
    /// Calls addresses of the public internet.
    confined: OnceCell<Client>,
}

impl Caller {
    /// Calls the hooks of `tenant`. Connects to nothing yet.
    #[must_use]
    pub fn new(database: Database, tenant: Uuid, config: Arc<Config>, keys: KeyRing, clock: Arc<dyn Clock>) -> Self {
        let signer = Signer::new(&signing_secrets(&config, tenant));
        let (free, confined) = (OnceCell::new(), OnceCell::new());
        Self { database, tenant, config, keys, clock, signer, lanes: Lanes::default(), free, confined }
    }

    /// Where to call, if the hook is still to be called.
    async fn address(&self, target: &Target) -> Result<Url, Undelivered> {
        let callback = match target {
            Target::Configured(callback) => {
                let webhooks = &self.config.webhooks;
                let known = webhooks.enabled && webhooks.hooks.iter().any(|hook| hook.callback == *callback);
                known
                    .then(|| callback.clone())
                    .ok_or_else(|| Undelivered::never("the hook is not configured any more"))?
            }
            Target::Stored(id) => self.callback(*id).await?,
        };
        Url::parse(&callback).map_err(|_| Undelivered::never("the callback is not a URL"))
    }

    async fn callback(&self, id: Uuid) -> Result<String, Undelivered> {
        let unit = self.database.unit(self.tenant);
        let found = webhooks::by_id(&unit, id).await.map_err(Undelivered::later)?;
        let Some(hook) = found.filter(|hook| hook.enabled) else {
            return Err(Undelivered::never("the hook is disabled or gone"));
        };
        let expires = self.config.webhooks.allow_time_expiration && hook.expires_at.0 < self.clock.now();
        if expires && webhooks::expire(&unit, id, self.clock.now()).await.map_err(Undelivered::later)? {
            tracing::warn!(hook = %id, "a webhook has expired and is disabled");
            return Err(Undelivered::never("the hook has expired"));
        }
        Ok(hook.callback)
    }

    /// What is sent: a token that says everything, and for convenience what it is about.
    async fn body(&self, delivery: &Delivery) -> Result<String, Undelivered> {
        let now = self.clock.now();
        let claims = json!({
            "sub": "hanko webhooks",
            "iat": now.timestamp(),
            "exp": (now + TOKEN_LIFETIME).timestamp(),
            "aud": self.config.audience(),
            "evt": delivery.event,
            "data": *delivery.data,
        });
        let token = self.keys.sign(&claims).await.map_err(Undelivered::later)?;
        Ok(json!({ "token": token, "event": delivery.event }).to_string())
    }

    async fn call(&self, parcel: &Parcel<Delivery>, url: Url, confined: bool) -> Result<(), String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err("the callback is not a URL of the web".into());
        }
        if confined && is_private_literal(&url) {
            return Err("the callback leads to an address that is not of the public internet".into());
        }
        let body = self.body(&parcel.item).await.map_err(|error| error.to_string())?;
        let now = self.clock.now();
        let request = self.client(confined).await?.post(url);
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", parcel.id.to_string())
            .header("webhook-timestamp", now.timestamp())
            .header("webhook-signature", self.signer.sign(parcel.id, now, &body))
            .body(body);
        let response = request.send().await.map_err(described)?;
        let status = response.status();
        drain(response).await;
        if status.as_u16() < 400 { Ok(()) } else { Err(format!("the answer is {status}")) }
    }

    /// The trusted certificates are read once, and only if there is a hook to call.
    async fn client(&self, confined: bool) -> Result<&Client, String> {
        let cell = if confined { &self.confined } else { &self.free };
        cell.get_or_try_init(|| async {
            let built = tokio::task::spawn_blocking(move || client(confined)).await;
            built.map_err(|error| error.to_string())?.map_err(described)
        })
        .await
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
        let called = self.call(parcel, url, confined).await;
        place.report(called.is_ok());
        if let Target::Stored(id) = target {
            self.account(*id, called.is_ok(), parcel.attempt).await;
        }
        called.map_err(Undelivered::later)
    }

    fn tidy(&self) {
        self.lanes.tidy();
    }
}

fn client(confined: bool) -> reqwest::Result<Client> {
    #[expect(clippy::disallowed_methods, reason = "this is where the client of webhooks is built, with its limits")]
    let builder = Client::builder()
        .user_agent(concat!("sealflow/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .timeout(TIMEOUT);
    // A proxy would resolve names by itself, and nobody would look at their addresses.
    if confined { builder.no_proxy().dns_resolver(PublicOnly).build() } else { builder.build() }
}

/// Reads what little there should be, and gives up on more. What the answer says does not matter.
async fn drain(mut response: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await
        && read <= READ_AT_MOST
    {
        read += chunk.len();
    }
}

/// An error with its causes. Without the URL, which may hold a secret.
fn described(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
