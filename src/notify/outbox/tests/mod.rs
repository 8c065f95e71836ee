//! A postman, an installation, and how parcels are delivered when nothing goes wrong.

mod failures;
mod processes;
mod stopping;

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, TimeDelta};
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use super::{
    memory::{MemoryStore, TestSeal},
    *,
};
use crate::{clock::ManualClock, random::SystemRandom};

const LONG: Duration = Duration::from_secs(60 * 60);

/// Delivers texts and notes them. What a text starts with says how that goes.
#[derive(Clone, Default)]
struct Postman(Arc<Round>);

#[derive(Default)]
struct Round {
    delivered: Mutex<Vec<(Uuid, String)>>,
    /// Which attempt of its parcel each call was.
    numbers: Mutex<Vec<i32>>,
    attempts: AtomicUsize,
    running: AtomicUsize,
    most_running: AtomicUsize,
    refusals: AtomicUsize,
    put_off: AtomicUsize,
    closed: AtomicUsize,
    gate: Option<Semaphore>,
    changed: Notify,
}

impl Postman {
    /// Refuses the next `refusals` attempts.
    fn refusing(refusals: usize) -> Self {
        Self(Arc::new(Round { refusals: refusals.into(), ..Round::default() }))
    }

    /// Puts the next `times` parcels off before it refuses `refusals` attempts.
    fn putting_off(times: usize, refusals: usize) -> Self {
        Self(Arc::new(Round { put_off: times.into(), refusals: refusals.into(), ..Round::default() }))
    }

    /// Holds every attempt until it is let through.
    fn held() -> Self {
        Self(Arc::new(Round { gate: Some(Semaphore::new(0)), ..Round::default() }))
    }

    fn let_through(&self, attempts: usize) {
        self.0.gate.as_ref().unwrap().add_permits(attempts);
    }

    fn delivered(&self) -> Vec<String> {
        self.0.delivered.lock().unwrap().iter().map(|(_, text)| text.clone()).collect()
    }

    fn attempts(&self) -> usize {
        self.0.attempts.load(Ordering::SeqCst)
    }

    async fn until(&self, condition: impl Fn(&Round) -> bool) {
        loop {
            let changed = self.0.changed.notified();
            if condition(&self.0) {
                return;
            }
            changed.await;
        }
    }

    async fn has_delivered(&self, count: usize) {
        self.until(|round| round.delivered.lock().unwrap().len() >= count).await;
    }

    async fn has_begun(&self, count: usize) {
        self.until(|round| round.attempts.load(Ordering::SeqCst) >= count).await;
    }
}

impl Courier for Postman {
    type Item = String;

    const KIND: &'static str = "letter";

    fn lifetime(text: &String) -> Duration {
        if text.starts_with("short-lived") { Duration::from_secs(300) } else { LONG }
    }

    async fn deliver(&self, parcel: &Parcel<String>) -> Result<(), Undelivered> {
        let round = &self.0;
        round.attempts.fetch_add(1, Ordering::SeqCst);
        let running = round.running.fetch_add(1, Ordering::SeqCst) + 1;
        round.most_running.fetch_max(running, Ordering::SeqCst);
        round.changed.notify_waiters();
        if let Some(gate) = &round.gate {
            gate.acquire().await.unwrap().forget();
        }
        if parcel.item.starts_with("stuck") {
            std::future::pending::<()>().await;
        }
        round.running.fetch_sub(1, Ordering::SeqCst);
        round.numbers.lock().unwrap().push(parcel.attempt);
        if one_of(&round.put_off) {
            return Err(Undelivered::untried("others first"));
        }
        if one_of(&round.refusals) {
            return Err(Undelivered::later("not now"));
        }
        if parcel.item.starts_with("undeliverable") {
            return Err(Undelivered::never("no such street"));
        }
        round.delivered.lock().unwrap().push((parcel.id, parcel.item.clone()));
        round.changed.notify_waiters();
        Ok(())
    }

    async fn close(&self) {
        self.0.closed.fetch_add(1, Ordering::SeqCst);
    }
}

