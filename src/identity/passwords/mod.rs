//! Password hashes: new ones are Argon2id, those of an existing installation (bcrypt, Firebase scrypt) are verified.
//! Knows neither users nor tables.

mod argon2id;
mod bcrypt_hash;
mod fbscrypt;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use argon2::Block;
use thiserror::Error;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use self::argon2id::Argon2id;
use crate::{random::Random, secret::Secret};

/// The longest new password in bytes: what bcrypt took, so that every stored password fits both kinds of hashes.
pub const MAX_PASSWORD_BYTES: usize = 72;

/// The cost of a new hash: `password.hashing` of the configuration. The default is that of the OWASP Password Storage
/// Cheat Sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// How often the memory is worked through.
    pub passes: u32,
    /// How many lanes the memory is divided into; they are computed one after another.
    pub lanes: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

/// The result of comparing a candidate with a stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The candidate is the password.
    Match {
        /// Whether the stored hash is of another kind or cost than new ones, and the candidate can be hashed anew.
        rehash: bool,
    },
    /// The candidate is not the password.
    Mismatch,
}

/// Why a password cannot be hashed or verified.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// A new password has more than [`MAX_PASSWORD_BYTES`] bytes.
    #[error("the password is longer than 72 bytes")]
    TooLong,
    /// The stored hash names its scheme but cannot be read. This says nothing about the candidate.
    #[error("the stored password hash is malformed")]
    Malformed,
    /// The stored hash asks for more memory or time than any honest one.
    #[error("the stored password hash has excessive cost parameters")]
    Excessive,
    /// The configured cost parameters are impossible.
    #[error("impossible parameters for password hashing: {0}")]
    Parameters(argon2::Error),
    /// There is not enough memory, or the library failed.
    #[error("the password could not be hashed")]
    Failed,
    /// The blocking pool did not run the work, as happens while the process stops.
    #[error("the password hashing was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// Hashes and verifies on the blocking pool, a bounded number at a time. Cheap to clone.
///
/// Each running computation borrows one memory buffer of the configured size; the buffers are kept, so that the
/// memory in use is at most the bound times that size.
#[derive(Clone)]
pub struct PasswordHasher {
    shared: Arc<Shared>,
    running: Arc<Semaphore>,
}

struct Shared {
    argon2id: Argon2id,
    buffers: Mutex<Vec<Vec<Block>>>,
    random: Arc<dyn Random>,
}

impl PasswordHasher {
    /// A hasher that runs at most `concurrency` computations at once (at least one).
    ///
    /// # Errors
    /// [`PasswordError::Parameters`].
    pub fn new(parameters: Parameters, concurrency: u32, random: Arc<dyn Random>) -> Result<Self, PasswordError> {
        let argon2id = Argon2id::new(parameters)?;
        let running =
            Semaphore::new(usize::try_from(concurrency).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS));
        let shared = Shared { argon2id, buffers: Mutex::default(), random };
        Ok(Self { shared: Arc::new(shared), running: Arc::new(running) })
    }

    /// The hash of a new password, as PHC string.
    ///
    /// # Errors
    /// [`PasswordError::TooLong`], or that the computation failed.
    pub async fn hash(&self, password: &Secret<String>) -> Result<String, PasswordError> {
        let password = bytes(password);
        if password.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordError::TooLong);
        }
        self.run(move |shared| {
            let salt: [u8; 16] = shared.random.bytes();
            shared.with_buffer(|memory| shared.argon2id.hash(&password, &salt, memory))
        })
        .await
    }

    /// Compares `candidate` with the stored hash of any supported scheme (spec chapter 06 section 1.7.1). What is
    /// neither Argon2 nor Firebase scrypt is taken for bcrypt, and a mismatch if it is not.
    ///
    /// # Errors
    /// [`PasswordError::Malformed`], [`PasswordError::Excessive`], or that the computation failed.
    pub async fn verify(&self, candidate: &Secret<String>, stored: &str) -> Result<Verdict, PasswordError> {
        let candidate = bytes(candidate);
        let stored = stored.to_owned();
        self.run(move |shared| {
            // A longer candidate matched by its first 72 bytes only; it could not be hashed anew.
            let outdated = |matches| (matches, candidate.len() <= MAX_PASSWORD_BYTES);
            let (matches, rehash) = if stored.starts_with("$argon2") {
                let matches = shared.with_buffer(|memory| shared.argon2id.verify(&candidate, &stored, memory))?;
                (matches, !shared.argon2id.is_current(&stored))
            } else if stored.starts_with("$fbscrypt") {
                outdated(fbscrypt::verify(&candidate, &stored)?)
            } else {
                outdated(bcrypt_hash::verify(&candidate, &stored))
            };
            Ok(if matches { Verdict::Match { rehash } } else { Verdict::Mismatch })
        })
        .await
    }

    /// Takes as long as [`PasswordHasher::verify`] takes with a new hash, and finds nothing: for an account that does
    /// not exist or has no password. (An account whose hash is still of another scheme takes another time.)
    ///
    /// # Errors
    /// That the computation failed.
    pub async fn verify_absent(&self, candidate: &Secret<String>) -> Result<Verdict, PasswordError> {
        let candidate = bytes(candidate);
        self.run(move |shared| {
            shared.with_buffer(|memory| shared.argon2id.hash(&candidate, &[0; 16], memory))?;
            Ok(Verdict::Mismatch)
        })
        .await
    }

    /// Runs `work` when its turn comes. It keeps its place until it is done, also when the request that asked for it
    /// is gone: only so is the bound a bound.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = Arc::clone(&self.running).acquire_owned().await.map_err(|_| PasswordError::Failed)?;
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || {
            let result = work(&shared);
            drop(place);
            result
        })
        .await?
    }
}

