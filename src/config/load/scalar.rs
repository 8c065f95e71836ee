//! Values as people write them, read as the type that a key has (spec chapter 05, sections 1.3 and 1.4). Knows no keys.

use serde_json::Value;

use super::{
    super::{keys::Kind, span},
    node::{Content, Node},
};

/// Why a value cannot be read, as the end of a sentence that begins with the value.
pub(super) type Rule = String;

const TRUE: [&str; 6] = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE: [&str; 6] = ["0", "f", "F", "FALSE", "false", "False"];
const NOT_A_BOOL: &str = "is not true or false";
const NOT_AN_INTEGER: &str = "is not an integer";
const NOT_A_TEXT: &str = "is not a text";

/// Reads a value of the file.
pub(super) fn from_node(kind: &Kind, node: &Node) -> Result<Value, Rule> {
    match kind {
        Kind::Bool => match &node.content {
            Content::Bool(value) => Ok(Value::Bool(*value)),
            Content::Integer(value) => Ok(Value::Bool(*value != 0)),
            Content::Float(value) => Ok(Value::Bool(*value != 0.0)),
            Content::Text(text) if text.is_empty() => Ok(Value::Bool(false)),
            Content::Text(text) => boolean(text),
            _ => Err(NOT_A_BOOL.into()),
        },
        Kind::Integer { .. } => {
            let value = match &node.content {
                Content::Integer(value) => Some(*value),
                Content::Bool(value) => Some(i128::from(*value)),
                #[expect(clippy::cast_possible_truncation, reason = "the fraction is dropped; the cast saturates")]
                Content::Float(value) => Some(value.trunc() as i128),
                Content::Text(text) if text.is_empty() => Some(0),
                Content::Text(text) => integer(text),
                _ => None,
            };
            bounded(kind, value.ok_or(NOT_AN_INTEGER)?)
        }
        Kind::Text { .. } | Kind::Choice { .. } => text(kind, scalar_text(node).ok_or(NOT_A_TEXT)?),
        Kind::Duration { bare_integers, .. } => match &node.content {
            Content::Integer(value) if *bare_integers => {
                nanoseconds(kind, i64::try_from(*value).map_err(|_| span::SpanError::Range.to_string())?)
            }
            _ => duration(kind, &scalar_text(node).ok_or(NOT_A_TEXT)?),
        },
        Kind::Texts => match &node.content {
            Content::List(items) => {
                let items = items.iter().map(|item| scalar_text(item).map(Value::String));
                Ok(Value::Array(items.collect::<Option<_>>().ok_or("holds an entry that is not a text")?))
            }
            _ => Ok(texts(&scalar_text(node).ok_or("is not a list of texts")?)),
        },
        Kind::Section(_) | Kind::Entries(_) | Kind::Named(_) | Kind::Anything => Err("is not a single value".into()),
    }
}

/// Reads a value of the environment.
pub(super) fn from_text(kind: &Kind, value: &str) -> Result<Value, Rule> {
    match kind {
        Kind::Bool => boolean(value),
        Kind::Integer { .. } => bounded(kind, integer(value).ok_or(NOT_AN_INTEGER)?),
        Kind::Text { .. } | Kind::Choice { .. } => text(kind, value.to_owned()),
        Kind::Duration { .. } => duration(kind, value),
        Kind::Texts => Ok(texts(value)),
        Kind::Section(_) | Kind::Entries(_) | Kind::Named(_) | Kind::Anything => {
            Err("cannot be given in the environment".into())
        }
    }
}

/// The text that a scalar stands for where a text is expected.
fn scalar_text(node: &Node) -> Option<String> {
    match &node.content {
        Content::Text(text) => Some(text.clone()),
        Content::Bool(value) => Some(i32::from(*value).to_string()),
        Content::Integer(value) => Some(value.to_string()),
        Content::Float(value) => Some(value.to_string()),
        Content::Null | Content::List(_) | Content::Mapping(_) => None,
    }
}

fn boolean(text: &str) -> Result<Value, Rule> {
    if TRUE.contains(&text) {
        Ok(Value::Bool(true))
    } else if FALSE.contains(&text) {
        Ok(Value::Bool(false))
    } else {
        Err(NOT_A_BOOL.into())
    }
}

