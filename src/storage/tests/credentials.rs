//! WebAuthn credentials and ceremonies, authenticator apps, passcodes, trusted devices.

use super::*;
use crate::{
    random::SystemRandom,
    storage::{
        StorageError, otp_secrets, passcodes, trusted_devices,
        webauthn_credentials::{self, NewCredential},
        webauthn_session_data::{self, Ceremony},
    },
};

/// Adds a credential with the transports `internal` and `hybrid`.
pub(super) async fn register(unit: &mut UnitOfWork, credential: &str, user: Uuid, mfa_only: bool) {
    webauthn_credentials::insert(unit, &SystemRandom, new(credential, user, mfa_only), now()).await.unwrap();
}

fn new(credential: &str, user: Uuid, mfa_only: bool) -> NewCredential {
    NewCredential {
        id: credential.to_owned(),
        user,
        public_key: "pQECAyYgASFYIA".repeat(20),
        attestation_type: "none".to_owned(),
        aaguid: Uuid::nil(),
        sign_count: 0,
        name: None,
        backup_eligible: false,
        backup_state: false,
        last_used_at: Some(now()),
        mfa_only,
        transports: ["internal", "", "hybrid", "internal"].map(str::to_owned).to_vec(),
    }
}

fn ceremony(n: u128, allowed: &[&str]) -> Ceremony {
    Ceremony {
        id: id(n),
        challenge: format!("challenge {n}"),
        user: Uuid::nil(),
        user_verification: "preferred".to_owned(),
        operation: "authentication".to_owned(),
        expires_at: Some(later(600)),
        allowed_credentials: allowed.iter().map(|&id| id.to_owned()).collect(),
    }
}

