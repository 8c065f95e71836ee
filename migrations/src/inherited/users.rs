//! Users and what identifies them.

use crate::blueprint::{Blueprint, Cascade, NoAction, Restrict, STRING, Type, table};

pub(super) fn users() -> Blueprint {
    table("users")
        .timestamps()
        .optional("name", STRING)
        .optional("family_name", STRING)
        .optional("given_name", STRING)
        .optional("picture", Type::LongText)
        .tenant()
        .unique(&["tenant_id", "id"])
}

pub(super) fn emails() -> Blueprint {
    table("emails")
        .optional("user_id", Type::Uuid)
        .column("address", STRING)
        .column("verified", Type::Boolean)
        .timestamps()
        .tenant()
        .belongs_to_user(Cascade)
        .unique(&["tenant_id", "id"])
        .unique(&["tenant_id", "address"])
}

pub(super) fn primary_emails() -> Blueprint {
    table("primary_emails")
        .column("email_id", Type::Uuid)
        .column("user_id", Type::Uuid)
        .timestamps()
        .tenant()
        .reference("email_id", "emails", Restrict, Cascade)
        .tenant_reference("email", "email_id", "emails", Restrict, Cascade)
        .belongs_to_user(Cascade)
        .unique(&["email_id"])
        .unique(&["user_id"])
}

pub(super) fn usernames() -> Blueprint {
    table("usernames")
        .column("user_id", Type::Uuid)
        .column("username", STRING)
        .timestamps()
        .tenant()
        .belongs_to_user(Cascade)
        .unique(&["user_id"])
        .unique(&["tenant_id", "username"])
}

pub(super) fn user_metadata() -> Blueprint {
    table("user_metadata")
        .column("user_id", Type::Uuid)
        .optional("public_metadata", Type::Text(3000))
        .optional("private_metadata", Type::Text(3000))
        .optional("unsafe_metadata", Type::Text(3000))
        .timestamps()
        .tenant()
        .belongs_to_user(NoAction)
        .unique(&["user_id"])
}

pub(super) fn identities() -> Blueprint {
    table("identities")
        .column("provider_user_id", STRING)
        .column("provider_id", STRING)
        .optional("data", Type::LongText)
        .optional("email_id", Type::Uuid)
        .timestamps()
        .optional("user_id", Type::Uuid)
        .tenant()
        .reference("email_id", "emails", Cascade, NoAction)
        .named_reference("identities_users_id_fk", &["user_id"], "users", &["id"], Cascade, NoAction)
        .tenant_reference("email", "email_id", "emails", Cascade, NoAction)
        .tenant_reference("user", "user_id", "users", Cascade, NoAction)
        .unique(&["tenant_id", "id"])
        .unique(&["tenant_id", "provider_user_id", "provider_id"])
}
