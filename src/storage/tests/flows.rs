//! Flows, signing keys, the audit log and the outbox.

use super::*;
use crate::storage::{
    audit_logs::{self, NewEntry},
    entities::sealflow_outbox::Model as Message,
    flows::{self, StoredFlow},
    jwks, outbox,
    testing::text,
};

pub(super) fn flow(version: i32) -> StoredFlow {
    StoredFlow {
        id: id(1),
        version,
        expires_at: later(3600),
        csrf_token: "c".repeat(32),
        data: format!("{{\"state\":\"login_init\",\"step\":{version}}}").into(),
    }
}

on_every_database! {
    async fn a_flow_without_transaction_is_stored_at_once(database: Database) {
        let unit = unit(&database);
        flows::insert(&unit, &flow(0), now()).await.unwrap();
        let other = super::unit(&database);
        assert_eq!(flows::load(&other, id(1)).await.unwrap(), Some(flow(0)));
        assert!(flows::update(&unit, &flow(1), later(1)).await.unwrap());
        assert_eq!(flows::load(&other, id(1)).await.unwrap(), Some(flow(1)));
        assert_eq!(flows::load(&other, id(2)).await.unwrap(), None);
        create_other_tenant(&database).await;
        assert_eq!(flows::load(&database.unit(OTHER_TENANT), id(1)).await.unwrap(), None);
        assert!(!flows::update(&database.unit(OTHER_TENANT), &flow(2), now()).await.unwrap());
    }

    /// Covers DATA-30.
    async fn a_step_that_is_rolled_back_leaves_nothing(database: Database) {
        flows::insert(&unit(&database), &flow(0), now()).await.unwrap();
        for explicitly in [true, false] {
            let mut unit = unit(&database);
            users::insert(&mut unit, id(2), users::PersonalData::default(), now(), now()).await.unwrap();
            assert!(flows::update(&unit, &flow(1), now()).await.unwrap());
            assert_eq!(flows::load(&unit, id(1)).await.unwrap(), Some(flow(1)));
            if explicitly {
                unit.rollback().await;
            } else {
                drop(unit);
            }
            let unit = super::unit(&database);
            assert_eq!(flows::load(&unit, id(1)).await.unwrap(), Some(flow(0)));
            assert_eq!(users::by_id(&unit, id(2)).await.unwrap(), None);
        }
    }

    async fn flow_data_may_be_large(database: Database) {
        let large = StoredFlow { data: "x".repeat(60_000).into(), ..flow(0) };
        flows::insert(&unit(&database), &large, now()).await.unwrap();
        assert_eq!(flows::load(&unit(&database), id(1)).await.unwrap(), Some(large));
    }

    async fn keys_are_counted_up(database: Database) {
        let mut unit = unit(&database);
        for key in ["one", "two"] {
            jwks::insert(&mut unit, key.to_owned().into(), now()).await.unwrap();
        }
        unit.commit().await.unwrap();
        let mut unit = super::unit(&database);
        assert!(jwks::replace_key_data(&mut unit, 1, "uno".to_owned().into()).await.unwrap());
        assert!(!jwks::replace_key_data(&mut unit, 3, "tre".to_owned().into()).await.unwrap());
        let keys: Vec<_> =
            jwks::all(&unit).await.unwrap().into_iter().map(|row| (row.id, row.key_data.expose().clone())).collect();
        assert_eq!(keys, [(1, "uno".to_owned()), (2, "two".to_owned())]);
        assert_eq!(jwks::count(&unit).await.unwrap(), 2);
    }

    async fn long_texts_do_not_break_the_audit_log(database: Database) {
        let mut unit = unit(&database);
        let long = || "ü".repeat(300);
        let entry = NewEntry {
            id: id(1),
            kind: "login_failure".to_owned(),
            error: Some(long()),
            request_id: long(),
            source_ip: "127.0.0.1".to_owned(),
            user_agent: long(),
            actor_user_id: Some(id(9)),
            actor_email: Some(long()),
            details: Some(long()),
        };
        audit_logs::insert(&mut unit, entry, now()).await.unwrap();
        unit.commit().await.unwrap();
        for (column, expected) in [("error", 255), ("meta_user_agent", 255), ("actor_email", 255), ("details", 300)] {
            let stored = text(&database, &format!("SELECT {column} FROM audit_logs")).await.unwrap();
            assert_eq!(stored.chars().count(), expected, "{column}");
        }
    }

    async fn a_message_is_claimed_once_put_off_and_removed(database: Database) {
        let message = |n, kind: &str, next_attempt_at: DateTime<Utc>| Message {
            id: id(n).into(),
            tenant_id: DEFAULT_TENANT.into(),
            kind: kind.to_owned(),
            payload: "sealed".to_owned().into(),
            attempts: 0,
            next_attempt_at: next_attempt_at.into(),
            created_at: now().into(),
            last_error: None,
        };
        let mut unit = unit(&database);
        let messages = [(1, "mail", 2), (2, "mail", 1), (3, "mail", 9), (4, "webhook", 0)];
        let messages = messages.map(|(id, kind, due)| message(id, kind, later(due)));
        outbox::insert(&mut unit, messages.into()).await.unwrap();
        unit.commit().await.unwrap();

        let unit = super::unit(&database);
        let due = async |now, limit| -> Vec<_> {
            outbox::due(&unit, "mail", now, limit).await.unwrap().into_iter().map(|row| row.id.0).collect()
        };
        assert_eq!(due(later(0), 9).await, [] as [Uuid; 0]);
        assert_eq!(due(later(2), 9).await, [id(2), id(1)]);
        assert_eq!(due(later(2), 1).await, [id(2)]);
        assert!(outbox::claim(&unit, id(2), 0, later(5)).await.unwrap());
        assert!(!outbox::claim(&unit, id(2), 0, later(6)).await.unwrap());
        assert_eq!(due(later(2), 9).await, [id(1)]);
        outbox::postpone(&unit, id(2), 0, 0, later(8), "late").await.unwrap();
        outbox::postpone(&unit, id(2), 1, 1, later(7), "refused").await.unwrap();
        let row = outbox::due(&unit, "mail", later(7), 9).await.unwrap().pop().unwrap();
        assert_eq!((row.id.0, row.attempts, row.last_error.as_deref()), (id(2), 1, Some("refused")));
        assert_eq!((row.payload.expose().as_str(), row.created_at), ("sealed", now().into()));
        outbox::postpone(&unit, id(2), 1, 0, later(6), "busy").await.unwrap();
        let row = outbox::due(&unit, "mail", later(6), 9).await.unwrap().pop().unwrap();
        assert_eq!((row.id.0, row.attempts, row.last_error.as_deref()), (id(2), 0, Some("busy")));
        outbox::delete(&unit, &[]).await.unwrap();
        outbox::delete(&unit, &[id(1), id(2), id(8)]).await.unwrap();
        assert_eq!(due(later(9), 9).await, [id(3)]);
    }
}
