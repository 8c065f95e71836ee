//! Keeps one hook from taking the time of all others: only so many calls of one hook run at once, and what would have to
//! wait for a hook that does not answer is put off.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::courier::Target;
use crate::notify::outbox::Undelivered;

/// How many calls of one hook run at once.
const ABREAST: usize = 8;
/// How long a call waits for the others of a hook that answers.
const PATIENCE: Duration = Duration::from_secs(1);

/// What runs to whom.
pub(super) struct Lanes {
    lanes: Mutex<HashMap<Target, Arc<Lane>>>,
    patience: Duration,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { lanes: Mutex::default(), patience: PATIENCE }
    }
}

struct Lane {
    room: Arc<Semaphore>,
    /// The last call has failed.
    troubled: AtomicBool,
}

/// A place on a lane, until it is dropped.
pub(super) struct Place {
    lane: Arc<Lane>,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// What became of the call.
    pub(super) fn report(&self, success: bool) {
        self.lane.troubled.store(!success, Ordering::Relaxed);
    }
}

impl Lanes {
    /// Waits for a place, if it is worth it.
    pub(super) async fn enter(&self, target: &Target) -> Result<Place, Undelivered> {
        let lane = Arc::clone(self.lanes().entry(target.clone()).or_insert_with(|| {
            Arc::new(Lane { room: Arc::new(Semaphore::new(ABREAST)), troubled: AtomicBool::new(false) })
        }));
        let patience = if lane.troubled.load(Ordering::Relaxed) { Duration::ZERO } else { self.patience };
        match timeout(patience, Arc::clone(&lane.room).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Place { lane, _permit: permit }),
            Ok(Err(_)) | Err(_) => Err(Undelivered::untried("other calls of the hook take their time")),
        }
    }

    /// Forgets the lanes that nobody is on.
    pub(super) fn tidy(&self) {
        self.lanes().retain(|_, lane| lane.room.available_permits() < ABREAST);
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<Target, Arc<Lane>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: &str) -> Target {
        Target::Configured(name.to_owned())
    }

    async fn full(lanes: &Lanes, name: &str) -> Vec<Place> {
        let mut places = Vec::new();
        for _ in 0..ABREAST {
            places.push(lanes.enter(&target(name)).await.unwrap());
        }
        places
    }

    #[tokio::test]
    async fn puts_off_what_would_wait_for_a_hook_and_lets_others_pass() {
        let lanes = Lanes { patience: Duration::from_millis(1), ..Lanes::default() };
        let mut places = full(&lanes, "slow").await;
        assert!(matches!(lanes.enter(&target("slow")).await, Err(Undelivered::Untried(_))));
        assert!(lanes.enter(&target("fast")).await.is_ok());
        lanes.tidy();
        assert!(lanes.enter(&target("slow")).await.is_err());
        places.pop();
        assert!(lanes.enter(&target("slow")).await.is_ok());
    }

    #[tokio::test]
    async fn forgets_a_hook_that_nobody_calls_any_more() {
        let lanes = Lanes::default();
        let place = lanes.enter(&target("gone")).await.unwrap();
        place.report(false);
        lanes.tidy();
        assert_eq!(lanes.lanes().len(), 1);
        drop(place);
        lanes.tidy();
        assert_eq!(lanes.lanes().len(), 0);
    }

    #[tokio::test]
    async fn does_not_wait_for_a_hook_that_fails() {
        let lanes = Lanes { patience: Duration::from_secs(60 * 60), ..Lanes::default() };
        let places = full(&lanes, "hook").await;
        let hook = target("hook");
        let mut waiting = Box::pin(lanes.enter(&hook));
        assert!(timeout(Duration::from_millis(5), &mut waiting).await.is_err());
        places[0].report(false);
        assert!(lanes.enter(&hook).await.is_err());
        drop(places);
        assert!(waiting.await.is_ok());
    }
}
