//! One recorded event: the row of the table `audit_logs` and the line on the console (spec chapter 06 section 7.2).

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use uuid::Uuid;

use super::event::{Actor, AuditEvent, Details, EventType};

/// What the columns of type `VARCHAR(255)` hold, in characters.
const COLUMN_LENGTH: usize = 255;

/// The request that caused an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestMeta {
    /// The value of the response header `X-Request-ID`.
    pub request_id: String,
    /// The client's address, as the configured extractor sees it.
    pub ip: String,
    /// The request header `User-Agent`.
    pub user_agent: String,
}

/// A row of the table `audit_logs`. Texts are cut to what the columns hold, so that no client can make an insert fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// The row's id.
    pub id: Uuid,
    /// What happened.
    pub event_type: EventType,
    /// What went wrong.
    pub error: Option<String>,
    /// See [`RequestMeta::request_id`].
    pub meta_http_request_id: String,
    /// See [`RequestMeta::ip`].
    pub meta_source_ip: String,
    /// See [`RequestMeta::user_agent`].
    pub meta_user_agent: String,
    /// The user who did it.
    pub actor_user_id: Option<Uuid>,
    /// That user's primary address.
    pub actor_email: Option<String>,
    /// The details; `None` if there are none.
    pub details: Option<Details>,
    /// When it happened.
    pub created_at: DateTime<Utc>,
}

impl AuditRecord {
    pub(super) fn new(id: Uuid, created_at: DateTime<Utc>, meta: &RequestMeta, event: AuditEvent) -> Self {
        let (actor_user_id, actor_email) = match event.actor {
            Actor::None => (None, None),
            Actor::Id(id) => (Some(id), None),
            Actor::Full(id, email) => (Some(id), email.map(cut)),
        };
        Self {
            id,
            event_type: event.event_type,
            error: event.error.map(cut),
            meta_http_request_id: cut(meta.request_id.clone()),
            meta_source_ip: cut(meta.ip.clone()),
            meta_user_agent: cut(meta.user_agent.clone()),
            actor_user_id,
            actor_email,
            details: (!event.details.is_empty()).then_some(event.details),
            created_at,
        }
    }

    /// The content of the column `details`: a JSON object, or the text `null`.
    #[must_use]
    pub fn details_text(&self) -> String {
        json!(self.details).to_string()
    }

    /// The line for the console: a JSON object without line breaks, members in the order of the specification.
    pub(super) fn console_line(&self) -> String {
        let mut line = json!({
            "audience": "audit",
            "type": self.event_type,
            "error": self.error.as_deref().unwrap_or_default(),
            "http_request_id": self.meta_http_request_id,
            "source_ip": self.meta_source_ip,
            "user_agent": self.meta_user_agent,
            "details": self.details,
            "time": self.created_at.to_rfc3339_opts(SecondsFormat::Nanos, true),
            "time_unix": self.created_at.timestamp().to_string(),
        });
        if let Some(id) = self.actor_user_id {
            line["user_id"] = json!(id);
        }
        if let Some(email) = &self.actor_email {
            line["user_email"] = json!(email);
        }
        line.to_string()
    }
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(COLUMN_LENGTH) {
        text.truncate(end);
    }
    text
}
