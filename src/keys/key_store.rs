//! What the key ring asks of the database. Knows no table but by what a row of it holds.

use std::fmt::Debug;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// A failure of a [`KeyStore`].
pub type KeyStoreError = Box<dyn std::error::Error + Send + Sync>;

/// A row of table `jwks` (spec chapter 06 section 1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The row id.
    pub id: i32,
    /// The private JWK, sealed by a [`SecretBox`](super::SecretBox).
    pub key_data: String,
    /// When the row was written.
    pub created_at: DateTime<Utc>,
}

/// The `jwks` rows of one tenant.
#[async_trait]
pub trait KeyStore: Send + Sync + Debug {
    /// All rows, in any order.
    async fn rows(&self) -> Result<Vec<StoredKey>, KeyStoreError>;

    /// Adds a row unless there are `limit` rows already; true if it was added. Counting and adding must be one step
    /// under a lock that all replicas share: when several start on an empty database, one of them wins.
    async fn insert_below(
        &self,
        limit: usize,
        key_data: &str,
        created_at: DateTime<Utc>,
    ) -> Result<bool, KeyStoreError>;

    /// Overwrites the key of a row.
    async fn replace(&self, id: i32, key_data: &str) -> Result<(), KeyStoreError>;
}
