//! Sign-in through SAML identity providers.

use crate::blueprint::{Blueprint, Cascade, STRING, Type, table};

pub(super) fn states() -> Blueprint {
    table("saml_states")
        .column("nonce", STRING)
        // The original's 500 characters are too few for a long redirect URL.
        .column("state", Type::LongText)
        .column("expires_at", Type::Timestamp)
        .timestamps()
        .tenant()
        .unique(&["nonce"])
}

pub(super) fn certificates() -> Blueprint {
    table("saml_certificates")
        .column("cert_data", Type::LongText)
        .column("cert_key", Type::LongText)
        .column("encryption_key", STRING)
        .timestamps()
        .tenant()
}

pub(super) fn identities() -> Blueprint {
    table("saml_identities")
        .column("identity_id", Type::Uuid)
        .column("domain", STRING)
        .timestamps()
        .tenant()
        .reference("identity_id", "identities", Cascade, Cascade)
        .tenant_reference("identity", "identity_id", "identities", Cascade, Cascade)
        .unique(&["identity_id", "domain"])
}

pub(super) fn idp_initiated_requests() -> Blueprint {
    table("saml_idp_initiated_requests")
        .column("response_id", STRING)
        .column("issuer", STRING)
        .column("expires_at", Type::Timestamp)
        .column("created_at", Type::Timestamp)
        .tenant()
        .unique(&["response_id", "issuer"])
}

pub(super) fn providers() -> Blueprint {
    table("saml_providers")
        .column("tenant_id", Type::Uuid)
        .column("name", STRING)
        .column("entity_id", STRING)
        .column("metadata_url", STRING)
        .column("domain", STRING)
        .defaulted("enabled", Type::Boolean, true)
        .defaulted("skip_email_verification", Type::Boolean, false)
        .optional("attribute_map", Type::Json)
        .timestamps()
        .reference("tenant_id", "tenants", Cascade, Cascade)
        .index(&["tenant_id"])
        .unique(&["tenant_id", "domain"])
}

pub(super) fn idp_metadata() -> Blueprint {
    table("saml_idp_metadata")
        .column("tenant_id", Type::Uuid)
        .column("provider_id", Type::Uuid)
        .column("raw_metadata_xml", Type::LongText)
        .column("issuer", STRING)
        .optional("sso_url", STRING)
        .column("certificates_pem", Type::LongText)
        .column("last_fetched_at", Type::Timestamp)
        .timestamps()
        .reference("tenant_id", "tenants", Cascade, Cascade)
        .reference("provider_id", "saml_providers", Cascade, Cascade)
        .unique(&["tenant_id", "provider_id"])
}
