//! Section `rate_limiter`: how often a client may guess, and where the counters live.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Span, load::Report, server::host_and_port};
use crate::secret::Secret;

/// How often a client may try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RateLimiter {
    /// Count attempts and refuse those past the limits below. The address of an IPv6 client is its network of 64 bits.
    pub enabled: bool,
    /// Where the counters live. Read only when the limiter is enabled.
    pub store: Store,
    /// The Redis server of the store `redis`.
    #[schemars(extend("x-env" = "REDIS"))]
    pub redis_config: Redis,
    /// TOTP codes, per client address and user.
    pub otp_limits: Limit,
    /// Passcode mails, per client address and email address.
    pub passcode_limits: Limit,
    /// Wrong passcodes per email address, and wrong TOTP codes per user, of all clients together: nobody gets more guesses
    /// by having many addresses. Also codes per flow in which an authenticator app is set up.
    pub guess_limits: Limit,
    /// Password logins, per client address and entered name.
    pub password_limits: Limit,
    /// Exchanges of third-party tokens, per client address.
    pub token_limits: Limit,
}

/// Where shared state lives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Store {
    /// In the memory of this process: right for a single process only.
    #[default]
    InMemory,
    /// In Redis, shared by all processes.
    Redis,
}

/// A Redis server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Redis {
    /// `host:port`. Required when the store is `redis`.
    pub address: String,
    /// Password; empty for none.
    pub password: Secret<String>,
}

/// A number of attempts per interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Limit {
    /// Attempts per interval; 0 acts as 1.
    pub tokens: u32,
    /// Length of the interval; 0 acts as one second.
    pub interval: Span,
}

impl Default for RateLimiter {
    fn default() -> Self {
        Self {
            enabled: true,
            store: Store::InMemory,
            redis_config: Redis::default(),
            otp_limits: Limit::default(),
            passcode_limits: Limit::default(),
            guess_limits: Limit { tokens: 30, interval: Span::from_secs(60 * 60) },
            password_limits: Limit { tokens: 5, ..Limit::default() },
            token_limits: Limit::default(),
        }
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self { tokens: 3, interval: Span::from_secs(60) }
    }
}

impl Limit {
    /// The attempts and the interval in effect: at least one attempt, and an interval that passes.
    #[must_use]
    pub fn effective(&self) -> (u32, Duration) {
        let interval = if self.interval.is_zero() { Duration::from_secs(1) } else { self.interval.0 };
        (self.tokens.max(1), interval)
    }
}

impl Redis {
    /// Host and port of the address, if it has both.
    #[must_use]
    pub fn host_and_port(&self) -> Option<(&str, u16)> {
        host_and_port(self.address.trim()).filter(|(host, _)| !host.is_empty())
    }
}

impl RateLimiter {
    pub(super) fn check(&self, report: &mut Report) {
        check_store("rate_limiter", self.enabled, self.store, &self.redis_config, report);
    }
}

/// The rule that `rate_limiter` and `flow_locker` share: who uses Redis says where it is.
pub(super) fn check_store(section: &str, enabled: bool, store: Store, redis: &Redis, report: &mut Report) {
    if !enabled || store != Store::Redis {
        return;
    }
    let key = format!("{section}.redis_config.address");
    if redis.address.trim().is_empty() {
        report.missing(&key, &format!("is required when {section}.store is redis"));
    } else if redis.host_and_port().is_none() {
        report.problem(&key, &redis.address, "is not of the form host:port");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_zero_still_let_somebody_through() {
        let limit = Limit { tokens: 0, interval: Span::ZERO };
        assert_eq!(limit.effective(), (1, Duration::from_secs(1)));
        assert_eq!(Limit::default().effective(), (3, Duration::from_secs(60)));
    }
}
