use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, TimeDelta};
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use super::{
    memory::{MemoryStore, TestSeal},
    *,
};
use crate::{
    clock::ManualClock,
    random::{SeededRandom, SystemRandom},
};

const LONG: Duration = Duration::from_secs(60 * 60);

/// Delivers texts and notes them. What a text starts with says how that goes.
#[derive(Clone, Default)]
struct Postman(Arc<Round>);

#[derive(Default)]
struct Round {
    delivered: Mutex<Vec<(Uuid, String)>>,
    attempts: AtomicUsize,
    running: AtomicUsize,
    most_running: AtomicUsize,
    refusals: AtomicUsize,
    closed: AtomicUsize,
    gate: Option<Semaphore>,
    changed: Notify,
}

impl Postman {
    /// Refuses the next `refusals` attempts.
    fn refusing(refusals: usize) -> Self {
        Self(Arc::new(Round { refusals: refusals.into(), ..Round::default() }))
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
        round.running.fetch_sub(1, Ordering::SeqCst);
        let refused = round.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if refused.is_ok() {
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
        let equipment = Equipment {
            store: self.store.clone(),
            seal: Arc::new(TestSeal(key)),
            clock: self.clock.clone(),
            random: Arc::new(SystemRandom),
        };
        Outbox::start(equipment, postman.clone(), pace)
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
async fn takes_up_what_a_crashed_process_has_left_when_its_lease_is_over() {
    let (installation, postman) = (Installation::new(), Postman::default());
    installation.orphan("hello").await;

    let outbox = installation.start(&postman, restless());
    installation.store.next_look().await;
    installation.store.next_look().await;
    assert_eq!(postman.attempts(), 0);

    installation.advance(Pace::default().lease);
    postman.has_delivered(1).await;
    outbox.shutdown(LONG).await;
    assert_eq!((postman.delivered(), installation.store.rows()), (vec!["hello".to_owned()], Vec::new()));
}

#[tokio::test]
async fn delivers_a_row_once_when_several_processes_find_it() {
    let (installation, postman) = (Installation::new(), Postman::default());
    for number in 0..50 {
        installation.orphan(&number.to_string()).await;
    }
    installation.advance(Pace::default().lease);
    let machines: Vec<_> = (0..3).map(|_| installation.start(&postman, restless())).collect();
    installation.store.until(<[OutboxRow]>::is_empty).await;
    for machine in machines {
        machine.shutdown(LONG).await;
    }
    assert_eq!(postman.delivered().len(), 50);
}

#[tokio::test]
async fn tries_again_after_a_failure() {
    let (installation, postman) = (Installation::new(), Postman::refusing(3));
    let outbox = installation.start(&postman, restless());
    send(&installation, &outbox, "hello").await;
    postman.has_delivered(1).await;
    installation.store.until(<[OutboxRow]>::is_empty).await;
    assert_eq!((postman.attempts(), installation.store.reasons()), (4, vec!["not now".to_owned(); 3]));
}

#[tokio::test]
async fn pauses_longer_after_every_failure() {
    let (installation, postman) = (Installation::new(), Postman::refusing(usize::MAX));
    let pace = Pace { poll: Duration::from_millis(1), ..Pace::default() };
    let outbox = installation.start(&postman, pace);
    send(&installation, &outbox, "hello").await;

    let start = installation.clock.now();
    for (attempts, pause) in [(1, 2), (2, 4), (3, 8)] {
        let row_of = |rows: &[OutboxRow]| rows.first().map(|row| (row.attempts, row.next_attempt_at)).unwrap();
        let before = installation.clock.now();
        let is_postponed = |rows: &[OutboxRow]| {
            let (count, due) = row_of(rows);
            count == attempts && due < before + TimeDelta::seconds(20)
        };
        installation.store.until(is_postponed).await;
        let due = row_of(&installation.store.rows()).1;
        let (least, most) = (TimeDelta::seconds(pause), TimeDelta::seconds(pause) * 5 / 4);
        assert!(due >= before + least && due <= before + most, "{attempts}: {} after {before}", due - start);
        installation.clock.advance(due - before);
    }
}

#[tokio::test]
async fn gives_up_after_twenty_attempts() {
    let (installation, postman) = (Installation::new(), Postman::refusing(usize::MAX));
    let outbox = installation.start(&postman, restless());
    send(&installation, &outbox, "hello").await;
    postman.has_begun(20).await;
    installation.store.until(<[OutboxRow]>::is_empty).await;
    assert_eq!(postman.attempts(), 20);
}

#[tokio::test]
async fn gives_up_at_once_what_can_never_be_delivered() {
    let (installation, postman) = (Installation::new(), Postman::default());
    let outbox = installation.start(&postman, restless());
    send(&installation, &outbox, "undeliverable").await;
    postman.has_begun(1).await;
    installation.store.until(<[OutboxRow]>::is_empty).await;
    assert_eq!((postman.attempts(), postman.delivered().len()), (1, 0));
}

#[tokio::test]
async fn gives_up_what_has_expired() {
    let (installation, postman) = (Installation::new(), Postman::default());
    installation.orphan("short-lived").await;
    installation.orphan("hello").await;
    installation.advance(Duration::from_secs(300));
    let outbox = installation.start(&postman, restless());
    installation.store.until(<[OutboxRow]>::is_empty).await;
    outbox.shutdown(LONG).await;
    assert_eq!(postman.delivered(), ["hello"]);
}

#[tokio::test]
async fn does_not_wait_for_an_attempt_that_takes_too_long() {
    let (installation, postman) = (Installation::new(), Postman::held());
    let outbox = installation.start(&postman, Pace { patience: Duration::from_millis(5), ..restless() });
    send(&installation, &outbox, "hello").await;
    postman.has_begun(3).await;
    postman.let_through(20);
    postman.has_delivered(1).await;
    installation.store.until(<[OutboxRow]>::is_empty).await;
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
async fn leaves_a_row_alone_that_another_process_has_taken_meanwhile() {
    let (installation, postman) = (Installation::new(), Postman::held());
    let outbox = installation.start(&postman, Pace { concurrent: 1, ..never_looks() });
    send(&installation, &outbox, "first").await;
    send(&installation, &outbox, "second").await;
    postman.has_begun(1).await;

    installation.advance(Pace::default().lease);
    let second = installation.store.rows().into_iter().next_back().unwrap();
    let until = installation.clock.now() + Pace::default().lease;
    assert!(installation.store.claim(second.id, second.attempts, until).await.unwrap());

    postman.let_through(2);
    outbox.shutdown(LONG).await;
    assert_eq!(postman.delivered(), ["first"]);
    assert_eq!(installation.store.rows().len(), 1);
}

#[tokio::test]
async fn keeps_what_only_another_process_can_read() {
    let (installation, postman) = (Installation::new(), Postman::default());
    installation.orphan("hello").await;
    installation.advance(Pace::default().lease);
    let stranger = installation.start_with_key(&postman, Pace::default(), 'x');
    installation.store.until(|rows| rows[0].attempts == 2).await;
    stranger.shutdown(LONG).await;
    assert_eq!((postman.attempts(), installation.store.rows().len()), (0, 1));
}

#[tokio::test]
async fn delivers_everything_that_was_handed_over_before_it_stops() {
    let (installation, postman) = (Installation::new(), Postman::default());
    let outbox = installation.start(&postman, never_looks());
    for number in 0..100 {
        send(&installation, &outbox, &number.to_string()).await;
    }
    outbox.shutdown(LONG).await;
    assert_eq!((postman.delivered().len(), installation.store.rows().len()), (100, 0));
    assert_eq!(postman.0.closed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn leaves_in_the_table_what_it_cannot_deliver_before_it_must_stop() {
    let (installation, postman) = (Installation::new(), Postman::held());
    let outbox = installation.start(&postman, never_looks());
    send(&installation, &outbox, "hello").await;
    postman.has_begun(1).await;
    outbox.shutdown(Duration::from_millis(5)).await;
    assert_eq!(installation.store.rows().len(), 1);

    send(&installation, &outbox, "late").await;
    assert_eq!(installation.store.rows().len(), 2);
}

#[tokio::test]
async fn ignores_rows_of_other_kinds() {
    let (installation, postman) = (Installation::new(), Postman::default());
    installation.orphan("hello").await;
    let mut row = installation.store.rows().pop().unwrap();
    (row.id, row.kind) = ((&SeededRandom::new(1) as &dyn Random).uuid(), "webhook".into());
    let mut unit = installation.store.unit();
    MemoryStore::insert(&mut unit, vec![row.clone()]).await.unwrap();
    unit.commit();
    installation.advance(Pace::default().lease);
    let outbox = installation.start(&postman, restless());
    postman.has_delivered(1).await;
    outbox.shutdown(LONG).await;
    assert_eq!(installation.store.rows(), [row]);
}
