//! How a moment looks in JSON (spec chapter 04 section 2.2): RFC 3339 in UTC, without trailing zeros of the fraction.

use std::{borrow::Cow, fmt};

use chrono::{DateTime, Datelike, Timelike, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment as it goes over the wire: `2026-03-01T10:00:00Z`, `2026-03-01T10:00:00.12Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub DateTime<Utc>);

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0;
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            time.year(),
            time.month(),
            time.day(),
            time.hour(),
            time.minute(),
            time.second()
        )?;
        let nanoseconds = time.nanosecond() % 1_000_000_000;
        if nanoseconds > 0 {
            let digits = format!("{nanoseconds:09}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let time = DateTime::parse_from_rfc3339(&text).map_err(serde::de::Error::custom)?;
        Ok(Self(time.with_timezone(&Utc)))
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn shown(micros: i64) -> String {
        let start: DateTime<Utc> = "2026-03-01T10:00:00Z".parse().unwrap();
        Timestamp(start + TimeDelta::microseconds(micros)).to_string()
    }

    /// Covers API-008.
    #[test]
    fn cuts_trailing_zeros_of_the_fraction() {
        assert_eq!(shown(0), "2026-03-01T10:00:00Z");
        assert_eq!(shown(120_000), "2026-03-01T10:00:00.12Z");
        assert_eq!(shown(123_456), "2026-03-01T10:00:00.123456Z");
        assert_eq!(shown(1), "2026-03-01T10:00:00.000001Z");
    }

    #[test]
    fn reads_any_offset_and_writes_utc() {
        let read: Timestamp = serde_json::from_str("\"2026-03-01T12:00:00+02:00\"").unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"2026-03-01T10:00:00Z\"");
        assert!(serde_json::from_str::<Timestamp>("\"yesterday\"").is_err());
    }
}
