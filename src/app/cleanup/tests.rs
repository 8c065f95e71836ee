//! The rounds of servers, on every kind of database.

use std::sync::Arc;

use super::*;
use crate::{
    clock::{Clock, ManualClock, SystemClock},
    config::{AuditLog, Cleanup, Span},
    random::SystemRandom,
    storage::{
        audit_logs::{self, NewEntry},
        entities::sealflow_outbox::Model,
        flows::{self, StoredFlow},
        outbox,
        testing::on_every_database,
    },
};

const HOUR: i64 = 3600;

fn id(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

async fn put_flows(database: &Database, numbers: std::ops::Range<u128>, expires_at: DateTime<Utc>) {
    for n in numbers {
        let flow =
            StoredFlow { id: id(n), version: 0, expires_at, csrf_token: String::new(), data: String::new().into() };
        flows::insert(&database.unit(DEFAULT_TENANT), &flow, expires_at).await.unwrap();
    }
}

async fn put_event(database: &Database, created_at: DateTime<Utc>) {
    let entry = NewEntry {
        id: id(1),
        kind: "login_failure".to_owned(),
        error: None,
        request_id: String::new(),
        source_ip: String::new(),
        user_agent: String::new(),
        actor_user_id: None,
        actor_email: None,
        details: None,
    };
    let mut unit = database.unit(DEFAULT_TENANT);
    audit_logs::insert(&mut unit, entry, created_at).await.unwrap();
    unit.commit().await.unwrap();
}

fn sweep(database: &Database, table: Table, now: DateTime<Utc>) -> Sweep<'_> {
    Sweep::new(database, table, now, Duration::ZERO, Duration::from_secs(60))
}

fn rules() -> Cleanup {
    Cleanup { interval: Span(Duration::from_millis(20)), batch: 2, ..Cleanup::default() }
}

fn start(database: &Database, rules: &Cleanup, clock: Arc<dyn Clock>) -> CleanupWorker {
    CleanupWorker::start(database.clone(), rules, &AuditLog::default(), clock, Arc::new(SystemRandom))
}

/// Waits until so many rows are left of those that have expired by now.
async fn until(database: &Database, table: Table, left: u64) {
    let all = sweep(database, table, SystemClock.now() + TimeDelta::days(1000));
    while all.count().await.unwrap() != left {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

on_every_database! {
    /// Covers CLN-8, CLEAN-5.
    async fn pages_go_on_until_nothing_is_left(database: Database) {
        let now = SystemClock.now();
        put_flows(&database, 1..6, now - TimeDelta::seconds(1)).await;
        put_flows(&database, 6..8, now + TimeDelta::seconds(9)).await;
        let flows = sweep(&database, Table::Flows, now);
        assert_eq!(flows.count().await.unwrap(), 5);
        for (removed, more) in [(2, true), (2, true), (1, false), (0, false)] {
            assert_eq!(flows.remove_page(2).await.unwrap(), Page { removed, more });
        }
        put_flows(&database, 10..612, now - TimeDelta::seconds(1)).await;
        assert_eq!(flows.remove_page(1000).await.unwrap(), Page { removed: 602, more: false });
        until(&database, Table::Flows, 2).await;
    }

    /// Covers CLN-3.
    async fn audit_events_count_by_their_age(database: Database) {
        let now = SystemClock.now();
        put_event(&database, now - TimeDelta::seconds(60)).await;
        assert_eq!(sweep(&database, Table::AuditLogs, now).count().await.unwrap(), 0);
        let later = now + TimeDelta::seconds(1);
        assert_eq!(sweep(&database, Table::AuditLogs, later).remove_page(9).await.unwrap().removed, 1);
    }

    async fn mails_that_nobody_delivers_go_after_a_week(database: Database) {
        let now = SystemClock.now();
        let unit = || database.unit(DEFAULT_TENANT);
        for (n, days) in [(1, 8), (2, 6)] {
            let created_at = now - TimeDelta::days(days);
            let mail = Model {
                id: id(n).into(),
                tenant_id: DEFAULT_TENANT.into(),
                kind: "mail".to_owned(),
                payload: String::new().into(),
                attempts: 1,
                next_attempt_at: created_at.into(),
                created_at: created_at.into(),
                last_error: None,
            };
            let mut unit = unit();
            outbox::insert(&mut unit, vec![mail]).await.unwrap();
            unit.commit().await.unwrap();
        }
        let removed = sweep(&database, Table::Outbox, now).remove_page(9).await.unwrap();
        assert_eq!(removed, Page { removed: 1, more: false });
        assert_eq!(outbox::due(&unit(), "mail", now, 9).await.unwrap()[0].id, id(2).into());
    }

    async fn servers_remove_what_expired_a_while_ago(database: Database) {
        let now = SystemClock.now();
        put_event(&database, now - TimeDelta::days(900)).await;
        put_flows(&database, 1..6, now - TimeDelta::seconds(25 * HOUR)).await;
        put_flows(&database, 6..8, now - TimeDelta::seconds(23 * HOUR)).await;
        let servers = [(); 3].map(|()| start(&database, &rules(), Arc::new(SystemClock)));
        until(&database, Table::Flows, 2).await;
        put_flows(&database, 1..6, now - TimeDelta::seconds(25 * HOUR)).await;
        until(&database, Table::Flows, 2).await;
        until(&database, Table::AuditLogs, 1).await;
        for server in servers {
            server.shutdown(Duration::from_secs(5)).await;
        }
        put_flows(&database, 1..2, now - TimeDelta::seconds(25 * HOUR)).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        until(&database, Table::Flows, 3).await;
    }

    async fn a_server_removes_audit_events_when_it_is_told_to(database: Database) {
        put_event(&database, SystemClock.now() - TimeDelta::days(900)).await;
        let rules = Cleanup { audit_logs: true, ..rules() };
        let server = start(&database, &rules, Arc::new(SystemClock));
        until(&database, Table::AuditLogs, 0).await;
        server.shutdown(Duration::from_secs(5)).await;
    }

    async fn a_round_is_done_once_however_many_servers_there_are(database: Database) {
        let clock = Arc::new(ManualClock::new(SystemClock.now()));
        let start = || start(&database, &rules(), Arc::clone(&clock) as Arc<dyn Clock>);
        put_flows(&database, 1..2, clock.now() - TimeDelta::days(2)).await;
        let servers = [start(), start()];
        until(&database, Table::Flows, 0).await;
        put_flows(&database, 1..2, clock.now() - TimeDelta::days(2)).await;
        // The clock stands still: the next round is not due yet.
        tokio::time::sleep(Duration::from_millis(200)).await;
        until(&database, Table::Flows, 1).await;
        clock.advance(TimeDelta::milliseconds(20));
        until(&database, Table::Flows, 0).await;
        for server in servers {
            server.shutdown(Duration::from_secs(5)).await;
        }
    }

    async fn a_server_that_is_told_not_to_removes_nothing(database: Database) {
        put_flows(&database, 1..2, SystemClock.now() - TimeDelta::days(2)).await;
        let server = start(&database, &Cleanup { enabled: false, ..rules() }, Arc::new(SystemClock));
        tokio::time::sleep(Duration::from_millis(100)).await;
        until(&database, Table::Flows, 1).await;
        server.shutdown(Duration::from_secs(5)).await;
    }
}
