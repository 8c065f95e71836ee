//! The background worker of the outbox: takes parcels as they are committed, looks for those that a crash or a failure
//! has left in the table, and has a few delivered at a time.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use uuid::Uuid;

use super::{
    Equipment,
    courier::{Contents, Courier, Parcel, Undelivered},
    job::{Job, Packed, Sequence, Waiting},
    pace::{MAX_ATTEMPTS, Pace},
    store::{OutboxStore, Postponement},
};

/// How many rows one look into the table takes along.
const BATCH: u64 = 100;
/// The pause before the next look when there was more than one batch.
const NEXT_BATCH: Duration = Duration::from_secs(1);
/// So many finished rows are deleted without waiting for more.
const DELETE_AT: usize = 32;

/// What became of a job.
enum Outcome {
    /// Delivered or given up: the row can go.
    Finished(Uuid),
    /// Due again after this time.
    Postponed(Duration),
    /// The row stays as it is: another process has it, or the table cannot be reached.
    Left,
}

/// The state of the worker's loop.
pub(super) struct Worker<S: OutboxStore, C: Courier> {
    equipment: Arc<Equipment<S>>,
    courier: Arc<C>,
    pace: Pace,
    waiting: Waiting<C::Item>,
    running: JoinSet<(Outcome, Sequence<C::Item>)>,
    finished: Vec<Uuid>,
    next_deletion: Instant,
    next_poll: Instant,
}

impl<S: OutboxStore, C: Courier> Worker<S, C> {
    pub(super) fn new(
        equipment: Arc<Equipment<S>>,
        courier: C,
        pace: Pace,
        jobs: mpsc::Receiver<Sequence<C::Item>>,
    ) -> Self {
        Self {
            equipment,
            courier: Arc::new(courier),
            pace,
            waiting: Waiting::new(jobs),
            running: JoinSet::new(),
            finished: Vec::new(),
            next_deletion: Instant::now(),
            next_poll: Instant::now(),
        }
    }

    /// Works until it is told to stop or its outbox is gone, and then on until everything that was handed over is
    /// delivered.
    pub(super) async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        loop {
            let room = self.running.len() < self.pace.concurrent;
            tokio::select! {
                biased;
                _ = &mut stop => break,
                Some(ended) = self.running.join_next() => self.go_on(ended),
                () = sleep_until(self.next_deletion), if !self.finished.is_empty() => self.delete_finished().await,
                () = sleep_until(self.next_poll), if !self.waiting.has_found() => self.poll().await,
                Some(jobs) = self.waiting.next(), if room => self.begin(jobs),
                else => break,
            }
        }
        self.drain().await;
    }

    /// Delivers what was handed over. The rows of what is delivered are deleted as soon as possible: whoever stops the
    /// worker may lose patience with a parcel that takes its time.
    async fn drain(&mut self) {
        self.waiting.close();
        loop {
            while self.running.len() < self.pace.concurrent
                && let Some(jobs) = self.waiting.next_handed_over().await
            {
                self.begin(jobs);
            }
            if !self.finished.is_empty() {
                self.delete_finished().await;
            }
            let Some(ended) = self.running.join_next().await else { break };
            self.go_on(ended);
            while let Some(ended) = self.running.try_join_next() {
                self.go_on(ended);
            }
        }
        self.courier.close().await;
    }

    fn begin(&mut self, mut jobs: Sequence<C::Item>) {
        let Some(job) = jobs.pop_front() else { return };
        let (equipment, courier, pace) = (Arc::clone(&self.equipment), Arc::clone(&self.courier), self.pace);
        self.running.spawn(async move { (attempt(&equipment, &*courier, pace, job).await, jobs) });
    }

    /// Settles the outcome of a job, and begins the one that waited for its end.
    fn go_on(&mut self, ended: Result<(Outcome, Sequence<C::Item>), tokio::task::JoinError>) {
        match ended {
            Ok((outcome, jobs)) => {
                self.settle(outcome);
                self.begin(jobs);
            }
            Err(error) => tracing::error!(kind = C::KIND, %error, "an attempt to deliver a parcel failed unexpectedly"),
        }
    }

    fn settle(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Finished(id) => {
                self.finished.push(id);
                match self.finished.len() {
                    1 => self.next_deletion = Instant::now() + self.pace.deletion,
                    DELETE_AT => self.next_deletion = Instant::now(),
                    _ => {}
                }
            }
            Outcome::Postponed(pause) => self.next_poll = self.next_poll.min(Instant::now() + pause),
            Outcome::Left => {}
        }
    }

    async fn poll(&mut self) {
        self.courier.tidy();
        self.next_poll = Instant::now() + self.pace.poll;
        match self.equipment.store.due(C::KIND, self.equipment.clock.now(), BATCH).await {
            Ok(rows) => {
                if rows.len() as u64 >= BATCH {
                    self.next_poll = Instant::now() + NEXT_BATCH;
                }
                self.waiting.add(rows.into_iter().filter(|row| !self.finished.contains(&row.id)));
            }
            Err(error) => tracing::error!(kind = C::KIND, %error, "cannot read the outbox"),
        }
    }

    /// On failure the ids are kept for the next time: their rows must not be found again.
    async fn delete_finished(&mut self) {
        match self.equipment.store.delete(&self.finished).await {
            Ok(()) => self.finished.clear(),
            Err(error) => {
                self.next_deletion = Instant::now() + self.pace.poll;
                tracing::error!(kind = C::KIND, %error, "cannot delete from the outbox");
            }
        }
    }
}

