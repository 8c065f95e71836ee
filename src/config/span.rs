//! Lengths of time as the configuration writes them (spec chapter 05, section 1.5).

use std::{borrow::Cow, fmt, ops::Deref, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length of time. Written `1h30m`, `300ms` or `1.5h`; in a file, a bare integer counts nanoseconds.
///
/// Negative lengths are read as zero: every key gives both the same meaning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// A span of seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// A span of hours.
    #[must_use]
    pub const fn from_hours(hours: u64) -> Self {
        Self(Duration::from_secs(hours * 3600))
    }

    /// A span of nanoseconds.
    #[must_use]
    pub fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0)))
    }

    /// The span in nanoseconds; at most `i64::MAX`, which no text exceeds.
    #[must_use]
    pub fn nanoseconds(self) -> i64 {
        i64::try_from(self.0.as_nanos()).unwrap_or(i64::MAX)
    }
}

impl Deref for Span {
    type Target = Duration;

    fn deref(&self) -> &Duration {
        &self.0
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        span.0
    }
}

/// Why a text is no length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// The text does not follow the syntax.
    #[error("is not a duration such as 90s, 1h30m or 720h (units: ns, us, ms, s, m, h)")]
    Syntax,
    /// The span does not fit into 63 bits of nanoseconds, about 292 years.
    #[error("is too long a duration")]
    Range,
}

/// Reads a duration as signed nanoseconds.
///
/// # Errors
///
/// When the text is no duration, or one of more than about 292 years.
pub fn parse_nanoseconds(text: &str) -> Result<i64, SpanError> {
    let (negative, mut rest) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(SpanError::Syntax);
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (nanoseconds, tail) = component(rest)?;
        total = total.checked_add(nanoseconds).filter(|sum| *sum <= i128::from(i64::MAX)).ok_or(SpanError::Range)?;
        rest = tail;
    }
    let total = i64::try_from(total).map_err(|_| SpanError::Range)?;
    Ok(if negative { -total } else { total })
}

/// Reads one number with its unit, and returns the text behind it.
fn component(text: &str) -> Result<(i128, &str), SpanError> {
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(SpanError::Syntax)?;
    let (number, tail) = text.split_at(number_end);
    let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
    let (unit, tail) = tail.split_at(unit_end);
    let scale: i128 = match unit {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return Err(SpanError::Syntax),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return Err(SpanError::Syntax);
    }
    // 19 digits hold every value in range; longer runs of digits only overflow.
    let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().map_err(|_| SpanError::Range)? };
    let digits = &fraction[..fraction.len().min(18)];
    let part = if digits.is_empty() { 0 } else { digits.parse::<i128>().map_err(|_| SpanError::Syntax)? };
    let divisor = 10_i128.pow(u32::try_from(digits.len()).unwrap_or(18));
    Ok((i128::from(whole) * scale + part * scale / divisor, tail))
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        parse_nanoseconds(text).map(Self::from_nanoseconds)
    }
}

impl fmt::Display for Span {
    /// Whole units from hours down, without those that are zero; `0m` when there is nothing to write.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(i64, &str); 6] = [
            (3_600_000_000_000, "h"),
            (60_000_000_000, "m"),
            (1_000_000_000, "s"),
            (1_000_000, "ms"),
            (1_000, "us"),
            (1, "ns"),
        ];
        let mut rest = self.nanoseconds();
        if rest == 0 {
            return f.write_str("0m");
        }
        for (unit, name) in UNITS {
            if rest >= unit {
                write!(f, "{}{name}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as 90s, or a number of nanoseconds")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                text.parse().map_err(|error| E::custom(format_args!("{text:?} {error}")))
            }

            fn visit_i64<E: de::Error>(self, nanoseconds: i64) -> Result<Span, E> {
                Ok(Span::from_nanoseconds(nanoseconds))
            }

            fn visit_u64<E: de::Error>(self, nanoseconds: u64) -> Result<Span, E> {
                i64::try_from(nanoseconds).map(Span::from_nanoseconds).map_err(|_| E::custom(SpanError::Range))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"], "pattern": PATTERN, "x-kind": "duration" })
    }
}

/// The schema of a span that has to be written as a text: a bare number has no unit there.
#[derive(Debug)]
pub(super) struct SpanText;

impl JsonSchema for SpanText {
    fn schema_name() -> Cow<'static, str> {
        "SpanText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": PATTERN, "x-kind": "duration" })
    }
}

const PATTERN: &str = "^[+-]?(0|((\\d+\\.?\\d*|\\.\\d+)(ns|us|\u{b5}s|\u{3bc}s|ms|s|m|h))+)$";

#[cfg(test)]
mod tests {
    use super::*;

    /// Covers CFG-24, CFG-28.
    #[test]
    fn reads_every_unit() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("-0", 0),
            ("0m", 0),
            ("3ns", 3),
            ("3us", 3_000),
            ("3\u{b5}s", 3_000),
            ("3\u{3bc}s", 3_000),
            ("300ms", 300_000_000),
            ("90s", 90_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("+2h45m", 9_900_000_000_000),
            ("-1s", -1_000_000_000),
            ("0.3333333333333333333h", 1_199_999_999_999),
            ("9223372036854775807ns", i64::MAX),
        ] {
            assert_eq!(parse_nanoseconds(text), Ok(nanoseconds), "{text}");
        }
    }

    /// Covers CFG-26, CFG-27.
    #[test]
    fn refuses_what_has_no_unit_or_another_one() {
        for text in ["", "-", "5", "1d", "2w", "1 h", "h", ".h", "1.2.3s", "1h30", "five minutes", "1H", "1m\u{fc}"] {
            assert_eq!(parse_nanoseconds(text), Err(SpanError::Syntax), "{text}");
        }
        for text in ["9223372036854775808ns", "2562048h", "99999999999999999999h", "2562047h9999h"] {
            assert_eq!(parse_nanoseconds(text), Err(SpanError::Range), "{text}");
        }
    }

    #[test]
    fn writes_what_it_can_read_again() {
        for (span, text) in [
            (Span::ZERO, "0m"),
            (Span::from_hours(720), "720h"),
            (Span::from_secs(5400), "1h30m"),
            (Span::from_secs(90), "1m30s"),
            (Span::from_nanoseconds(1_002_003), "1ms2us3ns"),
        ] {
            assert_eq!(span.to_string(), text);
            assert_eq!(text.parse(), Ok(span));
            assert_eq!(serde_json::from_value::<Span>(serde_json::json!(span)).unwrap(), span);
        }
    }

    #[test]
    fn reads_negative_lengths_as_zero() {
        assert_eq!("-1h".parse(), Ok(Span::ZERO));
        assert_eq!(serde_json::from_str::<Span>("-5").unwrap(), Span::ZERO);
        assert_eq!(serde_json::from_str::<Span>("5").unwrap(), Span::from_nanoseconds(5));
    }
}