/// Reads an integer whose base is told by its prefix: `0x`, `0o` or `0`, `0b`; `_` may stand between digits.
fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    // A separator may follow the prefix, but neither begin a plain number nor end any.
    let separated = if base == 10 { digits } else { digits.strip_prefix('_').unwrap_or(digits) };
    if separated.split('_').any(str::is_empty) || separated.starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from_str_radix(&separated.replace('_', ""), base).ok()?;
    Some(if negative { -value } else { value })
}

fn bounded(kind: &Kind, value: i128) -> Result<Value, Rule> {
    let Kind::Integer { minimum, maximum, negative_is_zero } = kind else { return Err(NOT_AN_INTEGER.into()) };
    let value = if *negative_is_zero { value.max(0) } else { value };
    if value < *minimum {
        return Err(format!("is less than {minimum}"));
    }
    let small = u64::try_from(value).ok().filter(|_| value <= *maximum);
    small.map(Value::from).ok_or_else(|| format!("is greater than {maximum}"))
}

fn text(kind: &Kind, text: String) -> Result<Value, Rule> {
    match kind {
        Kind::Choice { empty: Some(empty), .. } if text.is_empty() => Ok(Value::String(empty.clone())),
        Kind::Choice { allowed, .. } if allowed.iter().all(|choice| choice.value != text) => {
            let values: Vec<_> = allowed.iter().map(|choice| choice.value.as_str()).collect();
            Err(format!("is not one of {}", values.join(", ")))
        }
        Kind::Text { optional: true } if text.is_empty() => Ok(Value::Null),
        _ => Ok(Value::String(text)),
    }
}

fn duration(kind: &Kind, text: &str) -> Result<Value, Rule> {
    span::parse_nanoseconds(text).map_err(|error| error.to_string()).and_then(|value| nanoseconds(kind, value))
}

fn nanoseconds(kind: &Kind, value: i64) -> Result<Value, Rule> {
    match kind {
        Kind::Duration { refuse_negative: true, .. } if value < 0 => Err("is negative".into()),
        _ => Ok(Value::String(span::Span::from_nanoseconds(value).to_string())),
    }
}

