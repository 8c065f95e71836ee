//! The final schema of the original (spec chapter 06 1.6). Where the spec asks for something better than the original's
//! definition, a new database gets it: longer credential ids, SAML states of any length, byte-exact comparison on MySQL.

mod credentials;
mod protocol;
mod saml;
mod users;
mod webauthn;

use crate::blueprint::{Blueprint, Type, table};

/// All tables, each after those that it refers to.
pub(crate) fn tables() -> Vec<Blueprint> {
    vec![
        tenants(),
        users::users(),
        users::emails(),
        users::primary_emails(),
        users::usernames(),
        users::user_metadata(),
        users::identities(),
        credentials::password_credentials(),
        credentials::otp_secrets(),
        credentials::passcodes(),
        credentials::trusted_devices(),
        credentials::tokens(),
        webauthn::user_handles(),
        webauthn::credentials(),
        webauthn::transports(),
        webauthn::session_data(),
        webauthn::allowed_credentials(),
        protocol::sessions(),
        protocol::flows(),
        protocol::jwks(),
        protocol::audit_logs(),
        protocol::webhooks(),
        protocol::webhook_events(),
        saml::states(),
        saml::certificates(),
        saml::identities(),
        saml::idp_initiated_requests(),
        saml::providers(),
        saml::idp_metadata(),
    ]
}

fn tenants() -> Blueprint {
    table("tenants").optional("config", Type::Json).timestamps()
}
