//! Rows whose time is over.

use super::{flows::flow, *};
use crate::storage::{
    Id, Timestamp,
    audit_logs::{self, NewEntry},
    cleanup::{self, Table},
    entities::{saml_idp_initiated_requests, saml_states, sealflow_outbox, tokens},
    flows::{self, StoredFlow},
    outbox, passcodes,
    rows::insert,
    sessions::{self, NewSession},
    testing::{execute, text},
    trusted_devices,
    webauthn_session_data::{self, Ceremony},
};

/// A row in each table, with keys from `n` on, whose time is over at `end`.
async fn put(unit: &mut UnitOfWork, user: Uuid, n: u128, end: DateTime<Utc>) {
    let (tenant_id, moment): (Id, Timestamp) = (unit.tenant().into(), end.into());
    let (created_at, updated_at) = (moment, moment);
    let entry = NewEntry {
        id: id(n),
        kind: "login_failure".to_owned(),
        error: None,
        request_id: String::new(),
        source_ip: String::new(),
        user_agent: String::new(),
        actor_user_id: None,
        actor_email: None,
        details: None,
    };
    audit_logs::insert(unit, entry, end).await.unwrap();
    let flow =
        StoredFlow { id: id(n), version: 0, expires_at: end, csrf_token: String::new(), data: String::new().into() };
    flows::insert(unit, &flow, now()).await.unwrap();
    passcodes::insert(unit, id(n), 300, String::new().into(), end - TimeDelta::seconds(300)).await.unwrap();
    let request = saml_idp_initiated_requests::Model {
        id: id(n).into(),
        response_id: n.to_string(),
        issuer: String::new(),
        expires_at: moment,
        created_at,
        tenant_id,
    };
    insert(unit, request).await.unwrap();
    let message = sealflow_outbox::Model {
        id: id(n).into(),
        tenant_id,
        kind: "mail".to_owned(),
        payload: String::new().into(),
        attempts: 1,
        next_attempt_at: moment,
        created_at,
        last_error: None,
    };
    outbox::insert(unit, vec![message]).await.unwrap();
    let state = saml_states::Model {
        id: id(n).into(),
        nonce: n.to_string(),
        state: String::new(),
        expires_at: moment,
        created_at,
        updated_at,
        tenant_id,
    };
    insert(unit, state).await.unwrap();
    let session = NewSession { id: id(n), user, user_agent: None, ip_address: None, expires_at: Some(end) };
    sessions::insert(unit, session, now()).await.unwrap();
    let token = tokens::Model {
        id: id(n).into(),
        user_id: user.into(),
        value: n.to_string().into(),
        expires_at: moment,
        created_at,
        updated_at,
        identity_id: None,
        is_flow: false,
        user_created: false,
        code_verifier: None,
        link_user: false,
        tenant_id,
    };
    insert(unit, token).await.unwrap();
    trusted_devices::insert(unit, id(n), user, n.to_string().into(), end, now()).await.unwrap();
    put_ceremony(unit, n, Some(end)).await;
}

async fn put_ceremony(unit: &mut UnitOfWork, n: u128, expires_at: Option<DateTime<Utc>>) {
    let ceremony = Ceremony {
        id: id(n),
        challenge: n.to_string(),
        user: Uuid::nil(),
        user_verification: String::new(),
        operation: "authentication".to_owned(),
        expires_at,
        allowed_credentials: vec!["one".to_owned(), "two".to_owned()],
    };
    webauthn_session_data::insert(unit, &crate::random::SystemRandom, ceremony, now()).await.unwrap();
}

async fn rows(database: &Database, table: &str) -> u64 {
    let count = format!("SELECT CAST(COUNT(*) AS CHAR(9)) FROM {table}");
    text(database, &count).await.unwrap().trim().parse().unwrap()
}

