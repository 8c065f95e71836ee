use std::sync::{
    Mutex as StdMutex,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::json;
use tokio::sync::Semaphore;

use super::*;
use crate::{
    clock::ManualClock,
    keys::{StoredKey, jwk::tests::KEYS, secret_box::PUBLISHED_DEFAULT_SECRET},
    random::SystemRandom,
    secret::Secret,
};

const NEW_SECRET: &str = "the-new-secret-of-the-server";
const OLD_SECRET: &str = "the-old-secret-of-the-server";

#[derive(Debug)]
struct MemoryStore {
    rows: StdMutex<Vec<StoredKey>>,
    readings: AtomicUsize,
    broken: AtomicBool,
    /// Every reading takes a permit; without permits it waits.
    gate: Semaphore,
}

impl Default for MemoryStore {
    fn default() -> Self {
        let gate = Semaphore::new(1000);
        Self { rows: StdMutex::default(), readings: AtomicUsize::new(0), broken: AtomicBool::new(false), gate }
    }
}

#[async_trait]
impl KeyStore for MemoryStore {
    async fn rows(&self) -> Result<Vec<StoredKey>, KeyStoreError> {
        self.readings.fetch_add(1, SeqCst);
        self.gate.acquire().await?.forget();
        if self.broken.load(SeqCst) { Err("connection refused".into()) } else { Ok(self.rows.lock().unwrap().clone()) }
    }

    async fn insert_below(
        &self,
        limit: usize,
        key_data: &str,
        created_at: DateTime<Utc>,
    ) -> Result<bool, KeyStoreError> {
        let mut rows = self.rows.lock().unwrap();
        let below = rows.len() < limit;
        if below {
            let id = rows.iter().map(|row| row.id).max().unwrap_or_default() + 1;
            rows.push(StoredKey { id, key_data: key_data.to_owned(), created_at });
        }
        Ok(below)
    }

    async fn replace(&self, id: i32, key_data: &str) -> Result<(), KeyStoreError> {
        let mut rows = self.rows.lock().unwrap();
        rows.iter_mut().find(|row| row.id == id).unwrap().key_data = key_data.to_owned();
        Ok(())
    }
}

impl MemoryStore {
    /// Adds the row of a test key, created `age` minutes after the epoch.
    fn add(&self, id: i32, age: i64, jwk: &PrivateJwk, secret: &str) {
        let key_data = secrets(&[secret]).seal(jwk.to_json().unwrap().as_bytes()).unwrap();
        let created_at = DateTime::from_timestamp(age * 60, 0).unwrap();
        self.rows.lock().unwrap().push(StoredKey { id, key_data, created_at });
    }

    fn ids(&self) -> Vec<i32> {
        self.rows.lock().unwrap().iter().map(|row| row.id).collect()
    }

    fn readings(&self) -> usize {
        self.readings.load(SeqCst)
    }
}

fn secrets(texts: &[&str]) -> SecretBox {
    let texts: Vec<_> = texts.iter().map(|&text| Secret::new(text.to_owned())).collect();
    SecretBox::new(&texts, Arc::new(SystemRandom)).unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(DateTime::from_timestamp(1_893_456_000, 0).unwrap()))
}

fn ring(store: &Arc<MemoryStore>, secrets: SecretBox, clock: &Arc<ManualClock>) -> KeyRing {
    KeyRing::new(Arc::clone(store) as _, Arc::new(secrets), Arc::clone(clock) as _, Arc::new(SystemRandom))
}

fn claims() -> Value {
    json!({"sub": "kim", "iat": 1_893_456_000, "exp": 1_893_459_600, "aud": ["a"], "iss": "b"})
}

async fn kids(ring: &KeyRing) -> Vec<String> {
    ring.jwks().await.unwrap().keys.iter().map(|key| key.kid.clone()).collect()
}

