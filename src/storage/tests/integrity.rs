//! What goes along when something is deleted.

use super::*;
use crate::{
    random::SystemRandom,
    storage::{
        audit_logs, emails, otp_secrets, password_credentials, primary_emails,
        sessions::{self, NewSession},
        testing::{execute, text},
        trusted_devices, usernames, webauthn_session_data,
    },
};

async fn count(database: &Database, table: &str) -> String {
    text(database, &format!("SELECT CAST(COUNT(*) AS CHAR(9)) FROM {table}")).await.unwrap().trim().to_owned()
}

/// A row in every table that belongs to a user.
async fn fill(database: &Database) {
    create_user(database, 1).await;
    let mut unit = unit(database);
    emails::insert(&mut unit, id(2), Some(id(1)), "ada@example.org", true, now()).await.unwrap();
    primary_emails::set(&mut unit, id(3), id(1), id(2), now()).await.unwrap();
    usernames::insert(&mut unit, id(4), id(1), "ada", now()).await.unwrap();
    password_credentials::insert(&mut unit, id(5), id(1), "hash".to_owned().into(), now()).await.unwrap();
    otp_secrets::insert(&mut unit, id(6), id(1), "SECRET".to_owned().into(), None, now()).await.unwrap();
    trusted_devices::insert(&mut unit, id(7), id(1), "token".to_owned().into(), later(60), now()).await.unwrap();
    super::credentials::register(&mut unit, "passkey", id(1), false).await;
    let session = NewSession { id: id(8), user: id(1), user_agent: None, ip_address: None, expires_at: None };
    sessions::insert(&mut unit, session, now()).await.unwrap();
    let entry = audit_logs::NewEntry {
        id: id(9),
        kind: "user_created".to_owned(),
        error: None,
        request_id: String::new(),
        source_ip: String::new(),
        user_agent: String::new(),
        actor_user_id: Some(id(1)),
        actor_email: None,
        details: None,
    };
    audit_logs::insert(&mut unit, entry, now()).await.unwrap();
    unit.commit().await.unwrap();
    let (user, email, identity, time) = (id(1), id(2), id(10), "2026-01-01 00:00:00");
    for sql in [
        format!(
            "INSERT INTO user_metadata (id, user_id, created_at, updated_at) VALUES ('{identity}', '{user}', '{time}', '{time}')"
        ),
        format!(
            "INSERT INTO identities (id, provider_user_id, provider_id, email_id, user_id, created_at, updated_at) \
             VALUES ('{identity}', 'sub', 'google', '{email}', '{user}', '{time}', '{time}')"
        ),
        format!(
            "INSERT INTO saml_identities (id, identity_id, domain, created_at, updated_at) \
             VALUES ('{identity}', '{identity}', 'example.org', '{time}', '{time}')"
        ),
        format!(
            "INSERT INTO tokens (id, user_id, value, expires_at, identity_id, created_at, updated_at) \
             VALUES ('{identity}', '{user}', 'value', '{time}', '{identity}', '{time}', '{time}')"
        ),
        format!(
            "INSERT INTO webauthn_credential_user_handles (id, user_id, handle, created_at, updated_at) \
             VALUES ('{identity}', '{user}', 'handle', '{time}', '{time}')"
        ),
        format!("UPDATE webauthn_credentials SET user_handle_id = '{identity}'"),
    ] {
        assert_eq!(execute(database, &sql).await, 1, "{sql}");
    }
}

const OWNED: [&str; 14] = [
    "emails",
    "primary_emails",
    "usernames",
    "user_metadata",
    "password_credentials",
    "otp_secrets",
    "webauthn_credentials",
    "webauthn_credential_transports",
    "webauthn_credential_user_handles",
    "identities",
    "saml_identities",
    "tokens",
    "sessions",
    "trusted_devices",
];

on_every_database! {
    /// Covers DATA-16, DATA-17.
    async fn deleting_a_user_deletes_everything_but_the_audit_log(database: Database) {
        fill(&database).await;
        for table in OWNED {
            assert_ne!(count(&database, table).await, "0", "{table}");
        }
        let mut unit = unit(&database);
        assert!(users::delete(&mut unit, id(1)).await.unwrap());
        unit.commit().await.unwrap();
        for table in OWNED {
            assert_eq!(count(&database, table).await, "0", "{table}");
        }
        assert_eq!(count(&database, "audit_logs").await, "1");
    }

    /// Covers DATA-18, DATA-19.
    async fn deleting_an_address_deletes_the_identities_matched_with_it(database: Database) {
        fill(&database).await;
        let mut unit = unit(&database);
        primary_emails::unset(&mut unit, id(1)).await.unwrap();
        assert!(emails::delete(&mut unit, id(2)).await.unwrap());
        unit.commit().await.unwrap();
        for table in ["identities", "saml_identities", "tokens"] {
            assert_eq!(count(&database, table).await, "0", "{table}");
        }
        assert_eq!(count(&database, "users").await, "1");
    }

    async fn ending_a_ceremony_deletes_its_credentials(database: Database) {
        let mut unit = unit(&database);
        let begun = webauthn_session_data::Ceremony {
            id: id(1),
            challenge: "challenge".to_owned(),
            user: id(2),
            user_verification: String::new(),
            operation: "authentication".to_owned(),
            expires_at: None,
            allowed_credentials: vec!["a".to_owned()],
        };
        webauthn_session_data::insert(&mut unit, &SystemRandom, begun, now()).await.unwrap();
        assert!(webauthn_session_data::take(&mut unit, id(1)).await.unwrap());
        unit.commit().await.unwrap();
        assert_eq!(count(&database, "webauthn_session_data_allowed_credentials").await, "0");
    }

    /// Covers TEN-5.
    async fn deleting_a_tenant_deletes_its_rows(database: Database) {
        create_other_tenant(&database).await;
        let mut other = database.unit(OTHER_TENANT);
        users::insert(&mut other, id(1), users::PersonalData::default(), now(), now()).await.unwrap();
        emails::insert(&mut other, id(2), Some(id(1)), "ada@example.org", true, now()).await.unwrap();
        other.commit().await.unwrap();
        create_user(&database, 3).await;
        execute(&database, &format!("DELETE FROM tenants WHERE id = '{OTHER_TENANT}'")).await;
        assert_eq!((count(&database, "users").await, count(&database, "emails").await), ("1".to_owned(), "0".to_owned()));
    }
}
