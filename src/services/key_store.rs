//! The signing keys in the database.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    keys::{KeyStore, KeyStoreError, StoredKey},
    secret::Secret,
    storage::{Database, jwks},
};

/// The keys of one tenant.
#[derive(Debug)]
pub struct DatabaseKeys {
    database: Database,
    tenant: Uuid,
}

impl DatabaseKeys {
    /// The keys of `tenant`.
    #[must_use]
    pub const fn new(database: Database, tenant: Uuid) -> Self {
        Self { database, tenant }
    }
}

#[async_trait]
impl KeyStore for DatabaseKeys {
    async fn rows(&self) -> Result<Vec<StoredKey>, KeyStoreError> {
        let rows = jwks::all(&self.database.unit(self.tenant)).await?;
        let key = |row: crate::storage::entities::jwks::Model| StoredKey {
            id: row.id,
            key_data: row.key_data.expose().clone(),
            created_at: row.created_at.0,
        };
        Ok(rows.into_iter().map(key).collect())
    }

    async fn insert_below(
        &self,
        limit: usize,
        key_data: &str,
        created_at: DateTime<Utc>,
    ) -> Result<bool, KeyStoreError> {
        let mut unit = self.database.unit(self.tenant);
        jwks::lock(&mut unit).await?;
        let room = jwks::count(&unit).await? < limit as u64;
        if room {
            jwks::insert(&mut unit, Secret::new(key_data.to_owned()), created_at).await?;
        }
        unit.commit().await?;
        Ok(room)
    }

    async fn replace(&self, id: i32, key_data: &str) -> Result<(), KeyStoreError> {
        let mut unit = self.database.unit(self.tenant);
        jwks::replace_key_data(&mut unit, id, Secret::new(key_data.to_owned())).await?;
        unit.commit().await?;
        Ok(())
    }
}