fn kid_of(token: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

/// Lets a background reading run to its end: it computes on another thread.
async fn settled(ring: &KeyRing) {
    tokio::task::yield_now().await;
    drop(ring.shared.reading.lock().await);
}

/// Covers KEY-8, KEY-9, KEY-10, KEY-12, SEC-8, SEC-9, SRV-9, SRV-10.
#[tokio::test]
async fn starts_make_as_many_keys_as_there_are_secrets_and_sign_with_the_newest() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    let first = ring(&store, secrets(&[OLD_SECRET]), &clock);
    first.ensure().await.unwrap();
    assert_eq!(store.ids(), [1]);
    let token = first.sign(&claims()).await.unwrap();
    let [kid] = kids(&first).await.try_into().unwrap();
    assert_eq!(kid_of(&token), kid);
    assert!(uuid::Uuid::try_parse(&kid).is_ok(), "{kid}");

    let restarted = ring(&store, secrets(&[OLD_SECRET]), &clock);
    restarted.ensure().await.unwrap();
    assert_eq!(store.ids(), [1]);

    let rotated = ring(&store, secrets(&[NEW_SECRET, OLD_SECRET]), &clock);
    rotated.ensure().await.unwrap();
    assert_eq!(store.ids(), [1, 2]);
    assert_eq!(Value::Object(rotated.verify(&token).await.unwrap()), claims());
    let newer = kid_of(&rotated.sign(&claims()).await.unwrap());
    assert_ne!(newer, kid);
    assert_eq!(kids(&rotated).await, [kid, newer]);
    assert!(secrets(&[NEW_SECRET]).open(&store.rows.lock().unwrap()[1].key_data).is_ok());
}

#[tokio::test]
async fn replicas_that_start_together_agree_on_one_key() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    let (one, two) = (ring(&store, secrets(&[NEW_SECRET]), &clock), ring(&store, secrets(&[NEW_SECRET]), &clock));
    let (first, second) = tokio::join!(one.ensure(), two.ensure());
    first.and(second).unwrap();
    assert_eq!(store.ids(), [1]);
    assert!(two.verify(&one.sign(&claims()).await.unwrap()).await.is_ok());
}

/// Covers KEY-11, SEC-9.
#[tokio::test]
async fn gaps_in_the_row_ids_make_no_new_keys() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    store.add(7, 1, &KEYS[0], OLD_SECRET);
    store.add(12, 2, &KEYS[1], NEW_SECRET);
    ring(&store, secrets(&[NEW_SECRET, OLD_SECRET]), &clock).ensure().await.unwrap();
    assert_eq!(store.ids(), [7, 12]);
}

/// Covers KEY-13.
#[tokio::test]
async fn publishes_one_public_key_per_row_oldest_first_and_signs_with_the_newest() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    store.add(1, 20, &KEYS[1], NEW_SECRET);
    store.add(2, 10, &KEYS[0], NEW_SECRET);
    let ring = ring(&store, secrets(&[NEW_SECRET]), &clock);
    let published = serde_json::to_value(&*ring.jwks().await.unwrap()).unwrap();
    assert_eq!(published, json!({"keys": [KEYS[0].public(), KEYS[1].public()]}));
    assert_eq!(kid_of(&ring.sign(&claims()).await.unwrap()), KEYS[1].public().kid);
    assert_eq!(store.readings(), 1);
}

#[tokio::test]
async fn rows_of_the_same_moment_count_by_their_id() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    store.add(2, 1, &KEYS[1], NEW_SECRET);
    store.add(1, 1, &KEYS[0], NEW_SECRET);
    let ring = ring(&store, secrets(&[NEW_SECRET]), &clock);
    assert_eq!(kid_of(&ring.sign(&claims()).await.unwrap()), KEYS[1].public().kid);
}

/// Covers KEY-15.
#[tokio::test]
async fn an_undecryptable_row_is_skipped() {
    for [readable, unreadable] in [[2, 1], [1, 2]] {
        let (store, clock) = (Arc::<MemoryStore>::default(), clock());
        store.add(readable, readable.into(), &KEYS[0], NEW_SECRET);
        store.add(unreadable, unreadable.into(), &KEYS[1], OLD_SECRET);
        let ring = ring(&store, secrets(&[NEW_SECRET]), &clock);
        assert_eq!(kids(&ring).await, [KEYS[0].public().kid]);
        assert!(ring.verify(&ring.sign(&claims()).await.unwrap()).await.is_ok());
    }
}

/// Covers SEC-10.
#[tokio::test]
async fn does_not_start_with_an_undecryptable_newest_key() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    store.add(3, 1, &KEYS[0], NEW_SECRET);
    store.add(5, 2, &KEYS[1], OLD_SECRET);
    let secrets = secrets(&[NEW_SECRET, "a-third-secret-of-the-server", "a-fourth-secret-of-the-server"]);
    let error = ring(&store, secrets, &clock).ensure().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the newest signing key (table jwks, id 5) cannot be decrypted with any configured secret: \
         add the secret that it was encrypted with to secret_keys, or delete the row"
    );
    assert_eq!(store.ids(), [3, 5], "nothing was written");
}

