//! The audit log in the database: its rows belong to the unit of work that causes them.

use super::{AuditRecord, AuditStore};
use crate::storage::{
    StorageError, UnitOfWork,
    audit_logs::{self, NewEntry},
};

impl AuditStore for UnitOfWork {
    type Error = StorageError;

    async fn insert(&mut self, record: AuditRecord) -> Result<(), StorageError> {
        let details = record.details_text();
        let kind = serde_json::to_value(record.event_type).ok();
        let entry = NewEntry {
            id: record.id,
            kind: kind.and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default(),
            error: record.error,
            request_id: record.meta_http_request_id,
            source_ip: record.meta_source_ip,
            user_agent: record.meta_user_agent,
            actor_user_id: record.actor_user_id,
            actor_email: record.actor_email,
            details: Some(details),
        };
        audit_logs::insert(self, entry, record.created_at).await
    }
}
