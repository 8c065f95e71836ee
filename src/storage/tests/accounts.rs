//! Users, addresses, usernames, passwords.

use super::*;
use crate::{
    secret::Secret,
    storage::{
        StorageError, Timestamp, emails, identities, otp_secrets, password_credentials, primary_emails, profile,
        testing::{execute, text},
        user_metadata, usernames, webauthn_credentials,
    },
};

on_every_database! {
    /// Covers DATA-7.
    async fn every_row_belongs_to_the_tenant_of_its_unit(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        emails::insert(&mut unit, id(2), Some(id(1)), "ada@example.org", true, now()).await.unwrap();
        usernames::insert(&mut unit, id(3), id(1), "ada", now()).await.unwrap();
        unit.commit().await.unwrap();
        for table in ["users", "emails", "usernames"] {
            let tenant = text(&database, &format!("SELECT CAST(tenant_id AS CHAR(36)) FROM {table}")).await.unwrap();
            assert_eq!(tenant, DEFAULT_TENANT.to_string(), "{table}");
        }
        let tenants = text(&database, "SELECT CAST(COUNT(*) AS CHAR(1)) FROM tenants").await.unwrap();
        assert_eq!(tenants, "1");
    }

    /// Covers DATA-8, TEN-3.
    async fn rows_of_another_tenant_are_invisible(database: Database) {
        create_other_tenant(&database).await;
        let mut other = database.unit(OTHER_TENANT);
        users::insert(&mut other, id(1), users::PersonalData::default(), now(), now()).await.unwrap();
        emails::insert(&mut other, id(2), Some(id(1)), "ada@example.org", true, now()).await.unwrap();
        primary_emails::set(&mut other, id(3), id(1), id(2), now()).await.unwrap();
        usernames::insert(&mut other, id(4), id(1), "ada", now()).await.unwrap();
        password_credentials::insert(&mut other, id(5), id(1), "hash".to_owned().into(), now()).await.unwrap();
        other.commit().await.unwrap();

        let mut unit = unit(&database);
        assert_eq!(users::by_id(&unit, id(1)).await.unwrap(), None);
        assert_eq!(users::account_facts(&unit, id(1)).await.unwrap(), None);
        assert_eq!(profile::load(&unit, id(1)).await.unwrap(), None);
        assert_eq!(emails::by_address(&unit, "ada@example.org").await.unwrap(), None);
        assert_eq!(emails::of_user(&unit, id(1)).await.unwrap(), []);
        assert_eq!(primary_emails::of_user(&unit, id(1)).await.unwrap(), None);
        assert_eq!(usernames::by_name(&unit, "ada").await.unwrap(), None);
        assert_eq!(usernames::of_user(&unit, id(1)).await.unwrap(), None);
        assert_eq!(password_credentials::of_user(&unit, id(1)).await.unwrap(), None);
        assert!(!users::delete(&mut unit, id(1)).await.unwrap());
        assert!(!emails::set_verified(&mut unit, id(2), false, now()).await.unwrap());
        assert!(!emails::delete(&mut unit, id(2)).await.unwrap());
        assert!(!usernames::rename(&mut unit, id(1), "eve", now()).await.unwrap());
        assert!(!primary_emails::unset(&mut unit, id(1)).await.unwrap());

        users::insert(&mut unit, id(6), users::PersonalData::default(), now(), now()).await.unwrap();
        emails::insert(&mut unit, id(7), Some(id(6)), "ada@example.org", true, now()).await.unwrap();
        usernames::insert(&mut unit, id(8), id(6), "ada", now()).await.unwrap();
        assert_eq!(emails::by_address(&unit, "ada@example.org").await.unwrap().unwrap().id.0, id(7));
    }

    async fn what_is_written_is_read_back(database: Database) {
        let mut unit = unit(&database);
        let data = users::PersonalData {
            name: Some("Ada Lovelace".to_owned()),
            family_name: Some("ł".repeat(300)),
            given_name: None,
            picture: Some("https://example.org/ada.png".to_owned()),
        };
        let written = users::insert(&mut unit, id(1), data, now(), now()).await.unwrap();
        let address = emails::insert(&mut unit, id(2), None, "ada@example.org", false, now()).await.unwrap();
        let name = usernames::insert(&mut unit, id(3), id(1), "ada", now()).await.unwrap();
        unit.commit().await.unwrap();

        let unit = super::unit(&database);
        let read = users::by_id(&unit, id(1)).await.unwrap().unwrap();
        assert_eq!(read, written);
        assert_eq!(read.family_name.unwrap().chars().count(), 255);
        assert_eq!(emails::by_address(&unit, "ada@example.org").await.unwrap(), Some(address));
        assert_eq!(usernames::by_name(&unit, "ada").await.unwrap(), Some(name));
        assert_eq!(emails::by_address(&unit, "ADA@example.org").await.unwrap(), None);
        assert_eq!(usernames::by_name(&unit, "Ada").await.unwrap(), None);
    }

    /// Covers DATA-12, DATA-13.
    async fn a_taken_address_or_username_is_a_conflict(database: Database) {
        create_user(&database, 1).await;
        create_user(&database, 2).await;
        let mut unit = unit(&database);
        emails::insert(&mut unit, id(3), Some(id(1)), "ada@example.org", true, now()).await.unwrap();
        usernames::insert(&mut unit, id(4), id(1), "ada", now()).await.unwrap();
        unit.commit().await.unwrap();

        let mut unit = super::unit(&database);
        let error = emails::insert(&mut unit, id(5), Some(id(2)), "ada@example.org", true, now()).await.unwrap_err();
        assert!(error.is_unique_violation());
        assert_eq!(error.violated_constraint(), Some("emails_tenant_id_address_idx"));
        assert!(unit.rollback().await);
        let mut unit = super::unit(&database);
        let error = usernames::insert(&mut unit, id(6), id(2), "ada", now()).await.unwrap_err();
        assert_eq!(error.violated_constraint(), Some("usernames_tenant_id_username_idx"));
        assert!(unit.rollback().await);
        let mut unit = super::unit(&database);
        let error = usernames::insert(&mut unit, id(7), id(1), "lovelace", now()).await.unwrap_err();
        assert_eq!(error.violated_constraint(), Some("usernames_user_id_idx"));
        assert!(unit.rollback().await);
        let mut unit = super::unit(&database);
        let error = users::insert(&mut unit, id(1), users::PersonalData::default(), now(), now()).await.unwrap_err();
        assert!(error.is_unique_violation());
    }

    async fn an_input_that_no_column_can_hold_finds_nothing(database: Database) {
        let mut unit = unit(&database);
        assert_eq!(emails::by_address(&unit, "ada\0@example.org").await.unwrap(), None);
        assert_eq!(usernames::by_name(&unit, "\0").await.unwrap(), None);
        let data = users::PersonalData { name: Some("A\0da".to_owned()), ..users::PersonalData::default() };
        users::insert(&mut unit, id(1), data, now(), now()).await.unwrap();
        assert_eq!(users::by_id(&unit, id(1)).await.unwrap().unwrap().name.as_deref(), Some("A\u{FFFD}da"));
    }

    async fn addresses_that_differ_in_accents_are_different(database: Database) {
        let mut unit = unit(&database);
        emails::insert(&mut unit, id(1), None, "müller@example.org", true, now()).await.unwrap();
        emails::insert(&mut unit, id(2), None, "muller@example.org", true, now()).await.unwrap();
        assert_eq!(emails::by_address(&unit, "muller@example.org").await.unwrap().unwrap().id.0, id(2));
    }

    /// Covers DATA-14.
    async fn switching_the_primary_address_keeps_the_row(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        for (n, address) in [(2, "ada@example.org"), (3, "lovelace@example.org")] {
            emails::insert(&mut unit, id(n), Some(id(1)), address, true, now()).await.unwrap();
        }
        primary_emails::set(&mut unit, id(4), id(1), id(2), now()).await.unwrap();
        assert_eq!(primary_emails::of_user(&unit, id(1)).await.unwrap().unwrap().address, "ada@example.org");
        primary_emails::set(&mut unit, id(5), id(1), id(3), later(1)).await.unwrap();
        assert_eq!(primary_emails::of_user(&unit, id(1)).await.unwrap().unwrap().address, "lovelace@example.org");
        unit.commit().await.unwrap();
        let rows = text(&database, "SELECT CAST(COUNT(*) AS CHAR(1)) FROM primary_emails").await.unwrap();
        assert_eq!(rows, "1");
        assert_eq!(
            text(&database, "SELECT CAST(id AS CHAR(36)) FROM primary_emails").await.unwrap(),
            id(4).to_string()
        );
    }

    /// Covers DATA-15.
    async fn a_primary_address_cannot_be_deleted_before_it_is_unset(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        emails::insert(&mut unit, id(2), Some(id(1)), "ada@example.org", true, now()).await.unwrap();
        primary_emails::set(&mut unit, id(3), id(1), id(2), now()).await.unwrap();
        unit.commit().await.unwrap();

        let mut unit = super::unit(&database);
        assert!(matches!(emails::delete(&mut unit, id(2)).await, Err(StorageError::Reference)));
        unit.rollback().await;
        let mut unit = super::unit(&database);
        assert!(primary_emails::unset(&mut unit, id(1)).await.unwrap());
        assert!(emails::delete(&mut unit, id(2)).await.unwrap());
        assert!(!emails::delete(&mut unit, id(2)).await.unwrap());
    }

    /// Covers DATA-10.
    async fn changes_move_updated_at_and_never_created_at(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        emails::insert(&mut unit, id(2), Some(id(1)), "ada@example.org", false, now()).await.unwrap();
        usernames::insert(&mut unit, id(3), id(1), "ada", now()).await.unwrap();
        password_credentials::insert(&mut unit, id(4), id(1), "hash".to_owned().into(), now()).await.unwrap();
        assert!(emails::set_verified(&mut unit, id(2), true, later(1)).await.unwrap());
        assert!(usernames::rename(&mut unit, id(1), "lovelace", later(2)).await.unwrap());
        assert!(password_credentials::replace(&mut unit, id(1), "hash 2".to_owned().into(), later(3)).await.unwrap());

        let email = emails::by_address(&unit, "ada@example.org").await.unwrap().unwrap();
        assert!(email.verified);
        assert_eq!((email.created_at, email.updated_at), (now().into(), later(1).into()));
        let username = usernames::of_user(&unit, id(1)).await.unwrap().unwrap();
        assert_eq!((username.created_at, username.updated_at), (now().into(), later(2).into()));
        let password = password_credentials::of_user(&unit, id(1)).await.unwrap().unwrap();
        assert_eq!(password.password, Secret::new("hash 2".to_owned()));
        assert_eq!((password.created_at, password.updated_at), (now().into(), later(3).into()));
    }

    /// Covers DATA-9. The servers of the tests run in another time zone.
    async fn times_are_stored_as_utc(database: Database) {
        create_user(&database, 1).await;
        let cast = match database.backend() {
            sea_orm::DbBackend::Postgres => "to_char(created_at, 'YYYY-MM-DD HH24:MI:SS.US')",
            _ => "CAST(created_at AS CHAR(26))",
        };
        let stored = text(&database, &format!("SELECT {cast} FROM users")).await.unwrap();
        assert_eq!(stored, now().format("%Y-%m-%d %H:%M:%S%.6f").to_string());
    }

    async fn the_addresses_of_a_user_come_in_the_order_of_creation(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        for (n, address) in [(4, "b@example.org"), (3, "a@example.org"), (2, "c@example.org")] {
            emails::insert(&mut unit, id(n), Some(id(1)), address, true, later(10 - i64::try_from(n).unwrap())).await.unwrap();
        }
        let addresses: Vec<_> = emails::of_user(&unit, id(1)).await.unwrap().into_iter().map(|row| row.address).collect();
        assert_eq!(addresses, ["b@example.org", "a@example.org", "c@example.org"]);
    }

    async fn facts_tell_what_an_account_has(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        assert_eq!(users::account_facts(&unit, id(9)).await.unwrap(), None);
        assert_eq!(users::account_facts(&unit, id(1)).await.unwrap(), Some(users::AccountFacts::default()));

        emails::insert(&mut unit, id(2), Some(id(1)), "ada@example.org", true, now()).await.unwrap();
        let facts = users::account_facts(&unit, id(1)).await.unwrap().unwrap();
        assert_eq!(facts, users::AccountFacts { has_email: true, ..users::AccountFacts::default() });

        primary_emails::set(&mut unit, id(3), id(1), id(2), now()).await.unwrap();
        usernames::insert(&mut unit, id(4), id(1), "ada", now()).await.unwrap();
        password_credentials::insert(&mut unit, id(5), id(1), "hash".to_owned().into(), now()).await.unwrap();
        otp_secrets::insert(&mut unit, id(6), id(1), "SECRET".to_owned().into(), None, now()).await.unwrap();
        super::credentials::register(&mut unit, "passkey", id(1), false).await;
        let facts = users::account_facts(&unit, id(1)).await.unwrap().unwrap();
        let expected = users::AccountFacts {
            has_password: true,
            has_otp_secret: true,
            has_email: true,
            has_passkey: true,
            has_security_key: false,
            username: Some("ada".to_owned()),
            primary_email: Some("ada@example.org".to_owned()),
        };
        assert_eq!(facts, expected);
        assert!(facts.has_username() && facts.has_webauthn_credential());

        assert!(webauthn_credentials::delete(&mut unit, "passkey").await.unwrap());
        super::credentials::register(&mut unit, "key", id(1), true).await;
        let facts = users::account_facts(&unit, id(1)).await.unwrap().unwrap();
        assert_eq!(facts, users::AccountFacts { has_passkey: false, has_security_key: true, ..expected });
    }

    /// Covers DATA-33, DATA-34.
    async fn a_whole_account_is_loaded_even_when_a_saml_provider_is_gone(database: Database) {
        create_user(&database, 1).await;
        create_user(&database, 9).await;
        let mut unit = unit(&database);
        emails::insert(&mut unit, id(2), Some(id(1)), "ada@example.org", true, now()).await.unwrap();
        emails::insert(&mut unit, id(10), Some(id(9)), "eve@example.org", true, now()).await.unwrap();
        primary_emails::set(&mut unit, id(3), id(1), id(2), now()).await.unwrap();
        usernames::insert(&mut unit, id(4), id(1), "ada", now()).await.unwrap();
        super::credentials::register(&mut unit, "passkey", id(1), false).await;
        super::credentials::register(&mut unit, "other", id(9), false).await;
        unit.commit().await.unwrap();
        let (user, email) = (id(1), id(2));
        for (n, owner, email) in [(5, format!("'{user}'"), "NULL".to_owned()), (6, "NULL".to_owned(), format!("'{email}'"))] {
            let identity = id(n);
            execute(&database, &format!(
                "INSERT INTO identities (id, provider_user_id, provider_id, email_id, user_id, created_at, updated_at) \
                 VALUES ('{identity}', 'sub {n}', 'issuer', {email}, {owner}, '2026-01-01 00:00:0{n}', '2026-01-01 00:00:00')"
            )).await;
        }
        let (identity, saml) = (id(5), id(7));
        execute(&database, &format!(
            "INSERT INTO saml_identities (id, identity_id, domain, created_at, updated_at) \
             VALUES ('{saml}', '{identity}', 'example.org', '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
        )).await;
        let metadata = id(8);
        execute(&database, &format!(
            "INSERT INTO user_metadata (id, user_id, public_metadata, created_at, updated_at) \
             VALUES ('{metadata}', '{user}', '{{\"plan\":\"pro\"}}', '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
        )).await;

        let unit = super::unit(&database);
        let account = profile::load(&unit, id(1)).await.unwrap().unwrap();
        assert_eq!(Some(account.user), users::by_id(&unit, id(1)).await.unwrap());
        assert_eq!(account.emails, emails::of_user(&unit, id(1)).await.unwrap());
        assert_eq!(account.primary_email_id, Some(id(2)));
        assert_eq!(account.username, usernames::of_user(&unit, id(1)).await.unwrap());
        assert_eq!(account.password, None);
        assert_eq!(account.otp_secret, None);
        assert_eq!(account.metadata, user_metadata::of_user(&unit, id(1)).await.unwrap());
        assert!(account.metadata.is_some());
        assert_eq!(account.credentials.len(), 1);
        assert_eq!(account.credentials[0].row, webauthn_credentials::by_id(&unit, "passkey").await.unwrap().unwrap());
        assert_eq!(account.credentials[0].transports, ["hybrid", "internal"]);
        let [own, matched] = &account.identities[..] else { panic!("{:?}", account.identities) };
        assert_eq!(identities::of_user(&unit, id(1)).await.unwrap(), std::slice::from_ref(&own.row));
        assert_eq!(own.saml, Some(profile::SamlOrigin { domain: "example.org".to_owned(), provider: None }));
        assert_eq!((matched.row.email_id.unwrap().0, matched.saml.clone()), (id(2), None));

        let provider = id(11);
        execute(&database, &format!(
            "INSERT INTO saml_providers (id, tenant_id, name, entity_id, metadata_url, domain, enabled, \
             skip_email_verification, created_at, updated_at) VALUES ('{provider}', '{DEFAULT_TENANT}', 'Example', 'e', 'u', \
             'example.org', TRUE, FALSE, '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
        )).await;
        let account = profile::load(&unit, id(1)).await.unwrap().unwrap();
        let provider = profile::SamlProvider { name: "Example".to_owned(), enabled: true };
        assert_eq!(account.identities[0].saml.as_ref().unwrap().provider, Some(provider));
    }

    async fn an_account_with_everything_is_loaded(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        password_credentials::insert(&mut unit, id(5), id(1), "hash".to_owned().into(), now()).await.unwrap();
        otp_secrets::insert(&mut unit, id(6), id(1), "SECRET".to_owned().into(), Some(7), now()).await.unwrap();
        let account = profile::load(&unit, id(1)).await.unwrap().unwrap();
        assert_eq!(account.password, password_credentials::of_user(&unit, id(1)).await.unwrap());
        assert_eq!(account.otp_secret.unwrap().last_validated_step, Some(7));
        assert_eq!(account.user.created_at, Timestamp::from(now()));
        assert_eq!((account.emails, account.username, account.metadata), (vec![], None, None));
    }
}
