//! Encryption at rest: AES-256-GCM under the configured secrets (spec chapter 06 section 2.1). Knows nothing of what
//! it seals.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest::{SHA256, digest},
};
use base64::{Engine, engine::general_purpose::URL_SAFE};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{random::Random, secret::Secret};

/// The secret that the original's documentation publishes and that it falls back to. Data sealed with it is not secret.
pub const PUBLISHED_DEFAULT_SECRET: &str = "abcedfghijklmnopqrstuvwxyz";

/// The least length of a secret in bytes.
pub const MIN_SECRET_BYTES: usize = 16;

const TAG_LEN: usize = 16;

/// Why a [`SecretBox`] cannot be built, or why it cannot seal or open a text.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SecretBoxError {
    /// The list of secrets is empty.
    #[error("at least one secret key must be configured (secret_keys)")]
    NoSecrets,
    /// A secret has fewer than [`MIN_SECRET_BYTES`] bytes.
    #[error("the secret key at position {position} (counted from 0) has {length} bytes, at least 16 are needed")]
    TooShort {
        /// Index in the list.
        position: usize,
        /// Length in bytes.
        length: usize,
    },
    /// The cipher refused to work.
    #[error("the cipher failed")]
    Cipher,
    /// The sealed text is not padded URL-safe base64.
    #[error("the sealed text is not padded URL-safe base64")]
    Encoding,
    /// The sealed text is shorter than its nonce and tag.
    #[error("the sealed text is malformed: it is too short")]
    Malformed,
    /// The text was sealed with another secret, or was changed since.
    #[error("none of the configured secrets opens the sealed text")]
    NoSecretFits,
}

/// A plaintext, and whether only the published default secret opened it.
pub struct Opened {
    /// The plaintext; overwritten when dropped.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// True if [`PUBLISHED_DEFAULT_SECRET`] opened it: seal it anew with [`SecretBox::seal`].
    pub published_default: bool,
}

/// Seals with the first secret, opens with any of them.
///
/// Text form: padded URL-safe base64 of `nonce (12) ‖ ciphertext ‖ tag (16)`; the AES key is the SHA-256 of the secret.
pub struct SecretBox {
    keys: Vec<LessSafeKey>,
    published_default: Option<LessSafeKey>,
    random: Arc<dyn Random>,
}

impl SecretBox {
    /// Derives the keys of `secrets`.
    ///
    /// # Errors
    /// [`SecretBoxError::NoSecrets`] or [`SecretBoxError::TooShort`].
    pub fn new(secrets: &[Secret<String>], random: Arc<dyn Random>) -> Result<Self, SecretBoxError> {
        if secrets.is_empty() {
            return Err(SecretBoxError::NoSecrets);
        }
        let keys = secrets
            .iter()
            .enumerate()
            .map(|(position, secret)| {
                let length = secret.expose().len();
                if length < MIN_SECRET_BYTES {
                    return Err(SecretBoxError::TooShort { position, length });
                }
                derive_key(secret.expose())
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { keys, published_default: None, random })
    }

    /// Lets [`SecretBox::open_at_rest`] fall back to [`PUBLISHED_DEFAULT_SECRET`], for databases that the original
    /// wrote while it ignored the configured `secrets.keys` (spec chapter 05 section 1.9).
    ///
    /// # Errors
    /// [`SecretBoxError::Cipher`].
    pub fn with_published_default(mut self) -> Result<Self, SecretBoxError> {
        self.published_default = Some(derive_key(PUBLISHED_DEFAULT_SECRET)?);
        Ok(self)
    }

    /// How many secrets are configured; the published default does not count.
    #[must_use]
    pub fn secret_count(&self) -> usize {
        self.keys.len()
    }

    /// Encrypts `plaintext` with the first secret.
    ///
    /// # Errors
    /// [`SecretBoxError::Cipher`].
    pub fn seal(&self, plaintext: &[u8]) -> Result<String, SecretBoxError> {
        let key = self.keys.first().ok_or(SecretBoxError::NoSecrets)?;
        let nonce: [u8; NONCE_LEN] = self.random.bytes();
        let mut sealed = Vec::with_capacity(NONCE_LEN + plaintext.len() + TAG_LEN);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let tag = key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::empty(),
                sealed.get_mut(NONCE_LEN..).unwrap_or_default(),
            )
            .map_err(|_| SecretBoxError::Cipher)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(URL_SAFE.encode(sealed))
    }

