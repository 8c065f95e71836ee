//! Encryption of what waits in the outbox, with the secrets of the installation.

use super::store::{BoxError, Seal};
use crate::keys::SecretBox;

impl Seal for SecretBox {
    fn seal(&self, plain: &[u8]) -> Result<String, BoxError> {
        Ok(Self::seal(self, plain)?)
    }

    fn open(&self, sealed: &str) -> Result<Vec<u8>, BoxError> {
        Ok(Self::open(self, sealed)?.to_vec())
    }
}
