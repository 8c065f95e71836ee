//! Randomness as a parameter: the domain never opens a random source by itself, so that tests can repeat a run.

use std::{
    fmt::Debug,
    sync::{Mutex, PoisonError},
};

use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use uuid::Uuid;

/// `0-9A-Za-z`, the alphabet of tokens that travel in forms and cookies.
pub const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A source of unpredictable bytes, fit for keys and challenges.
pub trait Random: Send + Sync + Debug {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Random + '_ {
    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A random UUID (version 4, RFC 9562 section 5.4).
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// A uniformly random number in `0..n`; 0 when `n` is 0.
    #[must_use]
    pub fn below(&self, n: u32) -> u32 {
        if n == 0 {
            return 0;
        }
        // Values past the last whole multiple of n would favour the small results.
        let bound = u32::MAX - u32::MAX % n;
        loop {
            let value = u32::from_le_bytes(self.bytes());
            if value < bound {
                return value % n;
            }
        }
    }

    /// `length` characters, each uniformly from `alphabet` (ASCII, at most 256 characters).
    #[must_use]
    pub fn text(&self, alphabet: &[u8], length: usize) -> String {
        let bound = 256 - 256 % alphabet.len().max(1);
        let mut text = String::with_capacity(length);
        let mut pool = [0; 64];
        while text.len() < length && !alphabet.is_empty() {
            self.fill(&mut pool);
            let usable = pool.iter().map(|&byte| usize::from(byte)).filter(|&value| value < bound);
            text.extend(usable.take(length - text.len()).map(|value| char::from(alphabet[value % alphabet.len()])));
        }
        text
    }
}

/// The generator of the operating system's entropy, one per thread.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "the one place where the machine's randomness is read")]
        rand::rng().fill_bytes(bytes);
    }
}

/// A repeatable source for tests. Never for keys.
#[derive(Debug)]
pub struct SeededRandom(Mutex<StdRng>);

impl SeededRandom {
    /// The sequence that belongs to `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_texts_of_the_wanted_length_and_alphabet() {
        let random: &dyn Random = &SystemRandom;
        let text = random.text(ALPHANUMERIC, 100);
        assert_eq!(text.len(), 100);
        assert!(text.bytes().all(|byte| ALPHANUMERIC.contains(&byte)));
        assert_eq!(random.text(b"", 3), "");
    }

    #[test]
    fn draws_every_number_below_the_bound() {
        let random: &dyn Random = &SeededRandom::new(1);
        let mut seen = [false; 7];
        for _ in 0..500 {
            seen[random.below(7) as usize] = true;
        }
        assert_eq!(seen, [true; 7]);
        assert_eq!(random.below(0), 0);
    }
}
