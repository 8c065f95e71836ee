//! The encoding of binary values in WebAuthn JSON and in the database: base64url (RFC 4648 section 5) without padding.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Writes no padding and reads both forms.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `bytes` as text without padding.
pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    ENGINE.encode(bytes)
}

/// The bytes that `text` stands for, padded or not; `None` if it is not base64url.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    ENGINE.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_no_padding_and_reads_both_forms() {
        assert_eq!(encode([0xFB, 0xFF]), "-_8");
        assert_eq!(decode("-_8"), Some(vec![0xFB, 0xFF]));
        assert_eq!(decode("-_8="), Some(vec![0xFB, 0xFF]));
        assert_eq!(decode("+/8"), None);
    }
}
