//! WebAuthn credentials and ceremonies.

use crate::blueprint::{Blueprint, Cascade, NoAction, STRING, SetNull, Type, table, table_with_key};

pub(super) fn user_handles() -> Blueprint {
    table("webauthn_credential_user_handles")
        .column("user_id", Type::Uuid)
        .column("handle", STRING)
        .timestamps()
        .tenant()
        .belongs_to_user(Cascade)
        .unique(&["handle"])
        .unique(&["id", "user_id"])
        .unique(&["tenant_id", "id"])
}

pub(super) fn credentials() -> Blueprint {
    table_with_key("webauthn_credentials", Type::CredentialId)
        .column("user_id", Type::Uuid)
        .column("public_key", Type::LongText)
        .column("attestation_type", STRING)
        .column("aaguid", Type::Uuid)
        .column("sign_count", Type::Integer)
        .timestamps()
        .optional("name", STRING)
        .defaulted("backup_eligible", Type::Boolean, false)
        .defaulted("backup_state", Type::Boolean, false)
        .optional("last_used_at", Type::Timestamp)
        .defaulted("mfa_only", Type::Boolean, false)
        .optional("user_handle_id", Type::Uuid)
        .tenant()
        .belongs_to_user(Cascade)
        .named_reference(
            "webauthn_credentials_webauthn_credential_user_handles_id_fk",
            &["user_handle_id"],
            "webauthn_credential_user_handles",
            &["id"],
            SetNull,
            Cascade,
        )
        .named_reference(
            "webauthn_credential_user_handle_fkey",
            &["user_handle_id", "user_id"],
            "webauthn_credential_user_handles",
            &["id", "user_id"],
            NoAction,
            Cascade,
        )
        .unique(&["tenant_id", "id"])
}

pub(super) fn transports() -> Blueprint {
    table_with_key("webauthn_credential_transports", STRING)
        .column("name", STRING)
        .column("webauthn_credential_id", Type::CredentialId)
        .tenant()
        .reference("webauthn_credential_id", "webauthn_credentials", Cascade, Cascade)
        .tenant_reference("credential", "webauthn_credential_id", "webauthn_credentials", Cascade, Cascade)
        .unique(&["name", "webauthn_credential_id"])
}

pub(super) fn session_data() -> Blueprint {
    table("webauthn_session_data")
        .column("challenge", STRING)
        .column("user_id", Type::Uuid)
        .column("user_verification", STRING)
        .column("operation", STRING)
        .timestamps()
        .optional("expires_at", Type::Timestamp)
        .tenant()
        .unique(&["challenge"])
        .unique(&["tenant_id", "id"])
}

pub(super) fn allowed_credentials() -> Blueprint {
    table("webauthn_session_data_allowed_credentials")
        .column("credential_id", Type::CredentialId)
        .column("webauthn_session_data_id", Type::Uuid)
        .timestamps()
        .tenant()
        .reference("webauthn_session_data_id", "webauthn_session_data", Cascade, Cascade)
        .tenant_reference("session", "webauthn_session_data_id", "webauthn_session_data", Cascade, Cascade)
}
