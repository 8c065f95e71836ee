//! WebAuthn ceremonies in progress. Each can be finished once.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Id, StorageError, Timestamp, UnitOfWork,
    entities::{webauthn_session_data::Model, webauthn_session_data_allowed_credentials as allowed},
    rows::{insert as insert_row, insert_all},
    sql::Sql,
};
use crate::random::Random;

/// A ceremony.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceremony {
    /// Its id.
    pub id: Uuid,
    /// The challenge in unpadded URL-safe base64.
    pub challenge: String,
    /// Whose it is; the nil UUID while that is not known (discoverable credentials).
    pub user: Uuid,
    /// `required`, `preferred`, `discouraged` or empty.
    pub user_verification: String,
    /// `registration` or `authentication`.
    pub operation: String,
    /// When it can no longer be finished.
    pub expires_at: Option<DateTime<Utc>>,
    /// The credential ids accepted, in unpadded URL-safe base64; none means any.
    pub allowed_credentials: Vec<String>,
}

/// Inserts a ceremony.
///
/// # Errors
///
/// When the database refuses.
pub async fn insert(
    unit: &mut UnitOfWork,
    random: &dyn Random,
    ceremony: Ceremony,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let tenant = Id(unit.tenant());
    let row = Model {
        id: Id(ceremony.id),
        challenge: ceremony.challenge,
        user_id: Id(ceremony.user),
        user_verification: ceremony.user_verification,
        operation: ceremony.operation,
        created_at: now.into(),
        updated_at: now.into(),
        expires_at: ceremony.expires_at.map(Timestamp::from),
        tenant_id: tenant,
    };
    insert_row(unit, row).await?;
    let allowed = ceremony.allowed_credentials.into_iter().map(|credential_id| allowed::Model {
        id: Id(random.uuid()),
        credential_id,
        webauthn_session_data_id: Id(ceremony.id),
        created_at: now.into(),
        updated_at: now.into(),
        tenant_id: tenant,
    });
    insert_all(unit, allowed.collect()).await
}

/// The ceremony with this id, expired or not.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn by_id(unit: &UnitOfWork, id: Uuid) -> Result<Option<Ceremony>, StorageError> {
    static FIND: Sql = Sql::new(
        "SELECT s.challenge, s.user_id, s.user_verification, s.operation, s.expires_at, a.credential_id \
         FROM webauthn_session_data s \
         LEFT JOIN webauthn_session_data_allowed_credentials a ON a.webauthn_session_data_id = s.id \
         WHERE s.id = ? AND s.tenant_id = ? ORDER BY a.credential_id",
    );
    let rows = FIND.all(unit.read(), [id.into(), unit.tenant().into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let allowed: Result<Vec<Option<String>>, _> = rows.iter().map(|row| row.try_get_by_index(5)).collect();
    Ok(Some(Ceremony {
        id,
        challenge: row.try_get_by_index(0)?,
        user: row.try_get_by_index::<Id>(1)?.into(),
        user_verification: row.try_get_by_index(2)?,
        operation: row.try_get_by_index(3)?,
        expires_at: row.try_get_by_index::<Option<Timestamp>>(4)?.map(DateTime::from),
        allowed_credentials: allowed?.into_iter().flatten().collect(),
    }))
}

/// Ends a ceremony. Returns whether this call did; of several simultaneous calls only one does.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn take(unit: &mut UnitOfWork, id: Uuid) -> Result<bool, StorageError> {
    static TAKE: Sql = Sql::new("DELETE FROM webauthn_session_data WHERE id = ? AND tenant_id = ?");
    let values = [id.into(), unit.tenant().into()];
    Ok(TAKE.execute(unit.write().await?, values).await? > 0)
}
