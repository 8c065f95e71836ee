//! Hashes of imported Firebase users: the modified scrypt of Firebase (spec chapter 06 section 1.7.1). Only verifies.

use aws_lc_rs::{
    cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey},
    iv::FixedLength,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::PasswordError;

/// The most memory that a stored hash may ask for. Firebase's own parameters (n = 14, r = 8) need 16 MiB.
const MAX_MEMORY_BYTES: u128 = 256 << 20;

/// The most work: memory times parallelism.
const MAX_WORK_BYTES: u128 = 4 << 30;

struct Stored {
    log_n: u8,
    r: u32,
    p: u32,
    salt_separator: Vec<u8>,
    signer_key: Vec<u8>,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// Whether `candidate` is the password.
///
/// # Errors
/// [`PasswordError::Malformed`] and [`PasswordError::Excessive`].
pub(super) fn verify(candidate: &[u8], stored: &str) -> Result<bool, PasswordError> {
    let Stored { log_n, r, p, salt_separator, signer_key, salt, hash } =
        parse(stored).ok_or(PasswordError::Malformed)?;
    let memory = (128 * u128::from(r)) << log_n;
    if memory > MAX_MEMORY_BYTES || memory * u128::from(p) > MAX_WORK_BYTES {
        return Err(PasswordError::Excessive);
    }
    if signer_key.is_empty() {
        return Ok(false);
    }
    let params = scrypt::Params::new(log_n, r, p).map_err(|_| PasswordError::Malformed)?;
    let salt = [salt, salt_separator].concat();
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(candidate, &salt, &params, &mut *key).map_err(|_| PasswordError::Failed)?;
    let derived = encrypt(&key, signer_key)?;
    Ok(derived.ct_eq(&hash).into())
}

/// AES-256 in counter mode from the zero block on.
fn encrypt(key: &[u8; 32], mut text: Vec<u8>) -> Result<Vec<u8>, PasswordError> {
    let key = UnboundCipherKey::new(&AES_256, key).and_then(EncryptingKey::ctr).map_err(|_| PasswordError::Failed)?;
    let counter = EncryptionContext::Iv128(FixedLength::from([0; 16]));
    key.less_safe_encrypt(&mut text, counter).map_err(|_| PasswordError::Failed)?;
    Ok(text)
}

fn parse(stored: &str) -> Option<Stored> {
    let mut parts = stored.strip_prefix("$fbscrypt$")?.split('$');
    let (parameters, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let base64 = |text: &str| STANDARD.decode(text).ok();
    let (mut v, mut n, mut r, mut p, mut ss, mut sk) = (None, None, None, None, None, None);
    for parameter in parameters.split(',') {
        let (name, value) = parameter.split_once('=')?;
        let earlier = match name {
            "v" => v.replace(value),
            "n" => n.replace(value),
            "r" => r.replace(value),
            "p" => p.replace(value),
            "ss" => ss.replace(value),
            "sk" => sk.replace(value),
            _ => return None,
        };
        if earlier.is_some() {
            return None;
        }
    }
    let positive = |text: Option<&str>| text?.parse::<u32>().ok().filter(|&number| number > 0);
    if v != Some("1") {
        return None;
    }
    Some(Stored {
        log_n: positive(n).and_then(|n| u8::try_from(n).ok()).filter(|&n| n <= 62)?,
        r: positive(r)?,
        p: positive(p)?,
        salt_separator: base64(ss.unwrap_or_default())?,
        signer_key: base64(sk.unwrap_or_default())?,
        salt: base64(salt)?,
        hash: base64(hash)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &str = "$fbscrypt$v=1,n=10,r=8,p=1,ss=AQ==,sk=AAcOFRwjKjE4P0ZNVFtiaXB3foWMk5qhqK+2vcTL0tng5+71/AMKERgfJi00O0JJUFdeZWxzeoGIj5adpKuyuQ==$AAECAwQFBgcICQoLDA0ODw==$7+Mnd+5Il2pUERVafxF8xOSUVbQz9Dz6PzlEBBb/53Jw7gm6Mw8808fXw19AZMBkLV+/Eshb+ZQQuB7k5UwNJg==";

    /// Covers ENC-4.
    #[test]
    fn verifies_the_test_vector_of_the_specification() {
        assert!(verify(b"correct horse", STORED).unwrap());
        assert!(!verify(b"correct horsE", STORED).unwrap());
        assert!(!verify(b"", STORED).unwrap());
    }

    /// Covers ENC-5.
    #[test]
    fn a_missing_separator_is_an_empty_one() {
        // The separator is appended to the salt, so that moving it there changes nothing.
        let stored = STORED.replace(",ss=AQ==", "").replace("$AAECAwQFBgcICQoLDA0ODw==$", "$AAECAwQFBgcICQoLDA0ODwE=$");
        assert!(verify(b"correct horse", &stored).unwrap());
        assert!(!verify(b"correct horse", &STORED.replace(",ss=AQ==", "")).unwrap());
    }

    /// Covers ENC-5.
    #[test]
    fn a_malformed_string_is_an_error() {
        let changes = [
            ("$fbscrypt$", "$fbscrypt"),
            ("v=1", "v=2"),
            ("v=1,", ""),
            ("n=10", "n=0"),
            ("n=10", "n=63"),
            ("n=10", "n=ten"),
            ("r=8", "r=-8"),
            ("p=1", "p=0"),
            (",p=1", ""),
            ("p=1", "p=1,p=1"),
            ("ss=", "xx="),
            ("ss=AQ==", "ss=AQ"),
            ("sk=AAcO", "sk=!AcO"),
            ("$7+Mn", "$7+M"),
            ("$AAEC", "$x$AAEC"),
        ];
        for (from, to) in changes {
            let stored = STORED.replacen(from, to, 1);
            assert_ne!(stored, STORED);
            assert!(matches!(verify(b"correct horse", &stored), Err(PasswordError::Malformed)), "{from} -> {to}");
        }
        assert!(matches!(verify(b"", "$fbscrypt"), Err(PasswordError::Malformed)));
    }

    #[test]
    fn an_empty_signer_key_never_matches() {
        assert!(!verify(b"", "$fbscrypt$v=1,n=1,r=1,p=1$AAEC$").unwrap());
    }

    #[test]
    fn refuses_excessive_cost() {
        for cost in ["n=62,r=8,p=1", "n=20,r=8,p=1", "n=10,r=4294967295,p=4294967295", "n=10,r=8,p=10000000"] {
            let stored = STORED.replacen("n=10,r=8,p=1", cost, 1);
            assert!(matches!(verify(b"", &stored), Err(PasswordError::Excessive)), "{cost}");
        }
    }
}
