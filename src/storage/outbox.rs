//! Mails and webhooks decided in a transaction and delivered after it. Unlike other tables it is read across tenants:
//! one worker delivers for all.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    Id, StorageError, Timestamp, UnitOfWork,
    entities::sealflow_outbox::{Column, Entity, Model},
    rows::insert as insert_row,
    sql::Sql,
};
use crate::secret::Secret;

/// Inserts a message that is due at once. `kind` is `mail` or `webhook`, `payload` is encrypted.
///
/// # Errors
///
/// When the database refuses.
pub async fn insert(
    unit: &mut UnitOfWork,
    id: Uuid,
    kind: &str,
    payload: Secret<String>,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let row = Model {
        id: Id(id),
        tenant_id: Id(unit.tenant()),
        kind: kind.to_owned(),
        payload,
        attempts: 0,
        next_attempt_at: now.into(),
        created_at: now.into(),
        last_error: None,
    };
    insert_row(unit, row).await
}

/// At most `limit` messages of all tenants whose next attempt is due, longest due first.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn due(unit: &UnitOfWork, now: DateTime<Utc>, limit: u64) -> Result<Vec<Model>, StorageError> {
    let query = Entity::find().filter(Column::NextAttemptAt.lte(Timestamp::from(now)));
    Ok(query.order_by_asc(Column::NextAttemptAt).limit(limit).all(&unit.read()).await?)
}

/// Reserves a message for an attempt that counts from now on and lasts until `until` at most; afterwards it is due
/// again. Returns false when another worker was faster.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn claim(unit: &UnitOfWork, message: &Model, until: DateTime<Utc>) -> Result<bool, StorageError> {
    static CLAIM: Sql =
        Sql::new("UPDATE sealflow_outbox SET attempts = ?, next_attempt_at = ? WHERE id = ? AND attempts = ?");
    let values = [
        message.attempts.saturating_add(1).into(),
        Timestamp::from(until).into(),
        message.id.into(),
        message.attempts.into(),
    ];
    Ok(CLAIM.execute(unit.alone(), values).await? == 1)
}

/// Removes a message that was delivered or given up. Returns whether it was there.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn delete(unit: &UnitOfWork, id: Uuid) -> Result<bool, StorageError> {
    static DELETE: Sql = Sql::new("DELETE FROM sealflow_outbox WHERE id = ?");
    Ok(DELETE.execute(unit.alone(), [id.into()]).await? > 0)
}

/// Puts a message off until `next_attempt_at` because of `error`. Returns whether it was there.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn postpone(
    unit: &UnitOfWork,
    id: Uuid,
    next_attempt_at: DateTime<Utc>,
    error: &str,
) -> Result<bool, StorageError> {
    static POSTPONE: Sql = Sql::new("UPDATE sealflow_outbox SET next_attempt_at = ?, last_error = ? WHERE id = ?");
    let values = [Timestamp::from(next_attempt_at).into(), error.into(), id.into()];
    Ok(POSTPONE.execute(unit.alone(), values).await? > 0)
}
