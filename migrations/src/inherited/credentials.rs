//! What a user proves an identity with, except WebAuthn.

use crate::blueprint::{Blueprint, Cascade, NoAction, STRING, Type, table};

pub(super) fn password_credentials() -> Blueprint {
    table("password_credentials")
        .column("user_id", Type::Uuid)
        .column("password", STRING)
        .timestamps()
        .tenant()
        .belongs_to_user(Cascade)
        .unique(&["user_id"])
}

pub(super) fn otp_secrets() -> Blueprint {
    table("otp_secrets")
        .column("user_id", Type::Uuid)
        .column("secret", STRING)
        .timestamps()
        .tenant()
        .optional("last_validated_step", Type::Integer)
        .belongs_to_user(Cascade)
        .unique(&["user_id"])
}

pub(super) fn passcodes() -> Blueprint {
    table("passcodes")
        .optional("user_id", Type::Uuid)
        .column("ttl", Type::Integer)
        .column("code", STRING)
        .column("try_count", Type::Integer)
        .timestamps()
        .optional("email_id", Type::Uuid)
        .tenant()
        .belongs_to_user(Cascade)
        .named_reference("passcodes_emails_id_fk", &["email_id"], "emails", &["id"], Cascade, Cascade)
}

pub(super) fn trusted_devices() -> Blueprint {
    table("trusted_devices")
        .column("user_id", Type::Uuid)
        .column("device_token", Type::Text(128))
        .column("expires_at", Type::Timestamp)
        .timestamps()
        .tenant()
        .belongs_to_user(Cascade)
        .index(&["device_token"])
}

pub(super) fn tokens() -> Blueprint {
    table("tokens")
        .column("user_id", Type::Uuid)
        .column("value", STRING)
        .column("expires_at", Type::Timestamp)
        .timestamps()
        .optional("identity_id", Type::Uuid)
        .defaulted("is_flow", Type::Boolean, false)
        .defaulted("user_created", Type::Boolean, false)
        .optional("code_verifier", STRING)
        .defaulted("link_user", Type::Boolean, false)
        .tenant()
        .belongs_to_user(NoAction)
        .named_reference("tokens_identities_id_fk", &["identity_id"], "identities", &["id"], Cascade, Cascade)
        .unique(&["value"])
}