on_every_database! {
    async fn what_no_credential_id_can_be_finds_nothing(database: Database) {
        let unit = unit(&database);
        for id in ["", "\u{a0}", "\0", "\u{1f600}"] {
            assert_eq!(webauthn_credentials::by_id(&unit, id).await.unwrap(), None, "{id:?}");
        }
    }

    /// Its id is taken all the same.
    async fn a_credential_of_another_tenant_is_invisible(database: Database) {
        create_other_tenant(&database).await;
        let mut other = database.unit(OTHER_TENANT);
        users::insert(&mut other, id(1), users::PersonalData::default(), now(), now()).await.unwrap();
        register(&mut other, "passkey", id(1), false).await;
        other.commit().await.unwrap();
        let unit = unit(&database);
        assert_eq!(webauthn_credentials::by_id(&unit, "passkey").await.unwrap(), None);
        assert!(webauthn_credentials::exists(&unit, "passkey").await.unwrap());
        assert!(!webauthn_credentials::exists(&unit, "passkeys").await.unwrap());
    }

    /// Covers ENC-7, ENC-8.
    async fn a_credential_has_one_row_per_transport(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        register(&mut unit, "passkey", id(1), false).await;
        let names: Vec<_> =
            webauthn_credentials::transports_of_user(&unit, id(1)).await.unwrap().into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["hybrid", "internal"]);
        let row = webauthn_credentials::by_id(&unit, "passkey").await.unwrap().unwrap();
        assert_eq!((row.aaguid.0, row.mfa_only, row.name), (Uuid::nil(), false, None));
        let error = webauthn_credentials::insert(&mut unit, &SystemRandom, new("passkey", id(1), false), now()).await;
        assert!(error.unwrap_err().is_unique_violation());
    }

    /// Covers DATA-35.
    async fn credential_ids_and_tokens_are_case_sensitive(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        for (credential, mfa_only) in [("aBc", false), ("AbC", true)] {
            register(&mut unit, credential, id(1), mfa_only).await;
        }
        assert!(webauthn_credentials::by_id(&unit, "AbC").await.unwrap().unwrap().mfa_only);
        assert_eq!(webauthn_credentials::by_id(&unit, "abc").await.unwrap(), None);
        for (n, token) in [(2, "tOken"), (3, "ToKEN")] {
            let token = token.to_owned().into();
            trusted_devices::insert(&mut unit, id(n), id(1), token, later(60), now()).await.unwrap();
        }
        assert_eq!(trusted_devices::by_token(&unit, "ToKEN").await.unwrap().unwrap().id.0, id(3));
        assert_eq!(trusted_devices::by_token(&unit, "token").await.unwrap(), None);
    }

    async fn the_longest_credential_id_fits(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        let longest = "x".repeat(1364);
        register(&mut unit, &longest, id(1), false).await;
        assert!(webauthn_credentials::by_id(&unit, &longest).await.unwrap().is_some());
        webauthn_session_data::insert(&mut unit, &SystemRandom, ceremony(2, &[&longest]), now()).await.unwrap();
    }

    /// Covers DATA-32.
    async fn a_use_of_a_credential_is_recorded(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        register(&mut unit, "passkey", id(1), false).await;
        let recorded = webauthn_credentials::record_use(&mut unit, "passkey", u32::MAX, true, true, later(9)).await;
        assert!(recorded.unwrap());
        let row = webauthn_credentials::by_id(&unit, "passkey").await.unwrap().unwrap();
        assert_eq!((row.sign_count, row.backup_eligible, row.backup_state), (i32::MAX, true, true));
        assert_eq!((row.last_used_at, row.created_at), (Some(later(9).into()), now().into()));
        assert!(webauthn_credentials::rename(&mut unit, "passkey", "Phone", later(10)).await.unwrap());
        assert_eq!(webauthn_credentials::of_user(&unit, id(1)).await.unwrap()[0].name.as_deref(), Some("Phone"));
        assert!(!webauthn_credentials::record_use(&mut unit, "other", 1, true, true, later(9)).await.unwrap());
    }

    async fn a_ceremony_ends_once(database: Database) {
        let mut unit = unit(&database);
        for begun in [ceremony(1, &["a", "b"]), ceremony(2, &[])] {
            webauthn_session_data::insert(&mut unit, &SystemRandom, begun.clone(), now()).await.unwrap();
            assert_eq!(webauthn_session_data::by_id(&unit, begun.id).await.unwrap(), Some(begun.clone()));
            assert!(webauthn_session_data::take(&mut unit, begun.id).await.unwrap());
            assert!(!webauthn_session_data::take(&mut unit, begun.id).await.unwrap());
            assert_eq!(webauthn_session_data::by_id(&unit, begun.id).await.unwrap(), None);
        }
        let challenge = Ceremony { id: id(4), ..ceremony(3, &[]) };
        webauthn_session_data::insert(&mut unit, &SystemRandom, ceremony(3, &[]), now()).await.unwrap();
        let error = webauthn_session_data::insert(&mut unit, &SystemRandom, challenge, now()).await.unwrap_err();
        assert_eq!(error.violated_constraint(), Some("webauthn_session_data_challenge_idx"));
    }

    async fn a_time_step_is_accepted_once_and_never_an_earlier_one(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        otp_secrets::insert(&mut unit, id(2), id(1), "SECRET".to_owned().into(), None, now()).await.unwrap();
        for (step, accepted) in [(100, true), (100, false), (99, false), (101, true)] {
            assert_eq!(otp_secrets::accept_step(&mut unit, id(1), step, now()).await.unwrap(), accepted, "{step}");
        }
        assert_eq!(otp_secrets::of_user(&unit, id(1)).await.unwrap().unwrap().last_validated_step, Some(101));
        assert!(otp_secrets::delete(&mut unit, id(1)).await.unwrap());
        assert!(!otp_secrets::accept_step(&mut unit, id(1), 102, now()).await.unwrap());
    }

    async fn wrong_passcodes_are_counted_and_the_right_one_is_used_once(database: Database) {
        let mut unit = unit(&database);
        passcodes::insert(&mut unit, id(1), 300, "hash".to_owned().into(), now()).await.unwrap();
        assert_eq!(passcodes::count_failure(&mut unit, id(1), later(1)).await.unwrap(), Some(1));
        assert_eq!(passcodes::count_failure(&mut unit, id(1), later(2)).await.unwrap(), Some(2));
        let row = passcodes::by_id(&unit, id(1)).await.unwrap().unwrap();
        assert_eq!((row.try_count, row.ttl, row.code.expose().as_str()), (2, 300, "hash"));
        assert_eq!((row.created_at, row.updated_at), (now().into(), later(2).into()));
        assert!(passcodes::delete_if_present(&mut unit, id(1)).await.unwrap());
        assert!(!passcodes::delete_if_present(&mut unit, id(1)).await.unwrap());
        assert_eq!(passcodes::count_failure(&mut unit, id(1), later(3)).await.unwrap(), None);
    }

    async fn a_credential_of_nobody_is_refused(database: Database) {
        let mut unit = unit(&database);
        let inserted = webauthn_credentials::insert(&mut unit, &SystemRandom, new("passkey", id(1), false), now()).await;
        assert!(matches!(inserted, Err(StorageError::Reference)));
    }
}
