//! The outbox: what must leave the server exactly when a unit of work commits, and must not be lost, is written to a
//! table in the same transaction and delivered by a background worker. Delivery is at least once. Knows neither what is
//! delivered nor how: a [`Courier`] does, and brings along its kind of rows.

mod courier;
mod database;
mod job;
#[cfg(test)]
pub(crate) mod memory;
mod pace;
mod seal;
mod store;
mod worker;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

use self::{
    courier::Contents,
    job::{Job, Sequence},
    worker::Worker,
};
pub use self::{
    courier::{Courier, Parcel, Undelivered},
    pace::Pace,
    store::{BoxError, OutboxRow, OutboxStore, Postponement, Seal},
};
use crate::{clock::Clock, random::Random};

/// How many parcels wait in memory. What does not fit stays in the table until the worker looks for it there.
const QUEUE: usize = 1024;

/// Why a parcel cannot be recorded.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError<E> {
    /// The table cannot be written.
    #[error("cannot write to the outbox: {0}")]
    Store(#[source] E),
    /// The parcel cannot be written as JSON.
    #[error("cannot write a parcel: {0}")]
    Encode(#[from] serde_json::Error),
    /// The parcel cannot be encrypted.
    #[error("cannot encrypt a parcel: {0}")]
    Seal(#[source] BoxError),
}

/// What comes of recording a parcel in the outbox on `S`.
pub type Recorded<T, S> = Result<T, OutboxError<<S as OutboxStore>::Error>>;

/// What the outbox works with, besides the courier.
pub struct Equipment<S> {
    /// The table.
    pub store: S,
    /// Encrypts what the table holds: a mail contains a passcode.
    pub seal: Arc<dyn Seal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For ids, and to spread retries.
    pub random: Arc<dyn Random>,
}

/// The outbox of one kind of parcels. Clones share its worker.
pub struct Outbox<S: OutboxStore, C: Courier> {
    equipment: Arc<Equipment<S>>,
    queue: mpsc::Sender<Sequence<C::Item>>,
    pace: Pace,
    worker: Arc<Mutex<Option<Running>>>,
}

struct Running {
    stop: oneshot::Sender<()>,
    handle: JoinHandle<()>,
}

/// A parcel that is recorded in a unit of work which is not yet committed.
#[must_use = "hand it to `committed` after the commit"]
pub struct Ticket<T>(Job<T>);

impl<S: OutboxStore, C: Courier> Outbox<S, C> {
    /// Starts the worker, which also takes up what an earlier process has left behind. Must be called inside a Tokio
    /// runtime.
    #[must_use]
    pub fn start(equipment: Equipment<S>, courier: C, pace: Pace) -> Self {
        let equipment = Arc::new(equipment);
        let (queue, jobs) = mpsc::channel(QUEUE);
        let (stop, stopped) = oneshot::channel();
        let worker = Worker::new(Arc::clone(&equipment), courier, pace, jobs);
        let handle = tokio::spawn(worker.run(stopped));
        Self { equipment, queue, pace, worker: Arc::new(Mutex::new(Some(Running { stop, handle }))) }
    }

    /// Only records: the worker of another process delivers, once the lease is over that `pace` gives this one.
    #[must_use]
    pub fn without_worker(equipment: Equipment<S>, pace: Pace) -> Self {
        let (queue, _) = mpsc::channel(1);
        Self { equipment: Arc::new(equipment), queue, pace, worker: Arc::default() }
    }

    /// Records in `unit` that `item` is to be delivered.
    ///
    /// # Errors
    /// If the row cannot be made or written.
    pub async fn enqueue(&self, unit: &mut S::Unit, item: C::Item) -> Recorded<Ticket<C::Item>, S> {
        let (row, job) = self.pack(item)?;
        S::insert(unit, vec![row]).await.map_err(OutboxError::Store)?;
        Ok(Ticket(job))
    }

    /// Records in `unit` that `items` are to be delivered, with one statement.
    ///
    /// # Errors
    /// If the rows cannot be made or written.
    pub async fn enqueue_all(&self, unit: &mut S::Unit, items: Vec<C::Item>) -> Recorded<Vec<Ticket<C::Item>>, S> {
        let packed = items.into_iter().map(|item| self.pack(item)).collect::<Result<Vec<_>, _>>()?;
        let (rows, jobs): (Vec<_>, Vec<_>) = packed.into_iter().unzip();
        if !rows.is_empty() {
            S::insert(unit, rows).await.map_err(OutboxError::Store)?;
        }
        Ok(jobs.into_iter().map(Ticket).collect())
    }

    fn pack(&self, item: C::Item) -> Recorded<(OutboxRow, Job<C::Item>), S> {
        let now = self.equipment.clock.now();
        let contents = Contents { expires_at: now + C::lifetime(&item), item };
        let payload = self.equipment.seal.seal(&serde_json::to_vec(&contents)?).map_err(OutboxError::Seal)?;
        let row = OutboxRow {
            id: self.equipment.random.uuid(),
            kind: C::KIND.into(),
            payload,
            // The first attempt is this process's own: the row is born with a lease on it.
            attempts: 1,
            next_attempt_at: now + self.pace.lease,
            created_at: now,
        };
        let job = Job::leased(&row, contents);
        Ok((row, job))
    }

    /// Hands the parcels of a unit of work that is now committed to the worker, without a detour through the table. Never
    /// waits: what the worker cannot take it will find in the table later.
    pub fn committed(&self, tickets: impl IntoIterator<Item = Ticket<C::Item>>) {
        tickets.into_iter().for_each(|Ticket(job)| self.hand_over(Sequence::from([job])));
    }

    /// The same for parcels that are to be delivered one after the other. One that is not delivered at the first attempt
    /// does not hold up those after it.
    pub fn committed_in_order(&self, tickets: impl IntoIterator<Item = Ticket<C::Item>>) {
        self.hand_over(tickets.into_iter().map(|Ticket(job)| job).collect());
    }

    fn hand_over(&self, jobs: Sequence<C::Item>) {
        if self.queue.try_send(jobs).is_err() {
            tracing::debug!(kind = C::KIND, "the worker is busy or gone; a parcel waits in the outbox");
        }
    }

    /// Delivers what was handed over, for at most `within`, and stops the worker. What is left stays in the table.
    pub async fn shutdown(&self, within: Duration) {
        let running = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { stop, mut handle }) = running else { return };
        // An error means that the worker has already ended, which the handle tells as well.
        let _ = stop.send(());
        match timeout(within, &mut handle).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(kind = C::KIND, %error, "the worker of the outbox failed"),
            Err(_) => {
                handle.abort();
                tracing::warn!(kind = C::KIND, "stopped before everything was delivered; the rest waits in the outbox");
            }
        }
    }
}

impl<S: OutboxStore, C: Courier> Clone for Outbox<S, C> {
    fn clone(&self) -> Self {
        Self {
            equipment: Arc::clone(&self.equipment),
            queue: self.queue.clone(),
            pace: self.pace,
            worker: Arc::clone(&self.worker),
        }
    }
}

impl<S: OutboxStore, C: Courier> fmt::Debug for Outbox<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("kind", &C::KIND).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Ticket<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket")
    }
}

#[cfg(test)]
mod tests;
