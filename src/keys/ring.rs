//! The key ring: the signing keys of one tenant, read from their rows and kept in memory. Knows the rows only through
//! [`KeyStore`].

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use thiserror::Error;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    jwk::{JwkError, JwkSet, PrivateJwk},
    jws::{CompactJws, TokenError},
    key_store::{KeyStore, KeyStoreError},
    loaded_keys::LoadedKeys,
    secret_box::{SecretBox, SecretBoxError},
    time_claims::check_times,
};
use crate::{clock::Clock, random::Random};

/// After this long the rows are read again, so that what another replica or an operator changed is noticed.
const LIFETIME: TimeDelta = TimeDelta::seconds(30);

/// A token that names an unknown key has the rows read at once, but not more often than this: the key may be the new
/// one of another replica, or invented.
const UNKNOWN_KEY_INTERVAL: TimeDelta = TimeDelta::seconds(2);

/// Why the ring cannot start, sign or publish.
#[derive(Debug, Error)]
pub enum KeyRingError {
    /// The rows cannot be read or written.
    #[error("the signing keys cannot be read or written: {0}")]
    Store(#[source] KeyStoreError),
    /// A new key cannot be sealed.
    #[error("a signing key cannot be encrypted: {0}")]
    Seal(#[from] SecretBoxError),
    /// A new key cannot be generated, or a signature cannot be computed.
    #[error("the signing key cannot be used: {0}")]
    Key(#[from] JwkError),
    /// The claims cannot be written as JSON.
    #[error("the claims cannot be written as JSON: {0}")]
    Claims(#[source] serde_json::Error),
    /// The newest row, whose key would sign, was encrypted with a secret that is not configured any more.
    #[error(
        "the newest signing key (table jwks, id {id}) cannot be decrypted with any configured secret: \
         add the secret that it was encrypted with to secret_keys, or delete the row"
    )]
    NewestUnreadable {
        /// Id of the row.
        id: i32,
    },
    /// There is no row whose key could sign.
    #[error("there is no usable signing key")]
    NoSigningKey,
    /// The blocking pool did not run the work, as happens while the process stops.
    #[error("the signing work was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// Why [`KeyRing::verify`] yields no claims.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The token is refused.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The keys cannot be read. This says nothing about the token.
    #[error(transparent)]
    Keys(#[from] KeyRingError),
}

/// Signs and verifies with the keys of one tenant. Cheap to clone.
///
/// The rows are read at first use and again when they may have changed; meanwhile the keys that are known keep serving.
#[derive(Debug, Clone)]
pub struct KeyRing {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    store: Arc<dyn KeyStore>,
    secrets: Arc<SecretBox>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    state: RwLock<Option<State>>,
    /// Held while the rows are read: whoever finds it taken need not read them too.
    reading: Arc<Mutex<()>>,
}

#[derive(Debug, Clone)]
struct State {
    keys: Arc<LoadedKeys>,
    checked_at: DateTime<Utc>,
}

impl KeyRing {
    /// A ring that has read nothing yet.
    #[must_use]
    pub fn new(
        store: Arc<dyn KeyStore>,
        secrets: Arc<SecretBox>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        let shared = Shared { store, secrets, clock, random, state: RwLock::default(), reading: Arc::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Makes sure at start that there are as many keys as secrets: generates the missing ones, and encrypts anew what
    /// only the published default secret opens (spec chapter 06 section 2.4, chapter 05 sections 1.9 and 5.3).
    ///
    /// # Errors
    /// [`KeyRingError::NewestUnreadable`] before anything is written; otherwise any other variant.
    pub async fn ensure(&self) -> Result<(), KeyRingError> {
        let shared = &self.shared;
        let present = self.read_newly().await?;
        check_newest(&present)?;

        let wanted = shared.secrets.secret_count();
        for _ in present.row_count()..wanted {
            let kid = shared.random.uuid().to_string();
            let jwk = tokio::task::spawn_blocking(move || PrivateJwk::generate(kid)).await??;
            let sealed = shared.secrets.seal(jwk.to_json()?.as_bytes())?;
            let added = shared.store.insert_below(wanted, &sealed, shared.clock.now()).await;
            if !added.map_err(KeyRingError::Store)? {
                break;
            }
            tracing::info!("generated a signing key");
        }
        for (id, jwk) in present.sealed_with_published_default() {
            let sealed = shared.secrets.seal(jwk.to_json()?.as_bytes())?;
            shared.store.replace(id, &sealed).await.map_err(KeyRingError::Store)?;
            tracing::warn!(id, "a signing key was encrypted with the published default secret; encrypted it anew");
        }
        check_newest(&*self.read_newly().await?)
    }

    /// Signs `claims` as a JWT with the newest key. The computing is done on the blocking pool.
    ///
    /// # Errors
    /// [`KeyRingError::NoSigningKey`], or that the rows cannot be read.
    pub async fn sign(&self, claims: &impl Serialize) -> Result<String, KeyRingError> {
        let key = self.keys().await?.signing().ok_or(KeyRingError::NoSigningKey)?;
        let input = key.signing_input(claims).map_err(KeyRingError::Claims)?;
        Ok(tokio::task::spawn_blocking(move || key.sign(input)).await??)
    }

    /// The claims of a token that one of the keys signed and whose time claims hold (spec chapter 06 section 2.7).
    /// `aud` and `iss` are not looked at, and whether it is a session token is for the caller to find out.
    ///
    /// # Errors
    /// [`VerifyError::Keys`] when the rows cannot be read, else the reason why the token is refused.
    pub async fn verify(&self, token: &str) -> Result<Map<String, Value>, VerifyError> {
        let token = CompactJws::parse(token)?;
        let known = self.keys().await?;
        let claims = match known.verify(&token) {
            Err(TokenError::UnknownKey) => self.read_again(UNKNOWN_KEY_INTERVAL).await?.verify(&token)?,
            result => result?,
        };
        check_times(&claims, self.shared.clock.now())?;
        Ok(claims)
    }

    /// The public keys, oldest first.
    ///
    /// # Errors
    /// That the rows cannot be read.
    pub async fn jwks(&self) -> Result<Arc<JwkSet>, KeyRingError> {
        Ok(self.keys().await?.published())
    }

    /// The known keys. Reads the rows only if none are known; when their lifetime has passed, one task reads them in
    /// the background.
    async fn keys(&self) -> Result<Arc<LoadedKeys>, KeyRingError> {
        let Some(state) = self.state() else {
            return self.read_again(LIFETIME).await;
        };
        if self.is_older(&state, LIFETIME)
            && let Ok(guard) = Arc::clone(&self.shared.reading).try_lock_owned()
        {
            let ring = self.clone();
            tokio::spawn(async move { ring.read_or_keep(guard).await });
        }
        Ok(state.keys)
    }

    /// Reads the rows unless somebody else did within the last `interval`; waits for a reading that is under way.
    async fn read_again(&self, interval: TimeDelta) -> Result<Arc<LoadedKeys>, KeyRingError> {
        let guard = Arc::clone(&self.shared.reading).lock_owned().await;
        match self.state() {
            Some(state) if !self.is_older(&state, interval) => Ok(state.keys),
            _ => self.read_or_keep(guard).await,
        }
    }

    async fn read_newly(&self) -> Result<Arc<LoadedKeys>, KeyRingError> {
        let _guard = self.shared.reading.lock().await;
        self.read().await
    }

    /// Reads the rows; when that fails, the known keys serve for another lifetime.
    async fn read_or_keep(&self, _guard: OwnedMutexGuard<()>) -> Result<Arc<LoadedKeys>, KeyRingError> {
        match (self.read().await, self.state()) {
            (Err(error), Some(state)) => {
                tracing::warn!(%error, "the signing keys could not be read again, going on with the known ones");
                self.remember(Arc::clone(&state.keys));
                Ok(state.keys)
            }
            (result, _) => result,
        }
    }

    async fn read(&self) -> Result<Arc<LoadedKeys>, KeyRingError> {
        let rows = self.shared.store.rows().await.map_err(KeyRingError::Store)?;
        let known = self.state().map(|state| state.keys);
        let keys = match known {
            Some(known) if known.has_same_rows(&rows) => known,
            known => {
                let secrets = Arc::clone(&self.shared.secrets);
                let load = move || LoadedKeys::load(rows, &secrets, known.as_deref());
                Arc::new(tokio::task::spawn_blocking(load).await?)
            }
        };
        self.remember(Arc::clone(&keys));
        Ok(keys)
    }

    fn remember(&self, keys: Arc<LoadedKeys>) {
        let state = State { keys, checked_at: self.shared.clock.now() };
        *self.shared.state.write().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }

    fn state(&self) -> Option<State> {
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_older(&self, state: &State, age: TimeDelta) -> bool {
        self.shared.clock.now() - state.checked_at >= age
    }
}

/// A row that was written with a secret of which this process does not know is no key to go on without: its writer
/// signs with it.
fn check_newest(keys: &LoadedKeys) -> Result<(), KeyRingError> {
    keys.unreadable_newest().map_or(Ok(()), |id| Err(KeyRingError::NewestUnreadable { id }))
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
