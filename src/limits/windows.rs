//! Counters of attempts in the memory of this process: a window begins with the first use of a key and is forgotten
//! after its end, or when all its attempts were given back. What is kept is bounded, whatever keys clients think of.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::Admission;

/// Below this many windows nothing is swept.
const FEW: usize = 1024;
/// At most this many windows are kept, some 32 MiB; past it, the half that ends first is dropped. Whoever makes so many
/// attempts to be forgiven a few gains nothing.
const MANY: usize = 500_000;

/// The windows by key.
#[derive(Debug)]
pub(super) struct Windows {
    /// Keys are kept as hashes: names that clients choose may be long. The hash has a secret, so that nobody can make
    /// two keys meet.
    hash: RandomState,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    windows: HashMap<u64, Window>,
    /// With so many windows those that have ended are swept out. It is always twice of what the last sweep left, so that
    /// sweeping costs little and what is kept is at most twice of what counts.
    sweep_at: usize,
}

#[derive(Debug)]
struct Window {
    ends: DateTime<Utc>,
    used: u32,
}

impl Default for Windows {
    fn default() -> Self {
        Self { hash: RandomState::new(), kept: Mutex::new(Kept { windows: HashMap::new(), sweep_at: FEW }) }
    }
}

impl Windows {
    /// Takes one of `tokens` attempts per `interval`.
    pub(super) fn take(&self, key: &str, tokens: u32, interval: Duration, now: DateTime<Utc>) -> Admission {
        let key = self.hash.hash_one(key);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.windows.len() >= kept.sweep_at {
            kept.sweep(now);
        }
        let interval = TimeDelta::from_std(interval).unwrap_or(TimeDelta::MAX);
        let fresh = || Window { ends: now.checked_add_signed(interval).unwrap_or(DateTime::<Utc>::MAX_UTC), used: 0 };
        let window = kept.windows.entry(key).or_insert_with(fresh);
        if window.ends <= now {
            *window = fresh();
        }
        if window.used < tokens {
            window.used += 1;
            return Admission::Granted;
        }
        Admission::Refused { seconds: u64::try_from((window.ends - now).num_seconds()).unwrap_or(0) }
    }

    /// Gives one attempt back, if the window is still there.
    pub(super) fn give_back(&self, key: &str) {
        let key = self.hash.hash_one(key);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(window) = kept.windows.get_mut(&key) else { return };
        window.used = window.used.saturating_sub(1);
        if window.used == 0 {
            kept.windows.remove(&key);
        }
    }
}

impl Kept {
    fn sweep(&mut self, now: DateTime<Utc>) {
        self.windows.retain(|_, window| window.ends > now);
        if self.windows.len() >= MANY {
            let mut ends: Vec<_> = self.windows.values().map(|window| window.ends).collect();
            let (_, &mut median, _) = ends.select_nth_unstable(MANY / 2);
            self.windows.retain(|_, window| window.ends > median);
        }
        self.sweep_at = (self.windows.len() * 2).clamp(FEW, MANY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(seconds: f64) -> DateTime<Utc> {
        #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
        DateTime::from_timestamp_millis((seconds * 1000.0) as i64).unwrap()
    }

    impl Windows {
        fn len(&self) -> usize {
            self.kept.lock().unwrap().windows.len()
        }
    }

    /// Covers RATE-9.
    #[test]
    fn a_window_begins_with_the_first_use_and_refills_in_full() {
        let windows = Windows::default();
        let take = |seconds| windows.take("key", 2, MINUTE, at(seconds));
        assert_eq!([take(0.0), take(30.0)], [Admission::Granted; 2]);
        assert_eq!(take(30.5), Admission::Refused { seconds: 29 });
        assert_eq!(take(59.9), Admission::Refused { seconds: 0 });
        assert_eq!([take(60.0), take(119.0)], [Admission::Granted; 2]);
        assert_eq!(take(119.0), Admission::Refused { seconds: 1 });
        assert_eq!(windows.take("other", 2, MINUTE, at(119.0)), Admission::Granted);
    }

    #[test]
    fn windows_that_have_ended_are_swept_out() {
        let windows = Windows::default();
        for index in 0..10_000 {
            windows.take(&index.to_string(), 1, MINUTE, at(f64::from(index)));
        }
        assert!(windows.len() <= FEW);
    }

    #[test]
    fn windows_that_count_are_kept() {
        let windows = Windows::default();
        let take = |key: u32| windows.take(&key.to_string(), 1, MINUTE, at(0.0));
        assert!((0..5000).all(|key| take(key) == Admission::Granted));
        assert!((0..5000).all(|key| take(key) != Admission::Granted));
    }

    #[test]
    fn a_window_may_be_as_long_as_it_likes() {
        let windows = Windows::default();
        assert_eq!(windows.take("key", 1, Duration::MAX, at(0.0)), Admission::Granted);
        assert_ne!(windows.take("key", 1, Duration::MAX, at(0.0)), Admission::Granted);
    }

    #[test]
    fn windows_whose_attempts_were_given_back_are_not_kept() {
        let windows = Windows::default();
        windows.take("key", 2, MINUTE, at(0.0));
        windows.take("key", 2, MINUTE, at(0.0));
        windows.give_back("key");
        assert_eq!(windows.len(), 1);
        windows.give_back("key");
        assert_eq!(windows.len(), 0);
    }

    #[test]
    fn of_too_many_windows_those_that_end_first_are_dropped() {
        let windows = Windows::default();
        for index in 0..600_000 {
            windows.take(&index.to_string(), 1, MINUTE, at(f64::from(index) / 100_000.0));
        }
        assert!(windows.len() <= MANY);
        assert_eq!(windows.take("0", 1, MINUTE, at(6.0)), Admission::Granted);
        assert_ne!(windows.take("599999", 1, MINUTE, at(6.0)), Admission::Granted);
    }
}