/// Covers KEY-7.
#[tokio::test]
async fn encrypts_rows_of_the_published_default_secret_anew() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    store.add(1, 1, &KEYS[0], PUBLISHED_DEFAULT_SECRET);
    let strict = ring(&store, secrets(&[NEW_SECRET]), &clock).ensure().await;
    assert!(matches!(strict, Err(KeyRingError::NewestUnreadable { id: 1 })));

    let lenient = || secrets(&[NEW_SECRET]).with_published_default().unwrap();
    ring(&store, lenient(), &clock).ensure().await.unwrap();
    let key_data = store.rows.lock().unwrap()[0].key_data.clone();
    assert_eq!(*secrets(&[NEW_SECRET]).open(&key_data).unwrap(), *KEYS[0].to_json().unwrap().as_bytes());

    let again = ring(&store, lenient(), &clock);
    again.ensure().await.unwrap();
    assert_eq!(store.rows.lock().unwrap()[0].key_data, key_data, "a second start has nothing to do");
    assert_eq!(kids(&again).await, [KEYS[0].public().kid]);
}

/// Covers KEY-19, KEY-20.
#[tokio::test]
async fn checks_the_times_of_a_token_at_every_use_and_never_audience_or_issuer() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    store.add(1, 1, &KEYS[0], NEW_SECRET);
    let ring = ring(&store, secrets(&[NEW_SECRET]), &clock);
    let token = ring.sign(&claims()).await.unwrap();
    assert!(ring.verify(&token).await.is_ok());
    clock.advance(TimeDelta::seconds(-1));
    assert!(matches!(ring.verify(&token).await, Err(VerifyError::Token(TokenError::NotYetValid))));
    clock.advance(TimeDelta::seconds(3601));
    assert!(matches!(ring.verify(&token).await, Err(VerifyError::Token(TokenError::Expired))));

    let (input, signature) = token.rsplit_once('.').unwrap();
    let reversed: String = signature.chars().rev().collect();
    assert!(ring.verify(&format!("{input}.{reversed}")).await.is_err());
}

#[tokio::test]
async fn notices_the_new_key_of_another_replica_by_its_first_token() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    store.add(1, 1, &KEYS[0], NEW_SECRET);
    let (here, there) = (ring(&store, secrets(&[NEW_SECRET]), &clock), ring(&store, secrets(&[NEW_SECRET]), &clock));
    assert_eq!(kids(&here).await.len(), 1);
    store.add(2, 2, &KEYS[1], NEW_SECRET);
    let token = there.sign(&claims()).await.unwrap();

    let before = store.readings();
    assert!(matches!(here.verify(&token).await, Err(VerifyError::Token(TokenError::UnknownKey))), "read just now");
    assert_eq!(store.readings(), before);
    clock.advance(UNKNOWN_KEY_INTERVAL);
    assert!(here.verify(&token).await.is_ok());
    assert_eq!(store.readings(), before + 1);
}

#[tokio::test]
async fn invented_keys_do_not_make_it_read_at_every_token() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    store.add(1, 1, &KEYS[0], NEW_SECRET);
    let ring = ring(&store, secrets(&[NEW_SECRET]), &clock);
    let foreign = super::super::jws::SigningKey::new(&KEYS[1]).unwrap();
    let token = foreign.sign(foreign.signing_input(&claims()).unwrap()).unwrap();
    for _ in 0..3 {
        clock.advance(UNKNOWN_KEY_INTERVAL);
        for _ in 0..5 {
            assert!(matches!(ring.verify(&token).await, Err(VerifyError::Token(TokenError::UnknownKey))));
        }
    }
    assert_eq!(store.readings(), 3);
}

