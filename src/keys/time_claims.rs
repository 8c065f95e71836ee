//! The time claims of a JWT: `exp`, `nbf` and `iat` (RFC 7519 section 4.1). Knows no other claim.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::jws::TokenError;

/// Checks `exp` (required), `nbf` and `iat` against `now`, in whole seconds and without leeway (spec chapter 06
/// section 2.7).
///
/// # Errors
/// [`TokenError::Expired`], [`TokenError::NotYetValid`], or [`TokenError::Malformed`] for a claim that is no number.
pub(super) fn check_times(claims: &Map<String, Value>, now: DateTime<Utc>) -> Result<(), TokenError> {
    let now = now.timestamp();
    if numeric_date(claims, "exp")?.is_none_or(|expiry| now >= expiry) {
        return Err(TokenError::Expired);
    }
    for claim in ["nbf", "iat"] {
        if numeric_date(claims, claim)?.is_some_and(|start| start > now) {
            return Err(TokenError::NotYetValid);
        }
    }
    Ok(())
}

/// A NumericDate (RFC 7519 section 2) in whole seconds since the epoch.
pub(super) fn numeric_date(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, TokenError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    if let Some(seconds) = value.as_i64() {
        return Ok(Some(seconds));
    }
    #[expect(clippy::cast_possible_truncation, reason = "a date past the range of i64 saturates, which is as far away")]
    value.as_f64().map(|seconds| Some(seconds.floor() as i64)).ok_or(TokenError::Malformed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Covers KEY-19.
    #[test]
    fn compares_time_claims_in_whole_seconds_without_leeway() {
        let now = DateTime::from_timestamp(1_000, 900_000_000).unwrap();
        let check = |claims: Value| check_times(claims.as_object().unwrap(), now);
        assert!(check(json!({"exp": 1001, "nbf": 1000, "iat": 1000})).is_ok());
        assert!(check(json!({"exp": 1001.5})).is_ok());
        for expired in [json!({"exp": 1000}), json!({"exp": 1000.9}), json!({"exp": -1}), json!({})] {
            assert!(matches!(check(expired.clone()), Err(TokenError::Expired)), "{expired}");
        }
        for future in [json!({"exp": 2000, "nbf": 1001}), json!({"exp": 2000, "iat": 1001})] {
            assert!(matches!(check(future.clone()), Err(TokenError::NotYetValid)), "{future}");
        }
        assert!(matches!(check(json!({"exp": "2000"})), Err(TokenError::Malformed)));
        assert!(matches!(check(json!({"exp": 2000, "iat": "now"})), Err(TokenError::Malformed)));
    }
}