/// Splits at commas, without trimming; nothing but blanks is an empty list.
fn texts(text: &str) -> Value {
    if text.trim().is_empty() {
        return Value::Array(Vec::new());
    }
    text.split(',').map(Value::from).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::super::keys::keys, *};

    fn kind(path: &str) -> &'static Kind {
        &keys().find(path).unwrap().kind
    }

    fn file(path: &str, yaml: &str) -> Result<Value, Rule> {
        from_node(kind(path), &Node::parse(yaml).unwrap())
    }

    fn variable(path: &str, text: &str) -> Result<Value, Rule> {
        from_text(kind(path), text)
    }

    /// Covers CFG-18, CFG-19, ENV-19.
    #[test]
    fn reads_booleans() {
        for yaml in ["true", "'true'", "\"1\"", "t", "T", "TRUE", "True", "1", "2", "0.5"] {
            assert_eq!(file("debug", yaml), Ok(json!(true)), "{yaml}");
        }
        for yaml in ["false", "'false'", "0", "f", "F", "FALSE", "''", "0.0"] {
            assert_eq!(file("debug", yaml), Ok(json!(false)), "{yaml}");
        }
        for yaml in ["yes", "no", "on", "off", "' true'", "[true]", "{}"] {
            assert!(file("debug", yaml).is_err(), "{yaml}");
        }
        assert_eq!(variable("debug", "True"), Ok(json!(true)));
        for text in ["", "yes", "tRUE", " 1", "2"] {
            assert!(variable("debug", text).is_err(), "{text}");
        }
    }

    /// Covers CFG-20, CFG-21, CFG-22, ENV-19.
    #[test]
    fn reads_integers() {
        for (yaml, value) in [
            ("7", 7),
            ("'7'", 7),
            ("0x10", 16),
            ("'0X1f'", 31),
            ("0o17", 15),
            ("017", 15),
            ("0b101", 5),
            ("1_000", 1000),
            ("'0x_ff'", 255),
            ("''", 0),
            ("true", 1),
            ("7.9", 7),
            ("+5", 5),
            ("0", 0),
        ] {
            assert_eq!(file("email.limit", yaml), Ok(json!(value)), "{yaml}");
        }
        for yaml in ["ten", "'1__0'", "_1", "1_", "-1", "4294967296", "1e30", "[1]", "'0x'", "'--1'", "'0o-7'", "09"] {
            assert!(file("email.limit", yaml).is_err(), "{yaml}");
        }
        assert_eq!(file("rate_limiter.otp_limits.tokens", "-1"), Err("is less than 0".into()));
        assert_eq!(file("mfa.device_trust_max_users_per_device", "-1"), Ok(json!(0)));
        assert_eq!(variable("email.limit", "0x10"), Ok(json!(16)));
        assert!(variable("email.limit", "").is_err());
    }

    /// Covers CFG-16, CFG-17.
    #[test]
    fn reads_texts_from_numbers() {
        assert_eq!(file("database.port", "5432"), Ok(json!("5432")));
        assert_eq!(file("email_delivery.smtp.port", "465"), Ok(json!("465")));
        assert_eq!(file("service.name", "true"), Ok(json!("1")));
        assert_eq!(file("service.name", "1.5"), Ok(json!("1.5")));
        assert_eq!(file("service.name", "007"), Ok(json!("007")));
        assert_eq!(file("service.name", ".nan"), Ok(json!(".nan")));
        assert!(file("service.name", "[a]").is_err());
        assert_eq!(variable("service.name", " a "), Ok(json!(" a ")));
    }

    #[test]
    fn reads_choices() {
        assert_eq!(file("session.cookie.same_site", "lax"), Ok(json!("lax")));
        let rule = "is not one of strict, lax, none";
        assert_eq!(file("session.cookie.same_site", "Lax"), Err(rule.into()));
        assert_eq!(variable("session.cookie.same_site", ""), Err(rule.into()));
        assert_eq!(variable("email.passcode_charset", ""), Ok(json!("numeric")));
        assert_eq!(file("server.ip.extractor", "''"), Ok(json!("direct")));
        assert_eq!(file("server.public.page", "on"), Ok(json!("on")));
    }

    /// Covers CFG-24, CFG-25, CFG-26, CFG-27, ENV-19.
    #[test]
    fn reads_durations() {
        assert_eq!(file("flow_locker.ttl", "90s"), Ok(json!("1m30s")));
        assert_eq!(file("flow_locker.ttl", "1.5h"), Ok(json!("1h30m")));
        assert_eq!(file("flow_locker.ttl", "1500000000"), Ok(json!("1s500ms")));
        assert_eq!(file("flow_locker.ttl", "-1"), Ok(json!("0m")));
        assert_eq!(file("session.lifespan", "0"), Ok(json!("0m")));
        assert!(file("flow_locker.ttl", "'90'").is_err());
        assert!(file("session.lifespan", "90").is_err());
        assert!(file("session.lifespan", "1d").is_err());
        assert!(file("session.lifespan", "2w").is_err());
        assert_eq!(file("session.lifespan", "-1s"), Ok(json!("0m")));
        assert_eq!(file("session.idle_timeout", "-1s"), Err("is negative".into()));
        assert!(variable("flow_locker.ttl", "").is_err());
        assert!(variable("flow_locker.ttl", "90").is_err());
    }

    /// Covers CFG-23, ENV-3, ENV-4.
    #[test]
    fn reads_lists() {
        assert_eq!(file("secret_keys", "[a, 1, true]"), Ok(json!(["a", "1", "1"])));
        assert_eq!(file("secret_keys", "[]"), Ok(json!([])));
        assert_eq!(file("secret_keys", "a"), Ok(json!(["a"])));
        assert_eq!(file("secret_keys", "a, b"), Ok(json!(["a", " b"])));
        assert!(file("secret_keys", "[[a]]").is_err());
        assert!(file("secret_keys", "{a: b}").is_err());
        assert_eq!(variable("secret_keys", "a, b"), Ok(json!(["a", " b"])));
        assert_eq!(variable("secret_keys", " "), Ok(json!([])));
    }
}
