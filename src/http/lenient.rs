//! The lenient reading of JSON (spec chapter 04 section 2.4): what clients of the Hanko backend got away with.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, error::Category};

use crate::http::error::ApiError;

/// Reads the first JSON value of `bytes` leniently: unknown keys are ignored, keys match in any letter case, the last
/// duplicate wins, `null` is the same as absent, and what follows the value is ignored.
///
/// For types whose field names are lower case and which hold no maps of the client's own keys.
///
/// # Errors
///
/// 400 with a text that says where the value does not fit.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let value = normalize(first_value(bytes)?);
    let value = if value.is_null() { Value::Object(Map::new()) } else { value };
    // A struct would accept an array of its fields in their order; a client would not mean that.
    if value.is_array() {
        return Err(ApiError::bad_request("invalid type: array, expected an object"));
    }
    serde_json::from_value(value).map_err(|error| ApiError::bad_request(without_value(&error.to_string())))
}

/// serde quotes the value that does not fit. It may be a password, and the text ends up in the access log.
fn without_value(text: &str) -> String {
    match text.rsplit_once(", expected ") {
        Some((what, expected)) => {
            let kind = what.split(['`', '"']).next().unwrap_or_default().trim_end();
            format!("{kind}, expected {expected}")
        }
        None => text.to_owned(),
    }
}

/// The first JSON value of `bytes`. What follows it is ignored. Characters that no text can have, bytes that are not
/// UTF-8 and halves of surrogate pairs, are replaced by U+FFFD instead of being refused.
///
/// # Errors
///
/// 400 when there is none.
pub fn first_value(bytes: &[u8]) -> Result<Value, ApiError> {
    let read = |bytes: &[u8]| serde_json::Deserializer::from_slice(bytes).into_iter::<Value>().next();
    match read(bytes) {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => match read(mended(bytes).as_bytes()) {
            Some(Ok(value)) => Ok(value),
            _ => Err(ApiError::bad_request(syntax_error(&error))),
        },
        None => Err(ApiError::bad_request("unexpected EOF")),
    }
}

/// The text of `bytes` without characters that no text can have.
fn mended(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut mended = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push_str("\\ufffd");
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            (Some(_), _) => 6,
            // The escaped character belongs to the escape, or else `\\u` would be taken for one.
            (None, _) => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        let (kept, after) = escape.split_at(length);
        mended.push_str(kept);
        rest = after;
    }
    mended + rest
}

/// The UTF-16 code unit that `text` begins with, as an escape `\uXXXX`.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

fn syntax_error(error: &serde_json::Error) -> Cow<'static, str> {
    match error.classify() {
        Category::Eof => "unexpected EOF".into(),
        _ => format!("Syntax error: {error}").into(),
    }
}

fn normalize(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut kept = Map::with_capacity(members.len());
            for (key, member) in members.into_iter().filter(|(_, member)| !member.is_null()) {
                kept.insert(key.to_ascii_lowercase(), normalize(member));
            }
            Value::Object(kept)
        }
        Value::Array(elements) => elements.into_iter().map(normalize).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use poem::http::StatusCode;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Input {
        name: String,
        list: Vec<Self>,
    }

    fn named(name: &str) -> Input {
        Input { name: name.into(), list: vec![] }
    }

    fn message(body: &str) -> String {
        let error = decode::<Input>(body.as_bytes()).unwrap_err();
        assert_eq!(error.status(), StatusCode::BAD_REQUEST);
        error.to_string()
    }

    /// Covers API-019.
    #[test]
    fn ignores_what_it_does_not_know() {
        let body = br#"{"other":{"deep":[1]},"name":"ada"} trailing {"#;
        assert_eq!(decode::<Input>(body).unwrap(), named("ada"));
    }

    #[test]
    fn matches_keys_in_any_letter_case_and_lets_the_last_win() {
        assert_eq!(decode::<Input>(br#"{"NAME":"a","name":"b","Name":"c"}"#).unwrap(), named("c"));
        let nested = decode::<Input>(br#"{"List":[{"Name":"deep"}]}"#).unwrap();
        assert_eq!(nested.list, [named("deep")]);
    }

    #[test]
    fn takes_null_for_absent() {
        assert_eq!(decode::<Input>(br#"{"name":null,"list":null}"#).unwrap(), named(""));
        assert_eq!(decode::<Input>(b"null").unwrap(), named(""));
    }

    /// Covers API-018.
    #[test]
    fn refuses_malformed_json_and_wrong_types() {
        assert_eq!(message("{"), "unexpected EOF");
        assert!(message("{name}").starts_with("Syntax error: "));
        assert_eq!(message(r#"{"name":4711}"#), "invalid type: integer, expected a string");
        assert_eq!(message(r#"{"list":"a, expected \"b\""}"#), "invalid type: string, expected a sequence");
        assert!(message("[]").starts_with("invalid type: "));
        assert!(message("\"x\"").starts_with("invalid type: "));
    }

    #[test]
    fn replaces_characters_that_no_text_can_have() {
        let name = |body: &[u8]| decode::<Input>(body).unwrap().name;
        assert_eq!(
            name(br#"{"name":"\ud800 \uDC00\ud83d\ude00\n\\ud800\u0041"}"#),
            "\u{fffd} \u{fffd}\u{1f600}\n\\ud800A"
        );
        assert_eq!(name(b"{\"name\":\"caf\xe9\"}"), "caf\u{fffd}");
        assert!(decode::<Input>(br#"{"name":"\ud8"#).is_err());
        assert!(decode::<Input>(br#"{"name":"\ux"}"#).is_err());
    }
}
