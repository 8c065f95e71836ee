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

/// A message to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Its id.
    pub id: Uuid,
    /// `mail` or `webhook`.
    pub kind: String,
    /// What is to be delivered, encrypted.
    pub payload: Secret<String>,
    /// How many attempts were begun.
    pub attempts: i32,
    /// When it is due. In the future when its writer makes the first attempt.
    pub next_attempt_at: DateTime<Utc>,
}

/// Inserts a message.
///
/// # Errors
///
/// When the database refuses.
pub async fn insert(unit: &mut UnitOfWork, message: NewMessage, now: DateTime<Utc>) -> Result<(), StorageError> {
    let row = Model {
        id: Id(message.id),
        tenant_id: Id(unit.tenant()),
        kind: message.kind,
        payload: message.payload,
        attempts: message.attempts,
        next_attempt_at: message.next_attempt_at.into(),
        created_at: now.into(),
        last_error: None,
    };
    insert_row(unit, row).await
}

/// At most `limit` messages of a kind, of all tenants, whose next attempt is due, longest due first.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn due(unit: &UnitOfWork, kind: &str, now: DateTime<Utc>, limit: u64) -> Result<Vec<Model>, StorageError> {
    let query = Entity::find().filter(Column::NextAttemptAt.lte(Timestamp::from(now))).filter(Column::Kind.eq(kind));
    Ok(query.order_by_asc(Column::NextAttemptAt).limit(limit).all(&unit.read()).await?)
}

/// Reserves a message for an attempt, which counts from now on, until `until`; afterwards it is due again. Returns false
/// when `attempts` is no longer how many were begun: another worker was faster.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn claim(unit: &UnitOfWork, id: Uuid, attempts: i32, until: DateTime<Utc>) -> Result<bool, StorageError> {
    static CLAIM: Sql = Sql::new(
        "UPDATE sealflow_outbox SET attempts = attempts + 1, next_attempt_at = ? WHERE id = ? AND attempts = ?",
    );
    let values = [Timestamp::from(until).into(), id.into(), attempts.into()];
    Ok(CLAIM.execute(unit.alone(), values).await? == 1)
}

/// Puts a message off until `until` because of `reason`. Returns false when another worker claimed it meanwhile.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn postpone(
    unit: &UnitOfWork,
    id: Uuid,
    attempts: i32,
    until: DateTime<Utc>,
    reason: &str,
) -> Result<bool, StorageError> {
    static POSTPONE: Sql =
        Sql::new("UPDATE sealflow_outbox SET next_attempt_at = ?, last_error = ? WHERE id = ? AND attempts = ?");
    let values = [Timestamp::from(until).into(), reason.into(), id.into(), attempts.into()];
    Ok(POSTPONE.execute(unit.alone(), values).await? == 1)
}

/// Removes messages that were delivered or given up. Returns how many were there.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn delete(unit: &UnitOfWork, ids: &[Uuid]) -> Result<u64, StorageError> {
    if ids.is_empty() {
        return Ok(0);
    }
    let messages = Entity::delete_many().filter(Column::Id.is_in(ids.iter().copied().map(Id)));
    Ok(messages.exec(&unit.alone()).await?.rows_affected)
}