    /// Decrypts a text of [`SecretBox::seal`] with the first configured secret that fits. The published default is never
    /// tried: anybody could have sealed such a text.
    ///
    /// # Errors
    /// [`SecretBoxError::Encoding`], [`SecretBoxError::Malformed`] or [`SecretBoxError::NoSecretFits`].
    pub fn open(&self, text: &str) -> Result<Zeroizing<Vec<u8>>, SecretBoxError> {
        let sealed = decode(text)?;
        self.keys.iter().find_map(|key| try_open(key, &sealed)).ok_or(SecretBoxError::NoSecretFits)
    }

    /// As [`SecretBox::open`], for texts out of the server's own database: falls back to the published default where
    /// [`SecretBox::with_published_default`] allows it.
    ///
    /// # Errors
    /// As [`SecretBox::open`].
    pub fn open_at_rest(&self, text: &str) -> Result<Opened, SecretBoxError> {
        let sealed = decode(text)?;
        if let Some(plaintext) = self.keys.iter().find_map(|key| try_open(key, &sealed)) {
            return Ok(Opened { plaintext, published_default: false });
        }
        let plaintext = self.published_default.as_ref().and_then(|key| try_open(key, &sealed));
        plaintext.map(|plaintext| Opened { plaintext, published_default: true }).ok_or(SecretBoxError::NoSecretFits)
    }
}

impl fmt::Debug for SecretBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretBox").field("secrets", &self.keys.len()).finish_non_exhaustive()
    }
}

fn derive_key(secret: &str) -> Result<LessSafeKey, SecretBoxError> {
    UnboundKey::new(&AES_256_GCM, digest(&SHA256, secret.as_bytes()).as_ref())
        .map(LessSafeKey::new)
        .map_err(|_| SecretBoxError::Cipher)
}

fn decode(text: &str) -> Result<Vec<u8>, SecretBoxError> {
    let sealed = URL_SAFE.decode(text).map_err(|_| SecretBoxError::Encoding)?;
    if sealed.len() < NONCE_LEN + TAG_LEN {
        return Err(SecretBoxError::Malformed);
    }
    Ok(sealed)
}

