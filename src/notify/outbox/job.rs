//! What the worker has to do: parcels, and which of them comes next.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{courier::Contents, store::OutboxRow};

/// One parcel to be delivered.
pub(super) struct Job<T> {
    pub(super) id: Uuid,
    pub(super) created_at: DateTime<Utc>,
    pub(super) attempts: i32,
    pub(super) leased_until: DateTime<Utc>,
    pub(super) contents: Packed<T>,
}

/// Jobs that are done one after the other.
pub(super) type Sequence<T> = VecDeque<Job<T>>;

/// What is in a job: handed over, or still as it was found in the table.
pub(super) enum Packed<T> {
    Open(Contents<T>),
    Sealed(String),
}

impl<T> Job<T> {
    /// A row that this process has just written.
    pub(super) fn leased(row: &OutboxRow, contents: Contents<T>) -> Self {
        Self {
            id: row.id,
            created_at: row.created_at,
            attempts: row.attempts,
            leased_until: row.next_attempt_at,
            contents: Packed::Open(contents),
        }
    }

    /// A row that was found in the table. Its lease is over.
    fn found(row: OutboxRow) -> Self {
        Self {
            id: row.id,
            created_at: row.created_at,
            attempts: row.attempts,
            leased_until: row.next_attempt_at,
            contents: Packed::Sealed(row.payload),
        }
    }
}

/// The jobs that wait: those that were handed over and those that were found in the table, by turns. While there is
/// always something new, what was found would otherwise wait until it has expired.
pub(super) struct Waiting<T> {
    handed_over: mpsc::Receiver<Sequence<T>>,
    found: VecDeque<OutboxRow>,
    found_is_next: bool,
}

impl<T> Waiting<T> {
    pub(super) fn new(handed_over: mpsc::Receiver<Sequence<T>>) -> Self {
        Self { handed_over, found: VecDeque::new(), found_is_next: true }
    }

    /// Adds rows of the table.
    pub(super) fn add(&mut self, found: impl IntoIterator<Item = OutboxRow>) {
        self.found.extend(found);
    }

    /// Whether rows of the table wait.
    pub(super) fn has_found(&self) -> bool {
        !self.found.is_empty()
    }

    /// What is to be done next. Loses nothing when the future is dropped.
    pub(super) async fn next(&mut self) -> Option<Sequence<T>> {
        if self.found_is_next && self.has_found() {
            return self.next_found();
        }
        tokio::select! {
            biased;
            Some(jobs) = self.handed_over.recv() => {
                self.found_is_next = true;
                Some(jobs)
            }
            () = async {}, if self.has_found() => self.next_found(),
            else => None,
        }
    }

    fn next_found(&mut self) -> Option<Sequence<T>> {
        self.found_is_next = false;
        self.found.pop_front().map(|row| Sequence::from([Job::found(row)]))
    }

    /// Takes nothing more. What was handed over before still comes, and `None` after it.
    pub(super) fn close(&mut self) {
        self.handed_over.close();
    }

    /// The next of what was handed over.
    pub(super) async fn next_handed_over(&mut self) -> Option<Sequence<T>> {
        self.handed_over.recv().await
    }
}
