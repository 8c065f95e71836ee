//! The request id (spec chapter 04 section 3.2): the client's own when it is harmless, a random one otherwise.

use poem::http::{HeaderMap, HeaderName, HeaderValue};

use crate::random::{ALPHANUMERIC, Random};

/// The header of request and response.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Ids end up in logs and in database columns of 255 characters.
const LONGEST: usize = 128;
const LENGTH: usize = 32;

/// The id of the request with these headers.
#[must_use]
pub fn request_id(headers: &HeaderMap, random: &dyn Random) -> HeaderValue {
    match headers.get(X_REQUEST_ID) {
        Some(id) if is_harmless(id.as_bytes()) => id.clone(),
        _ => HeaderValue::from_str(&random.text(ALPHANUMERIC, LENGTH))
            .unwrap_or_else(|_| HeaderValue::from_static("unavailable")),
    }
}

fn is_harmless(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;

    fn id(sent: Option<&[u8]>) -> String {
        let sent = sent.map(|value| (X_REQUEST_ID, HeaderValue::from_bytes(value).unwrap()));
        request_id(&HeaderMap::from_iter(sent), &SystemRandom).to_str().unwrap().to_owned()
    }

    /// Covers API-037.
    #[test]
    fn draws_an_id_of_32_letters_and_digits() {
        let drawn = id(None);
        assert_eq!(drawn.len(), 32);
        assert!(drawn.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(drawn, id(None));
    }

    /// Covers API-038.
    #[test]
    fn keeps_a_harmless_id_of_the_client() {
        assert_eq!(id(Some(b"trace.7_f-1")), "trace.7_f-1");
    }

    /// Covers API-039.
    #[test]
    fn replaces_an_id_that_is_empty_too_long_or_unsafe() {
        for sent in [&b""[..], &[b'a'; 129], b"two words", b"\"quoted\"", b"caf\xc3\xa9"] {
            assert_eq!(id(Some(sent)).len(), 32);
        }
        assert_eq!(id(Some(&[b'a'; 128])).len(), 128);
    }
}
