//! Section `log`: the access log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The access log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Log {
    /// Log requests to `/`, `/health/*` and `/metrics` as well. All other requests are always logged.
    #[schemars(extend("x-env" = "LOGHEALTHANDMETRICS"))]
    pub log_health_and_metrics: bool,
}
