//! Flows in progress. Knows their version and their token, not what is in them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{StorageError, Timestamp, UnitOfWork, sql::Sql};
use crate::secret::Secret;

/// A stored flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFlow {
    /// Its id, part of the URLs of its actions.
    pub id: Uuid,
    /// 0 at creation, one more at each stored step.
    pub version: i32,
    /// When it can no longer be continued.
    pub expires_at: DateTime<Utc>,
    /// What the next step must present, 32 characters.
    pub csrf_token: String,
    /// State and stash, encoded.
    pub data: Secret<String>,
}

/// Stores a new flow; without an open transaction it is committed at once, see [`UnitOfWork::alone`].
///
/// # Errors
///
/// When the database refuses.
pub async fn insert(unit: &UnitOfWork, flow: &StoredFlow, now: DateTime<Utc>) -> Result<(), StorageError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO flows (id, version, expires_at, created_at, updated_at, csrf_token, data, tenant_id) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    );
    let now = Timestamp::from(now);
    let values = [
        flow.id.into(),
        flow.version.into(),
        Timestamp::from(flow.expires_at).into(),
        now.into(),
        now.into(),
        flow.csrf_token.as_str().into(),
        flow.data.expose().as_str().into(),
        unit.tenant().into(),
    ];
    INSERT.execute(unit.alone(), values).await?;
    Ok(())
}

/// The flow with this id, expired or not.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn load(unit: &UnitOfWork, id: Uuid) -> Result<Option<StoredFlow>, StorageError> {
    static LOAD: Sql =
        Sql::new("SELECT version, expires_at, csrf_token, data FROM flows WHERE id = ? AND tenant_id = ?");
    let Some(row) = LOAD.one(unit.read(), [id.into(), unit.tenant().into()]).await? else { return Ok(None) };
    Ok(Some(StoredFlow {
        id,
        version: row.try_get_by_index(0)?,
        expires_at: row.try_get_by_index::<Timestamp>(1)?.into(),
        csrf_token: row.try_get_by_index(2)?,
        data: row.try_get_by_index(3)?,
    }))
}

/// Stores a step: `flow.version` is the new version, one more than the stored one. Returns false, and stores nothing,
/// when another step came first. Without an open transaction it is committed at once, see [`UnitOfWork::alone`].
///
/// # Errors
///
/// When the database refuses.
pub async fn update(unit: &UnitOfWork, flow: &StoredFlow, now: DateTime<Utc>) -> Result<bool, StorageError> {
    static UPDATE: Sql = Sql::new(
        "UPDATE flows SET version = ?, csrf_token = ?, data = ?, updated_at = ? \
         WHERE id = ? AND version = ? AND tenant_id = ?",
    );
    let values = [
        flow.version.into(),
        flow.csrf_token.as_str().into(),
        flow.data.expose().as_str().into(),
        Timestamp::from(now).into(),
        flow.id.into(),
        (flow.version - 1).into(),
        unit.tenant().into(),
    ];
    Ok(UPDATE.execute(unit.alone(), values).await? == 1)
}
