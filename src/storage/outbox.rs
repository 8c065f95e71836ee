//! Mails and webhooks decided in a transaction and delivered after it. Unlike other tables it is read across tenants:
//! one worker delivers for all.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    Id, StorageError, Timestamp, UnitOfWork,
    entities::sealflow_outbox::{Column, Entity, Model},
    rows::insert_all,
    sql::Sql,
};

/// Inserts messages in the transaction of `unit`. Their `next_attempt_at` lies in the future while somebody works on them.
///
/// # Errors
///
/// When the database refuses.
pub async fn insert(unit: &mut UnitOfWork, messages: Vec<Model>) -> Result<(), StorageError> {
    insert_all(unit, messages).await
}

/// At most `limit` messages of a kind, of all tenants, whose next attempt is due, longest due first.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn due(unit: &UnitOfWork, kind: &str, now: DateTime<Utc>, limit: u64) -> Result<Vec<Model>, StorageError> {
    let query = Entity::find().filter(Column::Kind.eq(kind)).filter(Column::NextAttemptAt.lte(Timestamp::from(now)));
    Ok(query.order_by_asc(Column::NextAttemptAt).limit(limit).all(&unit.read()).await?)
}

/// Reserves a message for an attempt that counts from now on and lasts until `until` at most; afterwards it is due
/// again. Returns false when another worker was faster: then `attempts` is no longer what the caller saw.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn claim(unit: &UnitOfWork, id: Uuid, attempts: i32, until: DateTime<Utc>) -> Result<bool, StorageError> {
    static CLAIM: Sql =
        Sql::new("UPDATE sealflow_outbox SET attempts = ?, next_attempt_at = ? WHERE id = ? AND attempts = ?");
    let values = [attempts.saturating_add(1).into(), Timestamp::from(until).into(), id.into(), attempts.into()];
    Ok(CLAIM.execute(unit.alone(), values).await? == 1)
}

/// Removes messages that were delivered or given up.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn delete(unit: &UnitOfWork, ids: &[Uuid]) -> Result<(), StorageError> {
    if !ids.is_empty() {
        let ids = ids.iter().copied().map(Id);
        Entity::delete_many().filter(Column::Id.is_in(ids)).exec(&unit.alone()).await?;
    }
    Ok(())
}

/// Puts a message off until `next_attempt_at` because of `error`, if its `attempts` is still what the caller saw. From
/// then on it is `made`: less, when no attempt came of what the caller had claimed.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn postpone(
    unit: &UnitOfWork,
    id: Uuid,
    attempts: i32,
    made: i32,
    next_attempt_at: DateTime<Utc>,
    error: &str,
) -> Result<(), StorageError> {
    static POSTPONE: Sql = Sql::new(
        "UPDATE sealflow_outbox SET attempts = ?, next_attempt_at = ?, last_error = ? WHERE id = ? AND attempts = ?",
    );
    let values = [made.into(), Timestamp::from(next_attempt_at).into(), error.into(), id.into(), attempts.into()];
    POSTPONE.execute(unit.alone(), values).await?;
    Ok(())
}
