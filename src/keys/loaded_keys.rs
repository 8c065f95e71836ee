//! The keys of one reading of the `jwks` rows: decrypted, parsed and ready. Does no I/O.

use std::sync::Arc;

use serde_json::{Map, Value};
use thiserror::Error;

use super::{
    jwk::{JwkError, JwkSet, PrivateJwk},
    jws::{CompactJws, SigningKey, TokenError},
    key_store::StoredKey,
    secret_box::{SecretBox, SecretBoxError},
    verified::VerifiedTokens,
};

/// All rows of a tenant, oldest first, and what became of them.
#[derive(Debug)]
pub(super) struct LoadedKeys {
    entries: Vec<Entry>,
    published: Arc<JwkSet>,
    verified: VerifiedTokens,
}

#[derive(Debug, Clone)]
struct Entry {
    row: StoredKey,
    /// `None` for a row that cannot be used.
    key: Option<Arc<SigningKey>>,
    /// The private key if only the published default secret opened the row.
    exposed: Option<PrivateJwk>,
}

#[derive(Debug, Error)]
enum RowError {
    #[error(transparent)]
    Open(#[from] SecretBoxError),
    #[error(transparent)]
    Key(#[from] JwkError),
}

impl LoadedKeys {
    /// Decrypts and parses `rows`. A row that cannot be used is logged and skipped. Keys that `known` has are taken
    /// over; parsing takes milliseconds each.
    pub(super) fn load(mut rows: Vec<StoredKey>, secrets: &SecretBox, known: Option<&Self>) -> Self {
        rows.sort_by_key(|row| (row.created_at, row.id));
        let known = |row: &StoredKey| known?.entries.iter().find(|entry| entry.row == *row).cloned();
        let entries: Vec<_> =
            rows.into_iter().map(|row| known(&row).unwrap_or_else(|| Entry::open(row, secrets))).collect();
        let keys = entries.iter().filter_map(|entry| entry.key.as_deref());
        let published = JwkSet { keys: keys.map(|key| key.verifying().jwk().clone()).collect() };
        Self { entries, published: Arc::new(published), verified: VerifiedTokens::new() }
    }

    pub(super) fn has_same_rows(&self, rows: &[StoredKey]) -> bool {
        self.entries.len() == rows.len() && self.entries.iter().all(|entry| rows.contains(&entry.row))
    }

    pub(super) fn row_count(&self) -> usize {
        self.entries.len()
    }

    /// The id of the newest row, if its key cannot be used.
    pub(super) fn unreadable_newest(&self) -> Option<i32> {
        self.entries.last().filter(|entry| entry.key.is_none()).map(|entry| entry.row.id)
    }

    /// Row id and key of the rows that only the published default secret opens.
    pub(super) fn sealed_with_published_default(&self) -> impl Iterator<Item = (i32, &PrivateJwk)> {
        self.entries.iter().filter_map(|entry| entry.exposed.as_ref().map(|jwk| (entry.row.id, jwk)))
    }

    /// The newest usable key.
    pub(super) fn signing(&self) -> Option<Arc<SigningKey>> {
        self.entries.iter().rev().find_map(|entry| entry.key.clone())
    }

    pub(super) fn published(&self) -> Arc<JwkSet> {
        Arc::clone(&self.published)
    }

    /// The claims of a rightly signed token; its times are not checked.
    pub(super) fn verify(&self, token: &CompactJws<'_>) -> Result<Map<String, Value>, TokenError> {
        self.verified.check(token.text(), || {
            let newest_first = self.entries.iter().rev().filter_map(|entry| entry.key.as_deref());
            token.check_signature(token.key(newest_first.map(SigningKey::verifying))?)
        })?;
        token.claims()
    }
}

impl Entry {
    fn open(row: StoredKey, secrets: &SecretBox) -> Self {
        match Self::try_open(&row.key_data, secrets) {
            Ok((key, exposed)) => Self { row, key: Some(Arc::new(key)), exposed },
            Err(error) => {
                tracing::warn!(id = row.id, %error, "a signing key (table jwks) cannot be used and is skipped");
                Self { row, key: None, exposed: None }
            }
        }
    }

    fn try_open(key_data: &str, secrets: &SecretBox) -> Result<(SigningKey, Option<PrivateJwk>), RowError> {
        let opened = secrets.open_at_rest(key_data)?;
        let jwk = PrivateJwk::from_json(&opened.plaintext)?;
        let key = SigningKey::new(&jwk)?;
        Ok((key, opened.published_default.then_some(jwk)))
    }
}
