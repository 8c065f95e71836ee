//! The authenticator data (WebAuthn section 6.1): what the authenticator says about the ceremony.

use aws_lc_rs::digest::{SHA256, digest};
use uuid::Uuid;

use super::{cbor, error::WebauthnError};
use crate::config::UserVerification;

/// Decoded authenticator data.
#[derive(Debug)]
pub(super) struct AuthenticatorData<'a> {
    relying_party_hash: &'a [u8; 32],
    flags: u8,
    /// The signature counter; 0 for authenticators without one.
    pub(super) sign_count: u32,
    /// The new credential, in a registration.
    pub(super) attested: Option<AttestedCredential<'a>>,
}

/// The attested credential data (WebAuthn section 6.5.1).
#[derive(Debug)]
pub(super) struct AttestedCredential<'a> {
    /// The model of the authenticator.
    pub(super) aaguid: Uuid,
    /// The credential id.
    pub(super) id: &'a [u8],
    /// The COSE key as it stands there.
    pub(super) public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Decodes `bytes`, to the last one.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, WebauthnError> {
        Self::decode(bytes).ok_or(WebauthnError::Unreadable("the authenticator data is malformed"))
    }

    fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (relying_party_hash, rest) = bytes.split_first_chunk()?;
        let (&[flags], rest) = rest.split_first_chunk()?;
        let (sign_count, mut rest) = rest.split_first_chunk()?;
        let mut data = Self { relying_party_hash, flags, sign_count: u32::from_be_bytes(*sign_count), attested: None };
        if data.flag(0x40) {
            let (attested, after) = AttestedCredential::decode(rest)?;
            data.attested = Some(attested);
            rest = after;
        }
        if data.flag(0x80) {
            rest = rest.get(cbor::item_length(rest)?..)?;
        }
        rest.is_empty().then_some(data)
    }

    fn flag(&self, mask: u8) -> bool {
        self.flags & mask != 0
    }

    /// The authenticator verified who the user is.
    pub(super) fn user_verified(&self) -> bool {
        self.flag(0x04)
    }

    /// The credential may be synchronised.
    pub(super) fn backup_eligible(&self) -> bool {
        self.flag(0x08)
    }

    /// The credential is synchronised.
    pub(super) fn backup_state(&self) -> bool {
        self.flag(0x10)
    }

    /// Verifies what both ceremonies demand (WebAuthn sections 7.1 steps 14 to 17 and 7.2 steps 15 to 18).
    pub(super) fn verify(
        &self,
        relying_party_id: &str,
        user_verification: UserVerification,
    ) -> Result<(), WebauthnError> {
        if self.relying_party_hash != digest(&SHA256, relying_party_id.as_bytes()).as_ref() {
            return Err(WebauthnError::RelyingPartyId);
        }
        if !self.flag(0x01) {
            return Err(WebauthnError::UserNotPresent);
        }
        if user_verification == UserVerification::Required && !self.user_verified() {
            return Err(WebauthnError::UserNotVerified);
        }
        if self.backup_state() && !self.backup_eligible() {
            return Err(WebauthnError::BackupFlags);
        }
        Ok(())
    }
}

impl<'a> AttestedCredential<'a> {
    fn decode(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (aaguid, rest) = bytes.split_first_chunk()?;
        let (id_length, rest) = rest.split_first_chunk()?;
        let (id, rest) = rest.split_at_checked(u16::from_be_bytes(*id_length).into())?;
        let (public_key, rest) = rest.split_at_checked(cbor::item_length(rest)?)?;
        Some((Self { aaguid: Uuid::from_bytes(*aaguid), id, public_key }, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(flags: u8) -> Vec<u8> {
        let mut bytes = digest(&SHA256, b"example.com").as_ref().to_vec();
        bytes.extend([flags, 0, 0, 1, 2]);
        bytes
    }

    #[test]
    fn reads_an_assertion() {
        let bytes = header(0x1D);
        let data = AuthenticatorData::parse(&bytes).unwrap();
        assert_eq!(data.sign_count, 258);
        assert!(data.attested.is_none());
        assert!(data.user_verified() && data.backup_eligible() && data.backup_state());
        assert_eq!(data.verify("example.com", UserVerification::Required), Ok(()));
        assert_eq!(data.verify("example.org", UserVerification::Required), Err(WebauthnError::RelyingPartyId));
    }

    #[test]
    fn keeps_the_public_key_byte_for_byte_in_front_of_extensions() {
        let mut bytes = header(0xC1);
        bytes.extend([7; 16]);
        bytes.extend([0, 2, 0xAB, 0xCD]);
        // {1: 2} with the 2 in a longer form than needed: no decoder and encoder would give it back.
        bytes.extend([0xA1, 0x01, 0x18, 0x02]);
        bytes.extend([0xA1, 0x61, b'x', 0xF5]);
        let data = AuthenticatorData::parse(&bytes).unwrap();
        let attested = data.attested.unwrap();
        assert_eq!(attested.aaguid, Uuid::from_bytes([7; 16]));
        assert_eq!(attested.id, [0xAB, 0xCD]);
        assert_eq!(attested.public_key, [0xA1, 0x01, 0x18, 0x02]);
    }

    #[test]
    fn refuses_truncated_and_trailing_bytes() {
        let whole = header(0x01);
        for length in 0..whole.len() {
            assert!(AuthenticatorData::parse(&whole[..length]).is_err(), "{length}");
        }
        let mut trailing = whole;
        trailing.push(0);
        assert!(AuthenticatorData::parse(&trailing).is_err());
    }

    #[test]
    fn refuses_a_backup_of_what_is_not_eligible() {
        let bytes = header(0x11);
        let data = AuthenticatorData::parse(&bytes).unwrap();
        assert_eq!(data.verify("example.com", UserVerification::Discouraged), Err(WebauthnError::BackupFlags));
    }

    #[test]
    fn refuses_an_absent_user() {
        let bytes = header(0x04);
        let data = AuthenticatorData::parse(&bytes).unwrap();
        assert_eq!(data.verify("example.com", UserVerification::Preferred), Err(WebauthnError::UserNotPresent));
    }
}
