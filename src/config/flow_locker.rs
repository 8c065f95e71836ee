//! Section `flow_locker`: one action at a time on a flow.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Span,
    load::Report,
    rate_limiter::{Redis, Store, check_store},
};

/// One action at a time on a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FlowLocker {
    /// Refuse a second action on a flow while another one is being processed.
    pub enabled: bool,
    /// Where the locks live. Read only when the locker is enabled.
    pub store: Store,
    /// The Redis server of the store `redis`.
    #[schemars(extend("x-env" = "REDIS"))]
    pub redis_config: Redis,
    /// When a lock in Redis expires by itself; 0 stands for 15 seconds.
    pub ttl: Span,
}

impl Default for FlowLocker {
    fn default() -> Self {
        Self { enabled: true, store: Store::InMemory, redis_config: Redis::default(), ttl: Span::ZERO }
    }
}

impl FlowLocker {
    /// When a lock in Redis expires by itself.
    #[must_use]
    pub fn expiry(&self) -> Duration {
        if self.ttl.is_zero() { Duration::from_secs(15) } else { self.ttl.0 }
    }

    pub(super) fn check(&self, report: &mut Report) {
        check_store("flow_locker", self.enabled, self.store, &self.redis_config, report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Covers DEF-6.
    #[test]
    fn an_unset_lock_time_acts_as_fifteen_seconds() {
        assert_eq!(FlowLocker::default().expiry(), Duration::from_secs(15));
        let locker = FlowLocker { ttl: Span::from_secs(30), ..FlowLocker::default() };
        assert_eq!(locker.expiry(), Duration::from_secs(30));
    }
}
