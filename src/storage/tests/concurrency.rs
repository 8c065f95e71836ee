//! Many requests at once.

use tokio::task::JoinSet;

use super::{flows::flow, *};
use crate::storage::{
    flows, jwks, otp_secrets, passcodes,
    sessions::{self, NewSession},
    webauthn_credentials,
};

/// Runs `task` 20 times at once and counts how often it returned true.
async fn how_many<F: Future<Output = bool> + Send + 'static>(
    database: &Database,
    task: impl Fn(Database) -> F,
) -> usize {
    let mut tasks = JoinSet::new();
    for _ in 0..20 {
        tasks.spawn(task(database.clone()));
    }
    tasks.join_all().await.into_iter().filter(|&done| done).count()
}

on_every_database! {
    /// Covers DATA-26.
    async fn of_several_steps_from_one_version_one_succeeds(database: Database) {
        flows::insert(&unit(&database), &flow(0), now()).await.unwrap();
        let alone = how_many(&database, |database| async move {
            flows::update(&unit(&database), &flow(1), now()).await.unwrap()
        });
        assert_eq!(alone.await, 1);
        let together = how_many(&database, |database| async move {
            let mut unit = unit(&database);
            unit.write().await.unwrap();
            let updated = flows::update(&unit, &flow(2), now()).await.unwrap();
            unit.commit().await.unwrap();
            updated
        });
        assert_eq!(together.await, 1);
        assert_eq!(flows::load(&unit(&database), id(1)).await.unwrap().unwrap().version, 2);
    }

    async fn every_wrong_passcode_is_counted(database: Database) {
        let mut unit = unit(&database);
        passcodes::insert(&mut unit, id(1), 300, "hash".to_owned().into(), now()).await.unwrap();
        unit.commit().await.unwrap();
        let counts = how_many(&database, |database| async move {
            let mut unit = super::unit(&database);
            let count = passcodes::count_failure(&mut unit, id(1), now()).await.unwrap();
            unit.commit().await.unwrap();
            count.is_some_and(|count| count <= 3)
        });
        assert_eq!(counts.await, 3, "each count is returned once");
        assert_eq!(passcodes::by_id(&super::unit(&database), id(1)).await.unwrap().unwrap().try_count, 20);
    }

    async fn a_passcode_and_a_time_step_are_used_once(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        passcodes::insert(&mut unit, id(2), 300, "hash".to_owned().into(), now()).await.unwrap();
        otp_secrets::insert(&mut unit, id(3), id(1), "SECRET".to_owned().into(), None, now()).await.unwrap();
        unit.commit().await.unwrap();
        let used = how_many(&database, |database| async move {
            let mut unit = super::unit(&database);
            let used = passcodes::delete_if_present(&mut unit, id(2)).await.unwrap();
            unit.commit().await.unwrap();
            used
        });
        assert_eq!(used.await, 1);
        let accepted = how_many(&database, |database| async move {
            let mut unit = super::unit(&database);
            let accepted = otp_secrets::accept_step(&mut unit, id(1), 7, now()).await.unwrap();
            unit.commit().await.unwrap();
            accepted
        });
        assert_eq!(accepted.await, 1);
    }

    /// Whoever locks the account sees what those who locked it before have left.
    async fn of_those_who_lock_an_account_each_sees_the_work_of_the_others(database: Database) {
        create_user(&database, 1).await;
        let mut unit = unit(&database);
        for credential in ["a", "b", "c", "d"] {
            super::credentials::register(&mut unit, credential, id(1), true).await;
        }
        users::lock(&mut unit, id(2)).await.unwrap();
        unit.commit().await.unwrap();
        let given_up = how_many(&database, |database| async move {
            let mut unit = super::unit(&database);
            users::lock(&mut unit, id(1)).await.unwrap();
            let held = webauthn_credentials::of_user(&unit, id(1)).await.unwrap();
            let another = held.len() > 1;
            if another {
                assert!(webauthn_credentials::delete(&mut unit, &held[0].id).await.unwrap());
            }
            unit.commit().await.unwrap();
            another
        });
        assert_eq!(given_up.await, 3);
    }

    async fn several_processes_that_start_at_once_make_one_key(database: Database) {
        let inserted = how_many(&database, |database| async move {
            let mut unit = unit(&database);
            jwks::lock(&mut unit).await.unwrap();
            let first = jwks::count(&unit).await.unwrap() == 0;
            if first {
                jwks::insert(&mut unit, "key".to_owned().into(), now()).await.unwrap();
            }
            unit.commit().await.unwrap();
            first
        });
        assert_eq!(inserted.await, 1);
        assert_eq!(jwks::count(&unit(&database)).await.unwrap(), 1);
    }

    async fn two_hundred_requests_share_five_connections(database: Database) {
        create_user(&database, 1).await;
        let mut tasks = JoinSet::new();
        for n in 100..300 {
            let database = database.clone();
            tasks.spawn(async move {
                let mut unit = unit(&database);
                let user = users::by_id(&unit, id(1)).await.unwrap().unwrap();
                let session =
                    NewSession { id: id(n), user: *user.id, user_agent: None, ip_address: None, expires_at: None };
                sessions::insert(&mut unit, session, now()).await.unwrap();
                assert!(sessions::by_id(&unit, id(n)).await.unwrap().is_some());
                unit.commit().await.unwrap();
                assert!(sessions::touch(&super::unit(&database), id(n), later(1)).await.unwrap());
            });
        }
        tasks.join_all().await;
    }
}
