//! Hashes that an existing installation wrote or imported: bcrypt of any cost and minor version. Only verifies.

use std::borrow::Cow;

/// Whether the first 72 bytes of `candidate` are the password. Whatever is no bcrypt hash matches nothing.
pub(super) fn verify(candidate: &[u8], stored: &str) -> bool {
    bcrypt::verify(candidate, &with_known_version(stored)).unwrap_or(false)
}

/// All minor versions mean the same computation; they tell which bugs the writer did not have. The library knows four of
/// them.
fn with_known_version(stored: &str) -> Cow<'_, str> {
    match stored.as_bytes() {
        [b'$', b'2', b'a' | b'b' | b'x' | b'y', b'$', ..] => Cow::Borrowed(stored),
        [b'$', b'2', minor, b'$', ..] if minor.is_ascii_alphanumeric() => Cow::Owned(format!("$2b{}", &stored[3..])),
        [b'$', b'2', b'$', ..] => Cow::Owned(format!("$2b{}", &stored[2..])),
        _ => Cow::Borrowed(stored),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the test suite of jBCrypt, cost 6 and 8; the password of the second is the alphabet.
    const VECTORS: [(&str, &str); 2] = [
        ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
        ("abcdefghijklmnopqrstuvwxyz", "$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz."),
    ];

    /// Covers ENC-3.
    #[test]
    fn verifies_every_cost_and_minor_version() {
        for (password, stored) in VECTORS {
            for version in ["$2$", "$2a$", "$2b$", "$2c$", "$2x$", "$2y$"] {
                let stored = stored.replacen("$2a$", version, 1);
                assert!(verify(password.as_bytes(), &stored), "{stored}");
                assert!(!verify(b"b", &stored), "{stored}");
            }
        }
    }

    #[test]
    fn whatever_is_no_bcrypt_hash_matches_nothing() {
        let valid = VECTORS[0].1;
        for stored in
            ["", "$2a$", "$2é$06$", &valid[..59], &valid.replace("$06$", "$99$"), &valid.replace("$06$", "$03$")]
        {
            assert!(!verify(b"a", stored), "{stored}");
        }
    }
}