/// Takes one, if any is left.
fn one_of(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

/// The machines of an installation: they share a table and the time.
struct Installation {
    store: MemoryStore,
    clock: Arc<ManualClock>,
}

impl Installation {
    fn new() -> Self {
        let start = DateTime::from_timestamp(1_786_000_000, 0).unwrap();
        Self { store: MemoryStore::default(), clock: Arc::new(ManualClock::new(start)) }
    }

    fn start(&self, postman: &Postman, pace: Pace) -> Outbox<MemoryStore, Postman> {
        self.start_with_key(postman, pace, 'k')
    }

    fn start_with_key(&self, postman: &Postman, pace: Pace, key: char) -> Outbox<MemoryStore, Postman> {
        Outbox::start(self.equipment(key), postman.clone(), pace)
    }

    fn equipment(&self, key: char) -> Equipment<MemoryStore> {
        Equipment {
            store: self.store.clone(),
            seal: Arc::new(TestSeal(key)),
            clock: self.clock.clone(),
            random: Arc::new(SystemRandom),
        }
    }

    fn advance(&self, by: Duration) {
        self.clock.advance(TimeDelta::from_std(by).unwrap());
    }

    /// A row that a process has committed without living on to deliver it.
    async fn orphan(&self, text: &str) {
        let outbox = self.start(&Postman::default(), never_looks());
        let mut unit = self.store.unit();
        let _lost = outbox.enqueue(&mut unit, text.into()).await.unwrap();
        unit.commit();
        outbox.shutdown(LONG).await;
    }
}

/// A worker that takes only what it is handed.
fn never_looks() -> Pace {
    Pace { poll: LONG, deletion: Duration::from_millis(1), ..Pace::default() }
}

/// A worker that hardly pauses.
fn restless() -> Pace {
    let moment = Duration::from_millis(1);
    Pace {
        poll: moment,
        deletion: moment,
        first_retry: Duration::ZERO,
        longest_retry: Duration::ZERO,
        ..Pace::default()
    }
}

async fn send(installation: &Installation, outbox: &Outbox<MemoryStore, Postman>, text: &str) {
    let mut unit = installation.store.unit();
    let ticket = outbox.enqueue(&mut unit, text.into()).await.unwrap();
    unit.commit();
    outbox.committed([ticket]);
}

#[tokio::test]
async fn delivers_after_the_commit_and_deletes_the_row() {
    let (installation, postman) = (Installation::new(), Postman::default());
    let outbox = installation.start(&postman, never_looks());

    let mut unit = installation.store.unit();
    let ticket = outbox.enqueue(&mut unit, "hello".into()).await.unwrap();
    unit.commit();
    let row = installation.store.rows().pop().unwrap();
    assert_eq!((row.kind.as_str(), row.attempts), ("letter", 1));
    assert_eq!(postman.attempts(), 0);

    outbox.committed([ticket]);
    postman.has_delivered(1).await;
    installation.store.until(<[OutboxRow]>::is_empty).await;
    assert_eq!(*postman.0.delivered.lock().unwrap(), [(row.id, "hello".to_owned())]);
}

#[tokio::test]
async fn delivers_nothing_of_a_unit_that_was_rolled_back() {
    let (installation, postman) = (Installation::new(), Postman::default());
    let outbox = installation.start(&postman, restless());
    let mut unit = installation.store.unit();
    let ticket = outbox.enqueue(&mut unit, "hello".into()).await.unwrap();
    drop((unit, ticket));
    installation.advance(LONG);
    installation.store.next_look().await;
    outbox.shutdown(LONG).await;
    assert_eq!((postman.attempts(), installation.store.rows().len()), (0, 0));
}

#[tokio::test]
async fn keeps_what_it_stores_unreadable() {
    let installation = Installation::new();
    installation.orphan("a passcode").await;
    let payload = installation.store.rows().pop().unwrap().payload;
    assert!(!payload.contains("passcode") && TestSeal('k').open(&payload).is_ok());
}

#[tokio::test]
async fn delivers_a_few_at_a_time() {
    let (installation, postman) = (Installation::new(), Postman::held());
    let outbox = installation.start(&postman, Pace { concurrent: 3, ..never_looks() });
    for number in 0..10 {
        send(&installation, &outbox, &number.to_string()).await;
    }
    postman.has_begun(3).await;
    postman.let_through(10);
    postman.has_delivered(10).await;
    assert_eq!(postman.0.most_running.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn delivers_a_sequence_in_order_and_goes_on_after_a_failure() {
    let (installation, postman) = (Installation::new(), Postman::refusing(1));
    let outbox = installation.start(&postman, never_looks());
    let texts = ["first", "second", "third", "fourth"].map(str::to_owned);
    let mut unit = installation.store.unit();
    let tickets = outbox.enqueue_all(&mut unit, texts.into()).await.unwrap();
    unit.commit();
    outbox.committed_in_order(tickets);
    outbox.shutdown(LONG).await;
    assert_eq!(postman.delivered(), ["second", "third", "fourth"]);
    assert_eq!(postman.0.most_running.load(Ordering::SeqCst), 1);
    assert_eq!(installation.store.rows().len(), 1);
}

#[tokio::test]
async fn neither_what_is_new_nor_what_was_left_behind_waits_for_the_end_of_the_other() {
    let (installation, postman) = (Installation::new(), Postman::held());
    for number in 0..10 {
        installation.orphan(&format!("old {number}")).await;
    }
    installation.advance(Pace::default().lease);
    let outbox = installation.start(&postman, Pace { concurrent: 1, ..never_looks() });
    for number in 0..10 {
        send(&installation, &outbox, &format!("new {number}")).await;
    }
    installation.store.next_look().await;
    postman.let_through(6);
    postman.has_delivered(6).await;
    let old = postman.delivered().iter().filter(|text| text.starts_with("old")).count();
    assert!((2..=4).contains(&old), "{:?}", postman.delivered());
}

#[tokio::test]
async fn without_a_worker_it_leaves_the_delivery_to_other_processes() {
    let (installation, postman) = (Installation::new(), Postman::default());
    let equipment = installation.equipment('k');
    let silent: Outbox<MemoryStore, Postman> = Outbox::without_worker(equipment, restless());
    send(&installation, &silent, "hello").await;
    silent.shutdown(LONG).await;
    assert_eq!(installation.store.rows()[0].attempts, 1);
    installation.advance(Pace::default().lease);
    let _other = installation.start(&postman, restless());
    postman.has_delivered(1).await;
}
