//! Passcodes: their generation and their keyed hashes (spec chapter 02 section 17.1). Knows neither mails nor tables.
//!
//! A passcode has six characters and lives for minutes. A slow hash would not protect it (all codes are tried in
//! hours at most) but cost every login its time; a key that is not in the database does protect it.

use std::fmt;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::passwords::{PasswordError, PasswordHasher, Verdict};
use crate::{config::PasscodeCharset, random::Random, secret::Secret};

/// The number of characters of a passcode.
pub const PASSCODE_LENGTH: usize = 6;

/// The number of characters of a passcode that nobody is meant to enter.
const DECOY_LENGTH: usize = 32;

/// Digits and letters without those that are easily taken for others.
const ALPHANUMERIC: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// What every hash begins with.
const PREFIX: &str = "$hmac-sha256$";

/// Separates the key for passcodes from the other uses of a secret.
const KEY_LABEL: &[u8] = b"sealflow passcode v1";

/// Which characters a passcode is made of: `email.passcode_charset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// Digits.
    Numeric,
    /// Digits and letters, in which case matters.
    Alphanumeric,
    /// So many letters that nobody guesses it: of a mail that does not show it.
    Decoy,
}

impl From<PasscodeCharset> for Charset {
    fn from(charset: PasscodeCharset) -> Self {
        match charset {
            PasscodeCharset::Numeric => Self::Numeric,
            PasscodeCharset::Alphanumeric => Self::Alphanumeric,
        }
    }
}

/// A new passcode, each equally likely.
#[must_use]
pub fn generate(charset: Charset, random: &dyn Random) -> Secret<String> {
    Secret::new(match charset {
        Charset::Numeric => format!("{:06}", random.below(1_000_000)),
        Charset::Alphanumeric => random.text(ALPHANUMERIC, PASSCODE_LENGTH),
        Charset::Decoy => random.text(ALPHANUMERIC, DECOY_LENGTH),
    })
}

/// Hashes passcodes with HMAC-SHA-256 under keys that are derived from the configured secrets.
pub struct PasscodeHasher {
    /// Of the first secret; hashes.
    current: hmac::Key,
    /// Of the others; only verify.
    earlier: Vec<hmac::Key>,
}

impl PasscodeHasher {
    /// A hasher that hashes with the first secret and verifies with any. `None` without secrets.
    #[must_use]
    pub fn new(secrets: &[Secret<String>]) -> Option<Self> {
        let (first, others) = secrets.split_first()?;
        Some(Self { current: derive_key(first), earlier: others.iter().map(derive_key).collect() })
    }

    /// The hash of the passcode with the given row id, 56 characters long.
    #[must_use]
    pub fn hash(&self, id: Uuid, code: &Secret<String>) -> String {
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(hmac::sign(&self.current, &message(id, code))))
    }

    /// Whether `candidate` is the passcode whose hash is stored in the row with the given id. A bcrypt hash, as an
    /// existing installation left it, is verified by `passwords`.
    ///
    /// # Errors
    /// That the computation of bcrypt failed.
    pub async fn verify(
        &self,
        passwords: &PasswordHasher,
        id: Uuid,
        candidate: &Secret<String>,
        stored: &str,
    ) -> Result<bool, PasswordError> {
        if stored.starts_with("$2") {
            return Ok(passwords.verify(candidate, stored).await? != Verdict::Mismatch);
        }
        let Some(tag) = stored.strip_prefix(PREFIX).and_then(|tag| URL_SAFE_NO_PAD.decode(tag).ok()) else {
            return Ok(false);
        };
        let message = message(id, candidate);
        let mut keys = std::iter::once(&self.current).chain(&self.earlier);
        Ok(keys.any(|key| hmac::verify(key, &message, &tag).is_ok()))
    }
}

impl fmt::Debug for PasscodeHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasscodeHasher").finish_non_exhaustive()
    }
}

fn derive_key(secret: &Secret<String>) -> hmac::Key {
    let secret = hmac::Key::new(HMAC_SHA256, secret.expose().as_bytes());
    hmac::Key::new(HMAC_SHA256, hmac::sign(&secret, KEY_LABEL).as_ref())
}

