//! The file as a tree in which every value knows its line. Knows no keys.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};
use serde_saphyr::{DuplicateKeyPolicy, Error, NonFiniteFloatPolicy, Spanned};

/// A value of the file.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Counted from 1.
    pub line: usize,
    pub content: Content,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A member of a mapping.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub name: String,
    pub value: Node,
}

/// Where and why a text is not YAML. The text itself is not repeated: it may be a secret.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub line: u64,
    pub message: String,
}

impl Node {
    /// Reads a YAML document; nothing but comments makes null.
    pub(super) fn parse(text: &str) -> Result<Self, SyntaxError> {
        let options = serde_saphyr::options! {
            duplicate_keys: DuplicateKeyPolicy::Error,
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
            non_finite_float_policy: NonFiniteFloatPolicy::AsString,
            with_snippet: false,
        };
        serde_saphyr::from_str_with_options::<Spanned<Content>>(text, options).map(Self::from).map_err(|error| {
            let error = error.without_snippet();
            let line = error.location().map_or(1, |location| location.line());
            let message = match error {
                Error::DuplicateMappingKey { key: Some(key), .. } => format!("the key {key:?} is given twice"),
                other => other.to_string(),
            };
            SyntaxError { line, message }
        })
    }

    /// The value as JSON. Numbers that JSON cannot hold become texts.
    pub(super) fn to_json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Integer(value) => i64::try_from(*value)
                .map(Value::from)
                .or_else(|_| u64::try_from(*value).map(Value::from))
                .unwrap_or_else(|_| Value::String(value.to_string())),
            Content::Float(value) => serde_json::Number::from_f64(*value).map_or(Value::Null, Value::Number),
            Content::Text(value) => Value::String(value.clone()),
            Content::List(items) => items.iter().map(Self::to_json).collect(),
            Content::Mapping(entries) => {
                let members = entries.iter().map(|entry| (entry.name.clone(), entry.value.to_json()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}

impl fmt::Display for Node {
    /// The value as a message shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Null => f.write_str("null"),
            Content::Bool(value) => value.fmt(f),
            Content::Integer(value) => value.fmt(f),
            Content::Float(value) => value.fmt(f),
            Content::Text(value) => f.write_str(value),
            Content::List(_) => f.write_str("[…]"),
            Content::Mapping(_) => f.write_str("{…}"),
        }
    }
}

impl From<Spanned<Content>> for Node {
    fn from(spanned: Spanned<Content>) -> Self {
        let line = usize::try_from(spanned.referenced.line()).unwrap_or(usize::MAX);
        Self { line, content: spanned.value }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_none<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Content, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element::<Spanned<Content>>()? {
            items.push(item.into());
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<Content, A::Error> {
        let mut entries = Vec::new();
        while let Some((name, value)) = mapping.next_entry::<Spanned<String>, Spanned<Content>>()? {
            let mut value = Node::from(value);
            // A mapping or list begins on the line after its key, which is where one looks for it.
            value.line = usize::try_from(name.referenced.line()).unwrap_or(value.line);
            entries.push(Entry { name: name.value, value });
        }
        Ok(Content::Mapping(entries))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keeps_lines_and_types() {
        let node = Node::parse("a: 1\n# comment\nb:\n  c: [x,\n    2.5]\n  d: ~\ne: 'yes'\nf: yes\ng: 0755\n").unwrap();
        assert_eq!(
            node.to_json(),
            json!({"a": 1, "b": {"c": ["x", 2.5], "d": null}, "e": "yes", "f": "yes", "g": "0755"})
        );
        let Content::Mapping(entries) = node.content else { panic!() };
        let lines: Vec<_> = entries.iter().map(|entry| (entry.name.as_str(), entry.value.line)).collect();
        assert_eq!(lines, [("a", 1), ("b", 3), ("e", 7), ("f", 8), ("g", 9)]);
        let Content::Mapping(inner) = &entries[1].value.content else { panic!() };
        assert_eq!(inner.iter().map(|entry| entry.value.line).collect::<Vec<_>>(), [4, 6]);
    }

    #[test]
    fn reads_json_anchors_and_nothing_at_all() {
        assert_eq!(Node::parse("{\"a\": [true, -1]}").unwrap().to_json(), json!({"a": [true, -1]}));
        let merged = Node::parse("a: &x {b: 1}\nc: {<<: *x, d: 2}\n").unwrap().to_json();
        assert_eq!(merged, json!({"a": {"b": 1}, "c": {"d": 2, "b": 1}}));
        for empty in ["", "# comment\n", "---\n", "null", "\n\n"] {
            assert_eq!(Node::parse(empty).unwrap().to_json(), json!(null), "{empty:?}");
        }
    }

    #[test]
    fn says_where_the_syntax_breaks_without_repeating_the_text() {
        for (text, line) in [
            ("a: 1\nb: hunter2: x\n", 2),
            ("a: 1\npassword: \"hunter2\n", 2),
            ("a: 1\nb: 2\na: hunter2\n", 3),
            ("password: *hunter2\n", 1),
            ("a: [hunter2\nb: }\n", 1),
            ("a: @hunter2\n", 1),
            ("a: 1\n--- \nb: hunter2\n", 1),
        ] {
            let error = Node::parse(text).unwrap_err();
            assert!(error.line >= line, "{text:?} {error:?}");
            assert!(!error.message.contains("hunter2"), "{text:?} {error:?}");
        }
    }
}
