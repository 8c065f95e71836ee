//! How fast the outbox works and how patient it is.

use std::{sync::Arc, time::Duration};

use crate::random::Random;

/// Parcels that are tried again this often are given up: about half a day after they were recorded.
pub(super) const MAX_ATTEMPTS: i32 = 20;

/// The times of the outbox.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How many parcels are delivered at once.
    pub concurrent: usize,
    /// How long one attempt may take. Shorter than the lease.
    pub patience: Duration,
    /// For how long a row belongs to the process that works on it. After a crash this is how long its parcels wait.
    pub lease: Duration,
    /// How long finished rows wait for others to be deleted with: each deletion is a transaction. Shorter than the lease.
    pub deletion: Duration,
    /// How often the worker looks for rows that nobody works on.
    pub poll: Duration,
    /// The pause after the first failure. It doubles with every further one.
    pub first_retry: Duration,
    /// The longest pause.
    pub longest_retry: Duration,
    /// The shortest pause of a parcel for which nothing could be tried.
    pub shortest_wait: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            concurrent: 4,
            patience: Duration::from_secs(20),
            lease: Duration::from_secs(30),
            deletion: Duration::from_millis(200),
            poll: Duration::from_secs(15),
            first_retry: Duration::from_secs(2),
            longest_retry: Duration::from_secs(60 * 60),
            shortest_wait: Duration::from_secs(1),
        }
    }
}

impl Pace {
    /// The pause before the attempt after the `attempts`th, up to a quarter longer at random so that what failed together
    /// does not come back together.
    pub(super) fn pause(&self, attempts: i32, random: &Arc<dyn Random>) -> Duration {
        let doublings = attempts.saturating_sub(1).clamp(0, 30);
        spread(self.first_retry.saturating_mul(1 << doublings).min(self.longest_retry), random)
    }

    /// The pause of a parcel for which nothing could be tried `age` after it was recorded. A quarter of its age: it is
    /// not much later than it would be anyway, and many that wait for long do not ask every moment.
    pub(super) fn wait(&self, age: Duration, random: &Arc<dyn Random>) -> Duration {
        spread((age / 4).max(self.shortest_wait).min(self.longest_retry), random)
    }
}

fn spread(pause: Duration, random: &Arc<dyn Random>) -> Duration {
    let quarter = u32::try_from((pause / 4).as_millis()).unwrap_or(u32::MAX);
    pause + Duration::from_millis(random.below(quarter).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn doubles_the_pause_up_to_the_longest() {
        let (pace, random): (_, Arc<dyn Random>) = (Pace::default(), Arc::new(SeededRandom::new(7)));
        for (attempts, seconds) in [(0, 2), (1, 2), (2, 4), (5, 32), (11, 2048), (12, 3600), (i32::MAX, 3600)] {
            let pause = pace.pause(attempts, &random);
            let least = Duration::from_secs(seconds);
            assert!(pause >= least && pause <= least + least / 4, "{attempts}: {pause:?}");
        }
    }

    #[test]
    fn waits_for_a_quarter_of_the_age() {
        let (pace, random): (_, Arc<dyn Random>) = (Pace::default(), Arc::new(SeededRandom::new(7)));
        for (age, seconds) in [(0, 1), (4, 1), (60, 15), (300, 75), (86_400, 3600)] {
            let pause = pace.wait(Duration::from_secs(age), &random);
            let least = Duration::from_secs(seconds);
            assert!(pause >= least && pause <= least + least / 4, "{age}: {pause:?}");
        }
    }
}