/// The id has a fixed length, so that no other pair makes the same message.
fn message(id: Uuid, code: &Secret<String>) -> Vec<u8> {
    [id.as_bytes(), code.expose().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        identity::passwords::Parameters,
        random::{SeededRandom, SystemRandom},
    };

    const ID: Uuid = Uuid::from_u128(1);

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    fn hasher(secrets: &[&str]) -> PasscodeHasher {
        PasscodeHasher::new(&secrets.iter().map(|text| secret(text)).collect::<Vec<_>>()).unwrap()
    }

    async fn verify(hasher: &PasscodeHasher, id: Uuid, candidate: &str, stored: &str) -> bool {
        let passwords = PasswordHasher::new(Parameters::default(), 1, Arc::new(SystemRandom)).unwrap();
        hasher.verify(&passwords, id, &secret(candidate), stored).await.unwrap()
    }

    /// Covers ENC-20.
    #[test]
    fn numeric_passcodes_have_six_digits_including_leading_zeros() {
        let random = SeededRandom::new(1);
        let codes: Vec<_> = (0..500).map(|_| generate(Charset::Numeric, &random)).collect();
        let is_code = |code: &&Secret<String>| {
            code.expose().len() == 6 && code.expose().bytes().all(|byte| byte.is_ascii_digit())
        };
        assert_eq!(codes.iter().filter(is_code).count(), 500);
        assert!(codes.iter().any(|code| code.expose().starts_with('0')));
    }

    /// Covers ENC-21.
    #[test]
    fn alphanumeric_passcodes_are_drawn_from_57_characters() {
        assert_eq!(ALPHANUMERIC.len(), 57);
        assert!(b"01IOl".iter().all(|excluded| !ALPHANUMERIC.contains(excluded)));
        let random = SeededRandom::new(1);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..500 {
            let code = generate(Charset::Alphanumeric, &random);
            assert_eq!(code.expose().len(), 6);
            seen.extend(code.expose().bytes());
        }
        assert_eq!(seen, ALPHANUMERIC.iter().copied().collect());
    }

    /// Covers ENC-21.
    #[tokio::test]
    async fn only_the_same_code_of_the_same_row_verifies() {
        let hasher = hasher(&["0123456789abcdef"]);
        let hash = hasher.hash(ID, &secret("aB3dEf"));
        assert_eq!(hash.len(), 56);
        assert!(verify(&hasher, ID, "aB3dEf", &hash).await);
        for wrong in ["AB3dEf", "ab3def", "aB3dE", "aB3dEf ", ""] {
            assert!(!verify(&hasher, ID, wrong, &hash).await, "{wrong}");
        }
        assert!(!verify(&hasher, Uuid::from_u128(2), "aB3dEf", &hash).await);
        assert!(!verify(&hasher, ID, "aB3dEf", &hash[..55]).await);
        assert!(!verify(&hasher, ID, "aB3dEf", "aB3dEf").await);
    }

    #[tokio::test]
    async fn codes_survive_a_rotation_of_the_secrets_but_not_their_loss() {
        let old = hasher(&["0123456789abcdef"]);
        let rotated = hasher(&["fedcba9876543210", "0123456789abcdef"]);
        let hash = old.hash(ID, &secret("123456"));
        assert!(verify(&rotated, ID, "123456", &hash).await);
        assert_ne!(rotated.hash(ID, &secret("123456")), hash);
        assert!(!verify(&hasher(&["fedcba9876543210"]), ID, "123456", &hash).await);
        assert!(PasscodeHasher::new(&[]).is_none());
    }

    #[tokio::test]
    async fn bcrypt_hashes_of_an_existing_installation_verify() {
        let stored = bcrypt::hash("123456", 4).unwrap();
        let hasher = hasher(&["0123456789abcdef"]);
        assert!(verify(&hasher, ID, "123456", &stored).await);
        assert!(!verify(&hasher, ID, "123457", &stored).await);
    }
}
