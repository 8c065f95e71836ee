//! Section `multi_tenancy`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::load::Report;

/// Several tenants in one installation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MultiTenancy {
    /// Not supported yet: `true` is refused at start.
    pub enabled: bool,
}

impl MultiTenancy {
    pub(super) fn check(&self, report: &mut Report) {
        if self.enabled {
            report.problem("multi_tenancy.enabled", "true", "is not supported yet: this server has a single tenant");
        }
    }
}
