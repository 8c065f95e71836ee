//! The little that WebAuthn needs of CBOR (RFC 8949): maps with known keys, and where an item ends.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};
use serde_cbor_2::Value;

/// The number of bytes of the item that `bytes` begins with; `None` if there is no whole one.
pub(super) fn item_length(bytes: &[u8]) -> Option<usize> {
    let mut deserializer = serde_cbor_2::Deserializer::from_slice(bytes);
    IgnoredAny::deserialize(&mut deserializer).ok()?;
    Some(deserializer.byte_offset())
}

/// A decoded map.
#[derive(Debug)]
pub(super) struct Map(BTreeMap<Value, Value>);

impl Map {
    /// Decodes `bytes`, which must hold one map and nothing else.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        match serde_cbor_2::from_slice(bytes).ok()? {
            Value::Map(map) => Some(Self(map)),
            _ => None,
        }
    }

    /// Whether it has no entries.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The integer under `key`.
    pub(super) fn integer(&self, key: impl Key) -> Option<i64> {
        match self.0.get(&key.value())? {
            Value::Integer(integer) => i64::try_from(*integer).ok(),
            _ => None,
        }
    }

    /// The byte string under `key`.
    pub(super) fn bytes(&self, key: impl Key) -> Option<&[u8]> {
        match self.0.get(&key.value())? {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The text under `key`.
    pub(super) fn text(&self, key: impl Key) -> Option<&str> {
        match self.0.get(&key.value())? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The map under `key`, taken out.
    pub(super) fn take_map(&mut self, key: impl Key) -> Option<Self> {
        match self.0.remove(&key.value())? {
            Value::Map(map) => Some(Self(map)),
            _ => None,
        }
    }

    /// Whether there is an entry under `key`.
    pub(super) fn contains(&self, key: impl Key) -> bool {
        self.0.contains_key(&key.value())
    }
}

/// A key of a map: a text, or one of the integer labels of COSE.
pub(super) trait Key {
    /// As it stands in the map.
    fn value(&self) -> Value;
}

impl Key for &str {
    fn value(&self) -> Value {
        Value::Text((*self).to_owned())
    }
}

impl Key for i64 {
    fn value(&self) -> Value {
        Value::Integer((*self).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_end_of_an_item() {
        assert_eq!(item_length(&[0xA1, 0x01, 0x02, 0xFF]), Some(3));
        assert_eq!(item_length(&[0xA1, 0x01]), None);
        assert_eq!(item_length(&[]), None);
    }

    #[test]
    fn refuses_what_follows_a_map() {
        assert!(Map::parse(&[0xA1, 0x01, 0x02]).is_some());
        assert!(Map::parse(&[0xA1, 0x01, 0x02, 0x00]).is_none());
        assert!(Map::parse(&[0x80]).is_none());
    }

    #[test]
    fn survives_deep_nesting_and_absurd_lengths() {
        assert!(Map::parse(&[0x81; 100_000]).is_none());
        assert!(Map::parse(&[0xBB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]).is_none());
        assert!(item_length(&[0x5B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]).is_none());
    }
}
