//! What Sealflow adds to the inherited schema: the outbox, and the indexes that its hot queries and the deletion of a
//! user need. MySQL indexes the columns of foreign keys by itself.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, sea_query::Alias},
};

use crate::blueprint::{Blueprint, STRING, Type, index_name, index_statement, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Foreign keys without an index on PostgreSQL and SQLite.
const FOREIGN_KEYS: [(&str, &str); 15] = [
    ("emails", "user_id"),
    ("identities", "user_id"),
    ("identities", "email_id"),
    ("passcodes", "user_id"),
    ("passcodes", "email_id"),
    ("trusted_devices", "user_id"),
    ("tokens", "user_id"),
    ("tokens", "identity_id"),
    ("webauthn_credential_user_handles", "user_id"),
    ("webauthn_credentials", "user_id"),
    ("webauthn_credentials", "user_handle_id"),
    ("webauthn_credential_transports", "webauthn_credential_id"),
    ("webauthn_session_data_allowed_credentials", "webauthn_session_data_id"),
    ("sessions", "user_id"),
    ("saml_idp_metadata", "provider_id"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        outbox().create(manager).await?;
        if manager.get_database_backend() == DbBackend::MySql {
            return Ok(());
        }
        for (table, column) in FOREIGN_KEYS {
            let name = name_of(table, column);
            if !manager.has_index(table, &name).await? {
                manager.create_index(index_statement(table, &[column], false).name(name).take()).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        outbox().drop(manager).await?;
        if manager.get_database_backend() == DbBackend::MySql {
            return Ok(());
        }
        for (table, column) in FOREIGN_KEYS {
            let mut index = Index::drop();
            index.name(name_of(table, column)).table(Alias::new(table)).if_exists();
            manager.drop_index(index).await?;
        }
        Ok(())
    }
}

/// Mails and webhooks that were decided in a transaction and are delivered after it. No foreign keys: a row outlives
/// its tenant by minutes at most, and existing MySQL databases have another collation in the columns referred to.
fn outbox() -> Blueprint {
    table("sealflow_outbox")
        .column("tenant_id", Type::Uuid)
        .column("kind", STRING)
        .column("payload", Type::VeryLongText)
        .column("attempts", Type::Integer)
        .column("next_attempt_at", Type::Timestamp)
        .column("created_at", Type::Timestamp)
        .optional("last_error", Type::LongText)
        .index(&["next_attempt_at"])
}

/// PostgreSQL cuts names at 63 bytes; a name that follows the pattern but is longer is shortened here instead.
fn name_of(table: &str, column: &str) -> String {
    let name = index_name(table, &[column]);
    if name.len() <= 63 { name } else { index_name(table, &[column.trim_start_matches("webauthn_")]) }
}