on_every_database! {
    /// Covers CLN-2, CLN-3, CLN-4, CLN-12, CLEAN-2, CLEAN-4.
    async fn exactly_the_rows_whose_time_is_over_are_removed(database: Database) {
        create_user(&database, 1).await;
        create_other_tenant(&database).await;
        let mut unit = unit(&database);
        put(&mut unit, id(1), 10, later(-3)).await;
        put(&mut unit, id(1), 11, later(0)).await;
        put(&mut unit, id(1), 12, later(60)).await;
        unit.commit().await.unwrap();
        let unit = super::unit(&database);
        for table in Table::ALL {
            let name = table.name();
            assert_eq!(cleanup::count(&unit, table, later(-4)).await.unwrap(), 0, "{name}");
            assert_eq!(cleanup::count(&unit, table, now()).await.unwrap(), 1, "{name}");
            let ids = cleanup::passed(&unit, table, now(), 9).await.unwrap();
            assert_eq!(ids, [Id(id(10))], "{name}");
            // What got more time in between, or never had none, stays.
            let all = [10, 11, 12].map(|n| Id(id(n)));
            assert_eq!(cleanup::remove(&unit, table, later(-4), &all).await.unwrap(), 0, "{name}");
            assert_eq!(cleanup::remove(&unit, table, now(), &all).await.unwrap(), 1, "{name}");
            assert_eq!(cleanup::remove(&unit, table, now(), &[]).await.unwrap(), 0, "{name}");
            assert_eq!(rows(&database, name).await, 2, "{name}");
        }
        assert_eq!(rows(&database, "webauthn_session_data_allowed_credentials").await, 4);
        assert_eq!(rows(&database, "users").await, 1);
    }

    async fn rows_of_all_tenants_are_found(database: Database) {
        create_other_tenant(&database).await;
        let expired = |n| StoredFlow { expires_at: later(-1), id: id(n), ..flow(0) };
        flows::insert(&unit(&database), &expired(1), now()).await.unwrap();
        flows::insert(&database.unit(OTHER_TENANT), &expired(2), now()).await.unwrap();
        let unit = unit(&database);
        assert_eq!(cleanup::count(&unit, Table::Flows, now()).await.unwrap(), 2);
        assert_eq!(cleanup::passed(&unit, Table::Flows, now(), 1).await.unwrap().len(), 1);
        let both = [Id(id(1)), Id(id(2))];
        assert_eq!(cleanup::remove(&unit, Table::Flows, now(), &both).await.unwrap(), 2);
    }

    /// Covers CLN-4.
    async fn rows_without_expiry_stay(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        put_ceremony(&mut unit, 2, None).await;
        let session = NewSession { id: id(2), user: id(1), user_agent: None, ip_address: None, expires_at: None };
        sessions::insert(&mut unit, session, now()).await.unwrap();
        unit.commit().await.unwrap();
        let unit = super::unit(&database);
        for table in [Table::WebauthnSessionData, Table::Sessions] {
            assert_eq!(cleanup::count(&unit, table, later(1_000_000)).await.unwrap(), 0);
            assert_eq!(cleanup::remove(&unit, table, later(1_000_000), &[Id(id(2))]).await.unwrap(), 0);
        }
    }

    async fn one_server_takes_a_round(database: Database) {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let unit = unit(&database);
            tasks.spawn(async move { cleanup::take_round(&unit, now(), later(60), later(120)).await.unwrap() });
        }
        assert_eq!(tasks.join_all().await.into_iter().filter(|taken| *taken).count(), 1);
        let unit = unit(&database);
        let take = async |at| cleanup::take_round(&unit, later(at), later(at + 60), later(at + 120)).await.unwrap();
        assert!(!take(59).await);
        assert!(take(60).await);
        assert!(!take(60).await);
    }

    async fn a_round_that_a_wrong_clock_put_off_is_taken_nevertheless(database: Database) {
        execute(&database, "UPDATE sealflow_periodic_tasks SET next_run_at = '2999-01-01 00:00:00'").await;
        assert!(cleanup::take_round(&unit(&database), now(), later(60), later(120)).await.unwrap());
    }
}
