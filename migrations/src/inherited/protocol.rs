//! Sessions, flows, keys, the audit log and webhooks.

use crate::blueprint::{Blueprint, Cascade, STRING, Type, counted_table, table};

pub(super) fn sessions() -> Blueprint {
    table("sessions")
        .column("user_id", Type::Uuid)
        .optional("user_agent", STRING)
        .optional("ip_address", STRING)
        .optional("expires_at", Type::Timestamp)
        .column("last_used", Type::Timestamp)
        .timestamps()
        .tenant()
        .belongs_to_user(Cascade)
}

pub(super) fn flows() -> Blueprint {
    table("flows")
        .column("version", Type::Integer)
        .column("expires_at", Type::Timestamp)
        .timestamps()
        .column("csrf_token", Type::Text(32))
        .column("data", Type::LongText)
        .tenant()
}

pub(super) fn jwks() -> Blueprint {
    counted_table("jwks").column("key_data", Type::LongText).column("created_at", Type::Timestamp).tenant()
}

pub(super) fn audit_logs() -> Blueprint {
    table("audit_logs")
        .column("type", STRING)
        .optional("error", STRING)
        .column("meta_http_request_id", STRING)
        .column("meta_source_ip", STRING)
        .column("meta_user_agent", STRING)
        .optional("actor_user_id", Type::Uuid)
        .optional("actor_email", STRING)
        .timestamps()
        .optional("details", Type::LongText)
        .tenant()
        .index(&["type"])
        .index(&["actor_user_id"])
        .index(&["actor_email"])
        .index(&["meta_http_request_id"])
        .index(&["meta_source_ip"])
}

pub(super) fn webhooks() -> Blueprint {
    table("webhooks")
        .column("callback", STRING)
        .defaulted("enabled", Type::Boolean, true)
        .defaulted("failures", Type::Integer, 0)
        .column("expires_at", Type::Timestamp)
        .timestamps()
        .tenant()
        .unique(&["tenant_id", "id"])
}

pub(super) fn webhook_events() -> Blueprint {
    table("webhook_events")
        .column("webhook_id", Type::Uuid)
        .column("event", STRING)
        .timestamps()
        .tenant()
        .reference("webhook_id", "webhooks", Cascade, Cascade)
        .tenant_reference("webhook", "webhook_id", "webhooks", Cascade, Cascade)
        .unique(&["webhook_id", "event"])
}
