//! Hooks that were registered over HTTP, and the events that they are called for.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::{
    Id, StorageError, Timestamp, UnitOfWork,
    entities::{
        webhook_events,
        webhooks::{Column, Entity, Model},
    },
    rows::{insert as insert_row, insert_all, visible},
    sql::Sql,
};

/// A hook to be. Its `failures` are 0 and it is enabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Its id.
    pub id: Uuid,
    /// The URL that events are posted to.
    pub callback: String,
    /// When it expires unless it is called before.
    pub expires_at: DateTime<Utc>,
    /// Its subscriptions and their ids: names of events, each once.
    pub events: Vec<(Uuid, String)>,
}

/// What a hook is called for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriptions {
    /// The hook.
    pub hook: Uuid,
    /// Names of events; each stands for all that begin with it.
    pub events: Vec<String>,
}

/// Inserts a hook with its subscriptions.
///
/// # Errors
///
/// When the database refuses.
pub async fn insert(unit: &mut UnitOfWork, hook: NewWebhook, now: DateTime<Utc>) -> Result<(), StorageError> {
    let (tenant_id, webhook_id) = (Id(unit.tenant()), Id(hook.id));
    let row = Model {
        id: webhook_id,
        callback: hook.callback,
        enabled: true,
        failures: 0,
        expires_at: hook.expires_at.into(),
        created_at: now.into(),
        updated_at: now.into(),
        tenant_id,
    };
    let event = |(id, event)| webhook_events::Model {
        id: Id(id),
        webhook_id,
        event,
        created_at: now.into(),
        updated_at: now.into(),
        tenant_id,
    };
    insert_row(unit, row).await?;
    insert_all(unit, hook.events.into_iter().map(event).collect()).await
}

/// The enabled hooks and what they are called for, in the order of their creation.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn enabled(unit: &UnitOfWork) -> Result<Vec<Subscriptions>, StorageError> {
    static FIND: Sql = Sql::new(
        "SELECT w.id AS id, e.event AS event FROM webhooks w JOIN webhook_events e ON e.webhook_id = w.id \
         WHERE w.tenant_id = ? AND w.enabled = ? ORDER BY w.created_at, w.id",
    );
    let mut found: Vec<Subscriptions> = Vec::new();
    for row in FIND.all(unit.read(), [unit.tenant().into(), true.into()]).await? {
        let (hook, event): (Id, String) = (row.try_get("", "id")?, row.try_get("", "event")?);
        match found.last_mut() {
            Some(last) if last.hook == hook.0 => last.events.push(event),
            _ => found.push(Subscriptions { hook: hook.0, events: vec![event] }),
        }
    }
    Ok(found)
}

/// The hook with this id.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn by_id(unit: &UnitOfWork, id: Uuid) -> Result<Option<Model>, StorageError> {
    let query = visible::<Entity>(unit, Column::TenantId).filter(Column::Id.eq(Id(id)));
    Ok(query.one(&unit.read()).await?)
}

/// Records that a call succeeded: the failures are forgotten, and the hook expires at `expires_at`.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn record_success(unit: &UnitOfWork, id: Uuid, expires_at: DateTime<Utc>) -> Result<(), StorageError> {
    static UPDATE: Sql = Sql::new("UPDATE webhooks SET failures = 0, expires_at = ? WHERE id = ? AND tenant_id = ?");
    UPDATE.execute(unit.alone(), [Timestamp::from(expires_at).into(), id.into(), unit.tenant().into()]).await?;
    Ok(())
}

/// Counts a failure; the one after `tolerated` failures in a row disables the hook.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn record_failure(unit: &UnitOfWork, id: Uuid, tolerated: i32) -> Result<(), StorageError> {
    // MySQL assigns from left to right, so `enabled` comes first: it is about the count from before.
    static UPDATE: Sql = Sql::new(
        "UPDATE webhooks SET enabled = CASE WHEN failures >= ? THEN FALSE ELSE enabled END, failures = failures + 1 \
         WHERE id = ? AND tenant_id = ?",
    );
    UPDATE.execute(unit.alone(), [tolerated.into(), id.into(), unit.tenant().into()]).await?;
    Ok(())
}

/// Disables the hook if it has expired before `now`. Returns whether it has.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn expire(unit: &UnitOfWork, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError> {
    static UPDATE: Sql =
        Sql::new("UPDATE webhooks SET enabled = FALSE WHERE id = ? AND tenant_id = ? AND expires_at < ?");
    let values = [id.into(), unit.tenant().into(), Timestamp::from(now).into()];
    Ok(UPDATE.execute(unit.alone(), values).await? > 0)
}
