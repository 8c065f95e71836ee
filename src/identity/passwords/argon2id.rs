//! Argon2id (RFC 9106) with PHC strings, in memory that the caller lends. Knows no threads.

use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use subtle::ConstantTimeEq;

use super::{Parameters, PasswordError};

/// The most memory that a stored hash may ask for: that of the first recommended option of RFC 9106 section 4.
const MAX_MEMORY_KIB: u32 = 2 * 1024 * 1024;

const HASH_LEN: usize = 32;

/// The longest output that a stored hash may have.
const MAX_HASH_LEN: usize = 64;

/// The function with the cost of new hashes.
#[derive(Debug)]
pub(super) struct Argon2id {
    params: Params,
    /// What every new hash begins with.
    prefix: String,
}

impl Argon2id {
    pub(super) fn new(parameters: Parameters) -> Result<Self, PasswordError> {
        let Parameters { memory_kib, passes, lanes } = parameters;
        // The library multiplies the lanes before it compares them with the memory.
        let lanes = if lanes <= Params::MAX_P_COST { lanes } else { 0 };
        let params = Params::new(memory_kib, passes, lanes, Some(HASH_LEN)).map_err(PasswordError::Parameters)?;
        Ok(Self { params, prefix: format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}$") })
    }

    /// The length of the memory for a new hash.
    pub(super) fn block_count(&self) -> usize {
        self.params.block_count()
    }

    /// Whether `stored` has the scheme and the cost of new hashes.
    pub(super) fn is_current(&self, stored: &str) -> bool {
        stored.starts_with(&self.prefix)
    }

    pub(super) fn hash(&self, password: &[u8], salt: &[u8], memory: &mut Vec<Block>) -> Result<String, PasswordError> {
        let mut hash = [0; HASH_LEN];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        compute(&argon2, password, salt, memory, &mut hash)?;
        Ok(format!("{}{}${}", self.prefix, STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash)))
    }

    pub(super) fn verify(&self, password: &[u8], stored: &str, memory: &mut Vec<Block>) -> Result<bool, PasswordError> {
        let stored = PasswordHash::new(stored).map_err(|_| PasswordError::Malformed)?;
        let algorithm = Algorithm::new(stored.algorithm.as_str()).map_err(|_| PasswordError::Malformed)?;
        let version = Version::try_from(stored.version.unwrap_or(0x10)).map_err(|_| PasswordError::Malformed)?;
        let params = Params::try_from(&stored).map_err(|_| PasswordError::Malformed)?;
        let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
            return Err(PasswordError::Malformed);
        };
        if params.m_cost() > MAX_MEMORY_KIB.max(self.params.m_cost()) {
            return Err(PasswordError::Excessive);
        }
        let mut hash = [0; MAX_HASH_LEN];
        let hash = hash.get_mut(..expected.len()).ok_or(PasswordError::Malformed)?;
        compute(&Argon2::new(algorithm, version, params), password, salt, memory, hash)?;
        Ok(hash.ct_eq(expected.as_bytes()).into())
    }
}

/// The memory may hold the blocks of an earlier computation: the first pass overwrites them all.
fn compute(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    memory: &mut Vec<Block>,
    hash: &mut [u8],
) -> Result<(), PasswordError> {
    let needed = argon2.params().block_count();
    memory.try_reserve_exact(needed.saturating_sub(memory.len())).map_err(|_| PasswordError::Failed)?;
    if memory.len() < needed {
        memory.resize(needed, Block::new());
    }
    let memory = memory.get_mut(..needed).unwrap_or_default();
    argon2.hash_password_into_with_memory(password, salt, hash, memory).map_err(|_| PasswordError::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Parameters = Parameters { memory_kib: 64, passes: 1, lanes: 1 };

    /// The vectors were made with the reference implementation's command `argon2` (see its test suite, `test.c`).
    #[test]
    fn verifies_hashes_of_the_reference_implementation() {
        let argon2id = Argon2id::new(CHEAP).unwrap();
        for (stored, password) in [
            ("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"),
            ("$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"),
            ("$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8", "password"),
        ] {
            assert!(argon2id.verify(password.as_bytes(), stored, &mut Vec::new()).unwrap(), "{stored}");
            assert!(!argon2id.verify(b"Password", stored, &mut Vec::new()).unwrap(), "{stored}");
            assert!(!argon2id.is_current(stored));
        }
    }

    #[test]
    fn used_memory_does_not_change_the_hash() {
        let argon2id = Argon2id::new(Parameters { passes: 2, ..CHEAP }).unwrap();
        let mut memory = Vec::new();
        let first = argon2id.hash(b"one", &[7; 16], &mut memory).unwrap();
        assert_ne!(argon2id.hash(b"two", &[7; 16], &mut memory).unwrap(), first);
        assert_eq!(argon2id.hash(b"one", &[7; 16], &mut memory).unwrap(), first);
        let larger = Argon2id::new(Parameters { memory_kib: 128, ..CHEAP }).unwrap();
        larger.hash(b"three", &[7; 16], &mut memory).unwrap();
        assert_eq!(argon2id.hash(b"one", &[7; 16], &mut memory).unwrap(), first);
    }

    #[test]
    fn the_prefix_is_that_of_the_whole_cost() {
        let argon2id = Argon2id::new(CHEAP).unwrap();
        assert!(argon2id.is_current(&argon2id.hash(b"x", &[0; 16], &mut Vec::new()).unwrap()));
        assert!(!argon2id.is_current("$argon2id$v=19$m=64,t=1,p=11$c29tZXNhbHQ$nf65"));
    }

    #[test]
    fn refuses_stored_hashes_of_excessive_cost() {
        let argon2id = Argon2id::new(CHEAP).unwrap();
        let stored = "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(matches!(argon2id.verify(b"x", stored, &mut Vec::new()), Err(PasswordError::Excessive)));
    }
}