fn try_open(key: &LessSafeKey, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
    let (ciphertext, tag) = rest.split_at_checked(rest.len().checked_sub(TAG_LEN)?)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut plaintext = Zeroizing::new(vec![0; ciphertext.len()]);
    key.open_separate_gather(nonce, Aad::empty(), ciphertext, tag, &mut plaintext).ok()?;
    Some(plaintext)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::SystemRandom;

    fn secret_box(secrets: &[&str]) -> Result<SecretBox, SecretBoxError> {
        let secrets: Vec<_> = secrets.iter().map(|&secret| Secret::new(secret.to_owned())).collect();
        SecretBox::new(&secrets, Arc::new(SystemRandom))
    }

    const EXAMPLE_SECRET: &str = "spec-example-secret-key-0001";
    const EXAMPLE_TEXT: &str = "AAECAwQFBgcICQoLbl_jljb5MeuxSox8wEu7ck_AaUSAgOYpzsI0JQJUZ3SD";

    /// Covers KEY-1, SEC-1.
    #[test]
    fn opens_the_test_vector_of_the_specification() {
        let secrets = secret_box(&[EXAMPLE_SECRET]).unwrap();
        assert_eq!(*secrets.open(EXAMPLE_TEXT).unwrap(), br#"{"hello":"world"}"#);
    }

    /// Covers KEY-1, SEC-1.
    #[test]
    fn seals_as_nonce_ciphertext_and_tag_in_padded_url_safe_base64() {
        let secrets = secret_box(&[EXAMPLE_SECRET]).unwrap();
        let sealed = secrets.seal(b"a").unwrap();
        assert_eq!(URL_SAFE.decode(&sealed).unwrap().len(), 12 + 1 + 16);
        assert!(sealed.ends_with('='), "{sealed}");
        assert_ne!(sealed, secrets.seal(b"a").unwrap(), "every text has its own nonce");
    }

    /// Covers KEY-2, SEC-2.
    #[test]
    fn seals_with_the_first_secret_and_opens_with_any() {
        let old = secret_box(&["the-old-secret-of-the-server"]).unwrap();
        let both = secret_box(&["the-new-secret-of-the-server", "the-old-secret-of-the-server"]).unwrap();
        let new = secret_box(&["the-new-secret-of-the-server"]).unwrap();

        assert_eq!(*both.open(&old.seal(b"x").unwrap()).unwrap(), b"x");
        let sealed = both.seal(b"y").unwrap();
        assert_eq!(*new.open(&sealed).unwrap(), b"y");
        assert_eq!(old.open(&sealed), Err(SecretBoxError::NoSecretFits));
    }

    /// Covers KEY-3.
    #[test]
    fn refuses_short_secrets_and_an_empty_list() {
        assert_eq!(secret_box(&[]).unwrap_err(), SecretBoxError::NoSecrets);
        let error = secret_box(&["0123456789abcdef", "ß23456789abcde"]).unwrap_err();
        assert_eq!(error, SecretBoxError::TooShort { position: 1, length: 15 });
        assert_eq!(
            error.to_string(),
            "the secret key at position 1 (counted from 0) has 15 bytes, at least 16 are needed"
        );
        assert!(secret_box(&["0123456789abcdef"]).is_ok());
    }

    /// Covers KEY-7.
    #[test]
    fn the_published_default_opens_only_what_lies_at_rest() {
        let published = secret_box(&[PUBLISHED_DEFAULT_SECRET]).unwrap().seal(b"key").unwrap();
        let strict = secret_box(&[EXAMPLE_SECRET]).unwrap();
        assert_eq!(strict.open_at_rest(&published).err(), Some(SecretBoxError::NoSecretFits));

        let lenient = strict.with_published_default().unwrap();
        let opened = lenient.open_at_rest(&published).unwrap();
        assert!(opened.published_default);
        assert_eq!(*opened.plaintext, b"key");
        assert_eq!(lenient.open(&published), Err(SecretBoxError::NoSecretFits));
        assert!(!lenient.open_at_rest(EXAMPLE_TEXT).unwrap().published_default);
        assert_eq!(lenient.secret_count(), 1);
    }

    #[test]
    fn tells_malformed_texts_from_foreign_ones() {
        let secrets = secret_box(&[EXAMPLE_SECRET]).unwrap();
        assert_eq!(secrets.open("no base64!"), Err(SecretBoxError::Encoding));
        assert_eq!(secrets.open("AAECAw=="), Err(SecretBoxError::Malformed));
        assert_eq!(secrets.open(""), Err(SecretBoxError::Malformed));
    }

    #[test]
    fn never_prints_a_secret() {
        let printed = format!("{:?}", secret_box(&[EXAMPLE_SECRET]).unwrap());
        assert!(!printed.contains("spec"), "{printed}");
    }

    proptest! {
        #[test]
        fn opens_whatever_it_sealed(plaintext in proptest::collection::vec(any::<u8>(), 0..200)) {
            let secrets = secret_box(&[EXAMPLE_SECRET]).unwrap();
            let sealed = secrets.seal(&plaintext).unwrap();
            prop_assert_eq!(&*secrets.open(&sealed).unwrap(), &plaintext);
        }

        #[test]
        fn notices_every_changed_bit(plaintext in proptest::collection::vec(any::<u8>(), 0..50), bit in 0usize..(28 * 8)) {
            let secrets = secret_box(&[EXAMPLE_SECRET]).unwrap();
            let mut sealed = URL_SAFE.decode(secrets.seal(&plaintext).unwrap()).unwrap();
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(secrets.open(&URL_SAFE.encode(sealed)), Err(SecretBoxError::NoSecretFits));
        }
    }
}
