use super::*;
use crate::{
    clock::ManualClock,
    keys::SecretBox,
    random::{Random, SystemRandom},
    services::DatabaseKeys,
    storage::{
        DEFAULT_TENANT,
        testing::{self, Kind},
        webhooks::NewWebhook,
    },
};

const HOOK: Uuid = Uuid::from_u128(1);

fn config() -> Arc<Config> {
    let mut config =
        Config { secret_keys: vec!["a-secret-of-the-installation".to_owned().into()], ..Config::default() };
    config.webhooks.allow_private_addresses = true;
    Arc::new(config)
}

/// A caller without signing keys, and a hook with this callback.
async fn caller(database: &Database, callback: &str) -> Caller {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new("2026-03-01T10:00:00Z".parse().unwrap()));
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let config = config();
    let secrets = Arc::new(SecretBox::new(&config.secret_keys, Arc::clone(&random)).unwrap());
    let store = Arc::new(DatabaseKeys::new(database.clone(), DEFAULT_TENANT));
    let keys = KeyRing::new(store, secrets, Arc::clone(&clock), random);
    let mut unit = database.unit(DEFAULT_TENANT);
    let hook = NewWebhook { id: HOOK, callback: callback.into(), expires_at: clock.now() + LIFETIME, events: vec![] };
    webhooks::insert(&mut unit, hook, clock.now()).await.unwrap();
    unit.commit().await.unwrap();
    Caller::new(database.clone(), DEFAULT_TENANT, config, keys, clock)
}

fn parcel(target: Target, attempt: i32) -> Parcel<Delivery> {
    let item = Delivery { target, event: Event::UserCreate, data: Arc::default(), lifetime: Duration::from_secs(60) };
    Parcel { id: Uuid::from_u128(2), created_at: chrono::DateTime::UNIX_EPOCH, attempt, item }
}

async fn failures(database: &Database) -> i32 {
    webhooks::by_id(&database.unit(DEFAULT_TENANT), HOOK).await.unwrap().unwrap().failures
}

#[tokio::test]
async fn a_token_that_cannot_be_signed_is_no_failure_of_the_hook() {
    testing::on(Kind::Sqlite, async |database| {
        let caller = caller(&database, "http://127.0.0.1:1/").await;
        let told = caller.deliver(&parcel(Target::Stored(HOOK), 1)).await;
        assert!(matches!(told, Err(Undelivered::Untried(_))), "{told:?}");
        assert_eq!(failures(&database).await, 0);
    })
    .await;
}

/// Covers HOOK-10.
#[tokio::test]
async fn the_first_call_counts_however_often_it_was_put_off() {
    testing::on(Kind::Sqlite, async |database| {
        let caller = caller(&database, "http://127.0.0.1:1/").await;
        caller.keys.ensure().await.unwrap();
        let target = Target::Stored(HOOK);
        let mut others = Vec::new();
        while let Ok(place) = caller.lanes.enter(&target).await {
            place.report(false);
            others.push(place);
        }
        let told = caller.deliver(&parcel(target.clone(), 1)).await;
        assert!(matches!(told, Err(Undelivered::Untried(_))), "{told:?}");
        assert_eq!(failures(&database).await, 0);
        drop(others);
        for attempt in [1, 2] {
            let told = caller.deliver(&parcel(target.clone(), attempt)).await;
            assert!(matches!(told, Err(Undelivered::Later(_))), "{told:?}");
            assert_eq!(failures(&database).await, 1);
        }
    })
    .await;
}

#[tokio::test]
async fn a_hook_of_another_configuration_may_be_told_by_another_server() {
    testing::on(Kind::Sqlite, async |database| {
        let caller = caller(&database, "http://127.0.0.1:1/").await;
        let told = caller.deliver(&parcel(Target::Configured("http://127.0.0.1:1/new".into()), 1)).await;
        assert!(matches!(told, Err(Undelivered::Later(_))), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_url_of_the_web_is_a_failure_for_good() {
    testing::on(Kind::Sqlite, async |database| {
        let caller = caller(&database, "ftp://127.0.0.1/").await;
        let told = caller.deliver(&parcel(Target::Stored(HOOK), 1)).await;
        assert!(matches!(told, Err(Undelivered::Never(_))), "{told:?}");
        assert_eq!(failures(&database).await, 1);
    })
    .await;
}
