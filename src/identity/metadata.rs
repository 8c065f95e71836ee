//! How people change the metadata that is theirs to change: by JSON merge patches (RFC 7396).

use serde_json::{Map, Value};

/// How many characters the text of the metadata may have at most, as [`patched`] counts them.
pub const MAX_CHARACTERS: usize = 3000;

/// The metadata has more than [`MAX_CHARACTERS`] characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("metadata must not exceed character limit ({MAX_CHARACTERS})")]
pub struct TooLong(usize);

/// The text of the metadata `current`, changed by `patch`. What is no JSON object counts as empty.
///
/// # Errors
///
/// [`TooLong`].
pub fn patched(current: Option<&str>, patch: Map<String, Value>) -> Result<String, TooLong> {
    let mut metadata: Map<String, Value> = current.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    merge(&mut metadata, patch);
    let text = Value::Object(metadata).to_string();
    match text.chars().map(size).sum() {
        count if count > MAX_CHARACTERS => Err(TooLong(count)),
        _ => Ok(text),
    }
}

/// How many characters a character counts as. The original stores those that mean something to HTML or JavaScript as
/// escapes of six: what is accepted here is accepted there.
const fn size(character: char) -> usize {
    match character {
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => 6,
        _ => 1,
    }
}

fn merge(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => {
                target.shift_remove(&name);
            }
            Value::Object(inner) => {
                let member = target.entry(name).or_insert(Value::Null);
                let mut object = match member.take() {
                    Value::Object(object) => object,
                    _ => Map::new(),
                };
                merge(&mut object, inner);
                *member = Value::Object(object);
            }
            other => {
                target.insert(name, other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn after(current: &str, patch: &str) -> Value {
        let patch = serde_json::from_str(patch).unwrap();
        serde_json::from_str(&patched(Some(current), patch).unwrap()).unwrap()
    }

    /// Covers PROF-214: the examples of RFC 7396, appendix A, that patch objects with objects.
    #[test]
    fn merges_as_the_standard_says() {
        for (current, patch, result) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
            ("[1]", r#"{"a":1}"#, r#"{"a":1}"#),
        ] {
            assert_eq!(after(current, patch), serde_json::from_str::<Value>(result).unwrap(), "{current} {patch}");
        }
    }

    fn sized(letter: &str, times: usize) -> Result<String, TooLong> {
        patched(None, json!({ "a": letter.repeat(times) }).as_object().unwrap().clone())
    }

    /// Covers PROF-220, PROF-221.
    #[test]
    fn counts_characters() {
        // {"a":""} has eight.
        for letter in ["a", "\u{e4}", "\u{1f600}"] {
            assert_eq!(sized(letter, 2992).unwrap().chars().count(), 3000);
            assert_eq!(sized(letter, 2993), Err(TooLong(3001)));
        }
    }

    #[test]
    fn counts_what_others_escape_as_the_escape() {
        for letter in ["<", ">", "&", "\u{2028}", "\u{2029}"] {
            assert!(sized(letter, 498).unwrap().contains(letter));
            assert_eq!(sized(letter, 499), Err(TooLong(3002)));
        }
    }
}