impl Shared {
    fn with_buffer<T>(&self, work: impl FnOnce(&mut Vec<Block>) -> T) -> T {
        let kept = self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut memory = kept.unwrap_or_default();
        let result = work(&mut memory);
        // A stored hash of a higher cost has made the buffer larger than its place in the bound.
        if memory.len() <= self.argon2id.block_count() {
            self.buffers.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        }
        result
    }
}

impl fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHasher").field("argon2id", &self.shared.argon2id).finish_non_exhaustive()
    }
}

fn bytes(password: &Secret<String>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(password.expose().as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    const CHEAP: Parameters = Parameters { memory_kib: 64, passes: 1, lanes: 1 };

    fn hasher(parameters: Parameters) -> PasswordHasher {
        PasswordHasher::new(parameters, 2, Arc::new(SystemRandom)).unwrap()
    }

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    async fn verify(candidate: &str, stored: &str) -> Verdict {
        hasher(CHEAP).verify(&secret(candidate), stored).await.unwrap()
    }

    #[tokio::test]
    async fn new_hashes_are_argon2id_with_the_configured_cost_and_their_own_salt() {
        let hasher = hasher(Parameters::default());
        let hash = hasher.hash(&secret("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, hasher.hash(&secret("correct horse")).await.unwrap());
        assert_eq!(hasher.verify(&secret("correct horse"), &hash).await.unwrap(), Verdict::Match { rehash: false });
        assert_eq!(hasher.verify(&secret("correct  horse"), &hash).await.unwrap(), Verdict::Mismatch);
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_verifies_and_asks_to_be_hashed_anew() {
        let old = hasher(Parameters { memory_kib: 128, ..CHEAP });
        let hash = old.hash(&secret("pass")).await.unwrap();
        assert_eq!(verify("pass", &hash).await, Verdict::Match { rehash: true });
        assert_eq!(verify("Pass", &hash).await, Verdict::Mismatch);
    }

    /// Covers ENC-1.
    #[tokio::test]
    async fn a_bcrypt_hash_of_the_original_verifies_and_asks_to_be_hashed_anew() {
        let stored = bcrypt::hash_with_salt("correct horse", 12, *b"sixteen bytes ok");
        let stored = stored.unwrap().format_for_version(bcrypt::Version::TwoA);
        assert!(stored.starts_with("$2a$12$"));
        assert_eq!(verify("correct horse", &stored).await, Verdict::Match { rehash: true });
        assert_eq!(verify("correct horsE", &stored).await, Verdict::Mismatch);
    }

    #[tokio::test]
    async fn a_long_candidate_matches_bcrypt_by_its_first_72_bytes_and_is_not_hashed_anew() {
        let stored = bcrypt::hash("x".repeat(72), 4).unwrap();
        assert_eq!(verify(&"x".repeat(72), &stored).await, Verdict::Match { rehash: true });
        assert_eq!(verify(&"x".repeat(80), &stored).await, Verdict::Match { rehash: false });
        assert_eq!(verify(&"x".repeat(71), &stored).await, Verdict::Mismatch);
    }

    #[tokio::test]
    async fn new_passwords_have_at_most_72_bytes() {
        let hasher = hasher(CHEAP);
        assert!(hasher.hash(&secret(&"ä".repeat(36))).await.is_ok());
        let error = hasher.hash(&secret(&"ä".repeat(37))).await.unwrap_err();
        assert!(matches!(error, PasswordError::TooLong));
    }

    #[tokio::test]
    async fn unknown_schemes_are_a_mismatch_and_malformed_argon2_hashes_an_error() {
        for stored in ["", "plain", "$2a$", "$6$rounds=5000$salt$hash"] {
            assert_eq!(verify("plain", stored).await, Verdict::Mismatch, "{stored}");
        }
        for stored in
            ["$argon2id$", "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ", "$argon2x$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$AAAA"]
        {
            let error = hasher(CHEAP).verify(&secret("x"), stored).await.unwrap_err();
            assert!(matches!(error, PasswordError::Malformed), "{stored}: {error}");
        }
    }

    #[tokio::test]
    async fn an_absent_account_never_matches() {
        assert_eq!(hasher(CHEAP).verify_absent(&secret("")).await.unwrap(), Verdict::Mismatch);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn keeps_at_most_as_many_buffers_as_computations_run_at_once() {
        let hasher = hasher(CHEAP);
        let hash = hasher.hash(&secret("pass")).await.unwrap();
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let (hasher, hash) = (hasher.clone(), hash.clone());
                tokio::spawn(async move { hasher.verify(&secret("pass"), &hash).await.unwrap() })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), Verdict::Match { rehash: false });
        }
        let buffers = hasher.shared.buffers.lock().unwrap();
        assert!((1..=2).contains(&buffers.len()), "{}", buffers.len());
        assert!(buffers.iter().all(|buffer| buffer.len() == 64));
    }

    #[tokio::test]
    async fn a_buffer_that_a_costlier_hash_has_grown_is_not_kept() {
        let costly = hasher(Parameters { memory_kib: 256, ..CHEAP }).hash(&secret("pass")).await.unwrap();
        let hasher = hasher(CHEAP);
        assert_eq!(hasher.verify(&secret("pass"), &costly).await.unwrap(), Verdict::Match { rehash: true });
        assert!(hasher.shared.buffers.lock().unwrap().is_empty());
    }

    #[test]
    fn refuses_impossible_parameters() {
        let new = |parameters| PasswordHasher::new(parameters, 1, Arc::new(SystemRandom));
        for parameters in [
            Parameters { memory_kib: 1, ..CHEAP },
            Parameters { passes: 0, ..CHEAP },
            Parameters { lanes: 0, ..CHEAP },
            Parameters { lanes: u32::MAX, ..CHEAP },
        ] {
            assert!(matches!(new(parameters), Err(PasswordError::Parameters(_))), "{parameters:?}");
        }
    }

    #[tokio::test]
    #[ignore = "measures; prints milliseconds"]
    async fn measures_hashing() {
        let hasher = hasher(Parameters::default());
        let argon2id = hasher.hash(&secret("pass")).await.unwrap();
        for (what, stored) in [("argon2id", argon2id), ("bcrypt 12", bcrypt::hash("pass", 12).unwrap())] {
            let mut fastest = std::time::Duration::MAX;
            for _ in 0..10 {
                let start = std::time::Instant::now();
                hasher.verify(&secret("pass"), &stored).await.unwrap();
                fastest = fastest.min(start.elapsed());
            }
            println!("\n{what}: {fastest:?}");
        }
    }
}
