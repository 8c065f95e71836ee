//! A bounded memory of tokens whose signature was right, because an RSA verification costs more than all else that a
//! session check does. Knows nothing of claims: expiry and revocation are checked at every use.

use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

const SLOTS: usize = 8192;

type Fingerprint = [u8; 32];

/// Fingerprints (SHA-256) of verified tokens, each in the one slot that its first bytes name. A newer token displaces
/// an older one there; nothing grows, and only rightly signed tokens ever enter.
///
/// It belongs to one set of keys and is dropped with it, so that a removed key takes its tokens along.
#[derive(Debug)]
pub(super) struct VerifiedTokens {
    slots: Box<[Mutex<Option<Fingerprint>>]>,
}

impl VerifiedTokens {
    pub(super) fn new() -> Self {
        Self { slots: (0..SLOTS).map(|_| Mutex::new(None)).collect() }
    }

    /// Whether `token` is known; if not, runs `verify` and remembers its success.
    pub(super) fn check<E>(&self, token: &str, verify: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let fingerprint: Fingerprint = Sha256::digest(token).into();
        let Some(slot) = self.slots.get(slot_of(&fingerprint)) else {
            return verify();
        };
        if *slot.lock().unwrap_or_else(PoisonError::into_inner) == Some(fingerprint) {
            return Ok(());
        }
        verify()?;
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(fingerprint);
        Ok(())
    }
}

fn slot_of(fingerprint: &Fingerprint) -> usize {
    usize::from(u16::from_le_bytes([fingerprint[0], fingerprint[1]])) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifies_a_right_token_once_and_a_wrong_one_every_time() {
        let tokens = VerifiedTokens::new();
        assert_eq!(tokens.check("right", || Ok::<_, &str>(())), Ok(()));
        assert_eq!(tokens.check("right", || Err("asked again")), Ok(()));
        assert_eq!(tokens.check("wrong", || Err("bad signature")), Err("bad signature"));
        assert_eq!(tokens.check("wrong", || Err("still bad")), Err("still bad"));
    }

    #[test]
    fn a_displaced_token_is_verified_again() {
        let tokens = VerifiedTokens::new();
        let slot = |text: &str| slot_of(&Sha256::digest(text).into());
        let rival = (0..).map(|n| n.to_string()).find(|text| slot(text) == slot("first")).unwrap();
        for token in ["first", &rival] {
            assert_eq!(tokens.check(token, || Ok::<_, &str>(())), Ok(()));
        }
        assert_eq!(tokens.check("first", || Err("verified again")), Err("verified again"));
    }
}