#[tokio::test]
async fn serves_the_known_keys_while_one_task_reads_the_rows_again() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    store.add(1, 1, &KEYS[0], NEW_SECRET);
    let ring = ring(&store, secrets(&[NEW_SECRET]), &clock);
    let token = ring.sign(&claims()).await.unwrap();
    store.add(2, 2, &KEYS[1], NEW_SECRET);
    clock.advance(LIFETIME);
    store.gate.forget_permits(1000);
    for _ in 0..5 {
        assert_eq!(kids(&ring).await.len(), 1);
        assert!(ring.verify(&token).await.is_ok());
        tokio::task::yield_now().await;
    }
    assert_eq!(store.readings(), 2, "one task is waiting for the rows");
    store.gate.add_permits(1);
    settled(&ring).await;
    assert_eq!(kids(&ring).await.len(), 2);
    assert_eq!(store.readings(), 2);
}

#[tokio::test]
async fn a_deleted_key_takes_its_tokens_along() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    store.add(1, 1, &KEYS[0], NEW_SECRET);
    let ring = ring(&store, secrets(&[NEW_SECRET]), &clock);
    let token = ring.sign(&claims()).await.unwrap();
    assert!(ring.verify(&token).await.is_ok());
    store.rows.lock().unwrap().clear();
    store.add(2, 2, &KEYS[1], NEW_SECRET);
    clock.advance(LIFETIME);
    kids(&ring).await;
    settled(&ring).await;
    assert!(matches!(ring.verify(&token).await, Err(VerifyError::Token(TokenError::UnknownKey))));
}

#[tokio::test]
async fn goes_on_with_the_known_keys_when_the_rows_cannot_be_read() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    store.add(1, 1, &KEYS[0], NEW_SECRET);
    let ring = ring(&store, secrets(&[NEW_SECRET]), &clock);
    store.broken.store(true, SeqCst);
    assert!(matches!(ring.jwks().await, Err(KeyRingError::Store(_))));
    assert!(matches!(ring.verify("a.b.c").await, Err(VerifyError::Keys(_))));
    store.broken.store(false, SeqCst);
    let token = ring.sign(&claims()).await.unwrap();

    store.broken.store(true, SeqCst);
    clock.advance(LIFETIME);
    kids(&ring).await;
    settled(&ring).await;
    assert!(ring.verify(&token).await.is_ok());
    store.broken.store(false, SeqCst);
    store.add(2, 2, &KEYS[1], NEW_SECRET);
    clock.advance(LIFETIME);
    kids(&ring).await;
    settled(&ring).await;
    assert_eq!(kids(&ring).await.len(), 2);
}

#[tokio::test]
async fn does_not_sign_without_a_key() {
    let ring = ring(&Arc::default(), secrets(&[NEW_SECRET]), &clock());
    assert!(matches!(ring.sign(&claims()).await, Err(KeyRingError::NoSigningKey)));
    assert_eq!(ring.jwks().await.unwrap().keys, []);
}

/// Covers KEY-4. The row and the token were made with another implementation (Python's `cryptography`).
#[tokio::test]
async fn uses_a_row_that_another_implementation_wrote() {
    let fixture: Value = serde_json::from_str(include_str!("testdata/foreign_key.json")).unwrap();
    let text = |name: &str| fixture[name].as_str().unwrap().to_owned();
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    let created_at = DateTime::from_timestamp(0, 0).unwrap();
    store.rows.lock().unwrap().push(StoredKey { id: 1, key_data: text("key_data"), created_at });
    let ring = ring(&store, secrets(&[&text("secret")]), &clock);
    ring.ensure().await.unwrap();
    assert_eq!(Value::Object(ring.verify(&text("token")).await.unwrap()), fixture["claims"]);
    // RSASSA-PKCS1-v1_5 is deterministic: the same text has the same signature, whoever signs.
    let (input, _) = text("token").rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let keys = ring.keys().await.unwrap();
    assert_eq!(keys.signing().unwrap().sign(input).unwrap(), text("token"));
}

#[tokio::test]
#[ignore = "measures; prints microseconds"]
async fn measures_verifying_a_known_token() {
    let (store, clock) = (Arc::<MemoryStore>::default(), clock());
    store.add(1, 1, &KEYS[0], NEW_SECRET);
    let ring = ring(&store, secrets(&[NEW_SECRET]), &clock);
    let token = ring.sign(&claims()).await.unwrap();
    let mut fastest = std::time::Duration::MAX;
    for _ in 0..10_000 {
        let start = std::time::Instant::now();
        ring.verify(&token).await.unwrap();
        fastest = fastest.min(start.elapsed());
    }
    println!("\nverify a known token: {fastest:?}");
}
