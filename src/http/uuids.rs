//! The spellings of UUIDs in requests (spec chapter 04 section 2.3).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error as _};
use uuid::Uuid;

/// Reads canonical and undashed UUIDs of any version and letter case, bare, in braces or after `urn:uuid:`.
#[must_use]
pub fn lenient(text: &str) -> Option<Uuid> {
    let braced = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let bare = braced.or_else(|| text.strip_prefix("urn:uuid:")).unwrap_or(text);
    matches!(bare.len(), 32 | 36).then(|| Uuid::try_parse(bare).ok()).flatten()
}

/// Reads canonical UUIDs in lower case only.
#[must_use]
pub fn strict(text: &str) -> Option<Uuid> {
    let uuid = (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()?;
    text.bytes().all(|byte| !byte.is_ascii_uppercase()).then_some(uuid)
}

/// A [`lenient`] UUID in a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LenientUuid(pub Uuid);

impl<'de> Deserialize<'de> for LenientUuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        lenient(&text).map(Self).ok_or_else(|| {
            let problem = if matches!(text.len(), 32 | 36 | 34 | 38 | 41 | 45) { "format" } else { "length" };
            match problem {
                "length" => D::Error::custom(format!("uuid: incorrect UUID length {} in string {text:?}", text.len())),
                _ => D::Error::custom(format!("uuid: incorrect UUID format in string {text:?}")),
            }
        })
    }
}

impl JsonSchema for LenientUuid {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LenientUuid".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uuid" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANONICAL: &str = "7b6f9f52-6c2e-4ad0-9c5e-0a2f6f6b6a10";

    #[test]
    fn accepts_every_lenient_spelling_of_one_uuid() {
        let plain = CANONICAL.replace('-', "");
        for text in [
            CANONICAL.to_owned(),
            CANONICAL.to_uppercase(),
            plain.clone(),
            format!("{{{CANONICAL}}}"),
            format!("{{{plain}}}"),
            format!("urn:uuid:{CANONICAL}"),
            format!("urn:uuid:{plain}"),
        ] {
            assert_eq!(lenient(&text).unwrap().to_string(), CANONICAL, "{text}");
        }
        for text in ["", "x", "{}", "urn:uuid:", "{{7b6f9f526c2e4ad09c5e0a2f6f6b6a10}}", &CANONICAL[1..]] {
            assert_eq!(lenient(text), None, "{text}");
        }
    }

    #[test]
    fn accepts_one_strict_spelling_only() {
        assert_eq!(strict(CANONICAL).unwrap().to_string(), CANONICAL);
        for text in [&CANONICAL.to_uppercase(), &CANONICAL.replace('-', ""), &format!("{{{CANONICAL}}}")] {
            assert_eq!(strict(text), None, "{text}");
        }
    }
}