async fn attempt<S: OutboxStore, C: Courier>(
    equipment: &Equipment<S>,
    courier: &C,
    pace: Pace,
    mut job: Job<C::Item>,
) -> Outcome {
    let now = equipment.clock.now();
    // A job that waited so long that its lease could run out in the middle of the attempt may be taken by another process.
    if now + pace.patience >= job.leased_until {
        match equipment.store.claim(job.id, job.attempts, now + pace.lease).await {
            Ok(true) => job.attempts = job.attempts.saturating_add(1),
            Ok(false) => return Outcome::Left,
            Err(error) => {
                tracing::error!(kind = C::KIND, %error, "cannot claim a row of the outbox");
                return Outcome::Left;
            }
        }
    }
    let Job { id, created_at, attempts, contents, .. } = job;
    let (result, expires_at) = match open::<S, C>(equipment, contents) {
        Ok(Contents { expires_at, .. }) if expires_at <= now => {
            (Err(Undelivered::never("it has expired")), Some(expires_at))
        }
        Ok(Contents { expires_at, item }) => {
            let parcel = Parcel { id, created_at, attempt: attempts, item };
            let delivery = timeout(pace.patience, courier.deliver(&parcel)).await;
            (delivery.unwrap_or_else(|_| Err(Undelivered::later("it took too long"))), Some(expires_at))
        }
        Err(undelivered) => (Err(undelivered), None),
    };
    let now = equipment.clock.now();
    let (reason, made, pause) = match result {
        Ok(()) => return Outcome::Finished(id),
        Err(Undelivered::Never(reason)) => return give_up(C::KIND, id, attempts, &reason),
        Err(Undelivered::Later(reason)) => (reason, attempts, pace.pause(attempts, &equipment.random)),
        Err(Undelivered::Untried(reason)) => {
            let age = (now - created_at).to_std().unwrap_or_default();
            (reason, attempts.saturating_sub(1), pace.wait(age, &equipment.random))
        }
    };
    let due = now + pause;
    if made >= MAX_ATTEMPTS || expires_at.is_some_and(|expires_at| expires_at <= due) {
        return give_up(C::KIND, id, made, &reason);
    }
    if made < attempts {
        tracing::debug!(kind = C::KIND, %id, %reason, ?pause, "nothing could be tried for a parcel; it is put off");
    } else {
        tracing::warn!(kind = C::KIND, %id, attempts, %reason, ?pause, "cannot deliver a parcel; it will be tried again");
    }
    match equipment.store.postpone(id, attempts, Postponement { attempts: made, until: due, reason: &reason }).await {
        Ok(()) => Outcome::Postponed(pause),
        Err(error) => {
            tracing::error!(kind = C::KIND, %error, "cannot postpone a row of the outbox");
            Outcome::Left
        }
    }
}

fn open<S: OutboxStore, C: Courier>(
    equipment: &Equipment<S>,
    contents: Packed<C::Item>,
) -> Result<Contents<C::Item>, Undelivered> {
    match contents {
        Packed::Open(contents) => Ok(contents),
        Packed::Sealed(payload) => {
            // The key may be known to another process; that the contents make no sense will not change.
            let plain = equipment.seal.open(&payload).map_err(Undelivered::later)?;
            serde_json::from_slice(&plain).map_err(|_| Undelivered::never("its contents cannot be read"))
        }
    }
}

fn give_up(kind: &str, id: Uuid, attempts: i32, reason: &str) -> Outcome {
    tracing::error!(kind, %id, attempts, %reason, "a parcel is given up");
    Outcome::Finished(id)
}
