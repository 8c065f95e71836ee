//! The outbox in the database.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::store::{OutboxRow, OutboxStore, Postponement};
use crate::{
    secret::Secret,
    storage::{DEFAULT_TENANT, Database, Id, StorageError, UnitOfWork, entities::sealflow_outbox::Model, outbox},
};

impl OutboxStore for Database {
    type Unit = UnitOfWork;
    type Error = StorageError;

    async fn insert(unit: &mut UnitOfWork, rows: Vec<OutboxRow>) -> Result<(), StorageError> {
        let tenant_id = Id(unit.tenant());
        let message = |row: OutboxRow| Model {
            id: Id(row.id),
            tenant_id,
            kind: row.kind,
            payload: Secret::new(row.payload),
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at.into(),
            created_at: row.created_at.into(),
            last_error: None,
        };
        outbox::insert(unit, rows.into_iter().map(message).collect()).await
    }

    async fn due(&self, kind: &str, now: DateTime<Utc>, limit: u64) -> Result<Vec<OutboxRow>, StorageError> {
        let found = outbox::due(&self.unit(DEFAULT_TENANT), kind, now, limit).await?;
        let row = |message: Model| OutboxRow {
            id: message.id.into(),
            kind: message.kind,
            payload: message.payload.expose().clone(),
            attempts: message.attempts,
            next_attempt_at: message.next_attempt_at.0,
            created_at: message.created_at.0,
        };
        Ok(found.into_iter().map(row).collect())
    }

    async fn claim(&self, id: Uuid, attempts: i32, until: DateTime<Utc>) -> Result<bool, StorageError> {
        outbox::claim(&self.unit(DEFAULT_TENANT), id, attempts, until).await
    }

    async fn postpone(&self, id: Uuid, attempts: i32, to: Postponement<'_>) -> Result<(), StorageError> {
        let Postponement { attempts: made, until, reason } = to;
        outbox::postpone(&self.unit(DEFAULT_TENANT), id, attempts, made, until, reason).await
    }

    async fn delete(&self, ids: &[Uuid]) -> Result<(), StorageError> {
        outbox::delete(&self.unit(DEFAULT_TENANT), ids).await
    }
}
