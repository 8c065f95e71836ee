//! The audit log.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Id, StorageError, UnitOfWork, entities::audit_logs::Model, rows::insert as insert_row, types::truncated};

/// An entry to be. Texts longer than 255 characters are cut, except `details`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Its id.
    pub id: Uuid,
    /// What happened.
    pub kind: String,
    /// What went wrong.
    pub error: Option<String>,
    /// The id of the request, as in its response's header `X-Request-ID`.
    pub request_id: String,
    /// The address of the client.
    pub source_ip: String,
    /// The header of the client.
    pub user_agent: String,
    /// Who did it.
    pub actor_user_id: Option<Uuid>,
    /// The primary address of who did it, possibly masked.
    pub actor_email: Option<String>,
    /// More about it: a JSON object as text.
    pub details: Option<String>,
}

/// Inserts an entry.
///
/// # Errors
///
/// When the database refuses.
pub async fn insert(unit: &mut UnitOfWork, entry: NewEntry, now: DateTime<Utc>) -> Result<(), StorageError> {
    let cut = |text: String| truncated(&text, 255).to_owned();
    let row = Model {
        id: Id(entry.id),
        r#type: cut(entry.kind),
        error: entry.error.map(cut),
        meta_http_request_id: cut(entry.request_id),
        meta_source_ip: cut(entry.source_ip),
        meta_user_agent: cut(entry.user_agent),
        actor_user_id: entry.actor_user_id.map(Id),
        actor_email: entry.actor_email.map(cut),
        created_at: now.into(),
        updated_at: now.into(),
        details: entry.details,
        tenant_id: Id(unit.tenant()),
    };
    insert_row(unit, row).await
}
