//! One-time codes of authenticator apps (TOTP, RFC 6238; spec chapter 02 section 17.3): secrets, how they are kept and
//! handed over, and which codes they accept. That a code is accepted once only is the business of
//! [`accept_step`](crate::storage::otp_secrets::accept_step).

mod qr_code;

use std::fmt::Write;

use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use totp_rs::{Builder, Totp};

pub use qr_code::QrCodeError;

use crate::{
    keys::{SecretBox, SecretBoxError},
    random::Random,
    secret::Secret,
};

/// Length of a new secret in bytes, as RFC 4226 section 4 recommends.
const SECRET_BYTES: usize = 20;

/// Length of a time step in seconds.
const PERIOD: u64 = 30;

/// Begins the stored form of an encrypted secret. It cannot begin a plain one: base32 has no colon.
const SEALED: &str = "sealed:";

/// What stays as it is in a URI (RFC 3986 section 2.3).
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why a stored secret cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum StoredSecretError {
    /// It cannot be decrypted.
    #[error("the secret of an authenticator app cannot be decrypted: {0}")]
    Sealed(#[from] SecretBoxError),
    /// It is not base32, or empty.
    #[error("the secret of an authenticator app is not base32")]
    Base32,
}

/// What a server and an authenticator app have in common. Never printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpSecret(Secret<String>);

impl TotpSecret {
    /// A new secret of 160 bits.
    #[must_use]
    pub fn draw(random: &dyn Random) -> Self {
        let bytes: [u8; SECRET_BYTES] = random.bytes();
        Self(Secret::new(totp_rs::Secret::new_stack(bytes).to_base32()))
    }

    /// The secret as people type it into an app: base32 (RFC 4648 section 6) without padding.
    #[must_use]
    pub const fn base32(&self) -> &Secret<String> {
        &self.0
    }

    /// The form in which the secret is stored: encrypted.
    ///
    /// # Errors
    /// When the cipher fails.
    pub fn seal(&self, secrets: &SecretBox) -> Result<Secret<String>, SecretBoxError> {
        Ok(Secret::new(format!("{SEALED}{}", secrets.seal(self.0.expose().as_bytes())?)))
    }

    /// Reads a stored secret: an encrypted one, or a plain one as the original and imports leave them.
    ///
    /// # Errors
    /// When it cannot be decrypted, or is not base32.
    pub fn open(stored: &Secret<String>, secrets: &SecretBox) -> Result<Self, StoredSecretError> {
        let base32 = match stored.expose().strip_prefix(SEALED) {
            Some(sealed) => {
                let opened = secrets.open_at_rest(sealed)?;
                String::from_utf8(opened.plaintext.to_vec()).map_err(|_| StoredSecretError::Base32)?
            }
            None => stored.expose().trim_end_matches('=').to_ascii_uppercase(),
        };
        match totp_rs::Secret::try_from_base32(&base32) {
            Ok(secret) if !secret.as_bytes().is_empty() => Ok(Self(Secret::new(base32))),
            _ => Err(StoredSecretError::Base32),
        }
    }

    /// The time step of the code, if it is one of the current step, the next or the previous, tried in this order.
    /// White space around the code is ignored; whatever else is not six digits is no code.
    #[must_use]
    pub fn accepted_step(&self, code: &Secret<String>, now: DateTime<Utc>) -> Option<i32> {
        let (totp, code) = (self.generator()?, code.expose().trim());
        let current = u64::try_from(now.timestamp()).ok()? / PERIOD;
        let candidates = [Some(current), current.checked_add(1), current.checked_sub(1)];
        let accepts = |step: &u64| totp.check(code, step.saturating_mul(PERIOD)).is_some();
        candidates.into_iter().flatten().find(accepts).and_then(|step| i32::try_from(step).ok())
    }

    /// What the QR code of the set-up says to an app, in the form that the Google Authenticator defined.
    #[must_use]
    pub fn uri(&self, issuer: &str, account: &str) -> Secret<String> {
        let (issuer, account) = (utf8_percent_encode(issuer, &UNRESERVED), utf8_percent_encode(account, &UNRESERVED));
        let mut uri = format!("otpauth://totp/{issuer}:{account}?algorithm=SHA1&digits=6&issuer={issuer}");
        // Writing to a text cannot fail.
        let _ = write!(uri, "&period={PERIOD}&secret={}", self.0.expose());
        Secret::new(uri)
    }

    /// [`Self::uri`] as a QR code: a PNG of 200 by 200 pixels in a `data:` URI.
    ///
    /// # Errors
    /// When the names are so long that no QR code can hold them.
    pub fn qr_code(&self, issuer: &str, account: &str) -> Result<Secret<String>, QrCodeError> {
        qr_code::data_uri(self.uri(issuer, account).expose()).map(Secret::new)
    }

    /// Imported secrets may be shorter than the standard wants, so the library does not check them.
    fn generator(&self) -> Option<Totp> {
        let secret = totp_rs::Secret::try_from_base32(self.0.expose()).ok()?;
        Some(Builder::new().with_secret(secret).with_skew(0).build_noncompliant())
    }
}

/// The time step of `code`, if the secret that is stored as `stored` accepts it at the time `now`: see
/// [`TotpSecret::accepted_step`].
///
/// # Errors
/// When the stored secret cannot be used.
pub fn accepted_step(
    stored: &Secret<String>,
    secrets: &SecretBox,
    code: &Secret<String>,
    now: DateTime<Utc>,
) -> Result<Option<i32>, StoredSecretError> {
    Ok(TotpSecret::open(stored, secrets)?.accepted_step(code, now))
}

#[cfg(test)]
mod tests;
