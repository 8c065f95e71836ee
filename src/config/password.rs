//! Section `password`: passwords and the cost of hashing them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::load::Report;

/// Passwords.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Password {
    /// Users have passwords.
    pub enabled: bool,
    /// Users may do without a password. A required credential is asked for before an optional one.
    pub optional: bool,
    /// Whether registration asks for a password.
    pub acquire_on_registration: Acquire,
    /// Whether users without a password are asked for one when they log in.
    pub acquire_on_login: Acquire,
    /// Users who forgot their password can set a new one after a passcode.
    pub recovery: bool,
    /// Shortest password that is accepted, in Unicode code points. The longest has 72.
    #[schemars(range(min = 1, max = 72))]
    pub min_length: u32,
    /// The cost of hashing a password (Argon2id, RFC 9106).
    #[schemars(extend("x-sealflow" = true))]
    pub hashing: Hashing,
}

/// When a credential is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Acquire {
    /// Always.
    #[default]
    Always,
    /// When the user has none of the other kind; when password and passkey are both conditional, the user chooses.
    Conditional,
    /// Never.
    Never,
}

/// The cost of hashing a password. Hashes made at another cost stay valid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Hashing {
    /// Memory per hash, in KiB.
    #[schemars(range(min = 8))]
    pub memory_kib: u32,
    /// Passes over the memory.
    #[schemars(range(min = 1))]
    pub passes: u32,
    /// Lanes.
    #[schemars(range(min = 1, max = 255))]
    pub lanes: u32,
    /// How many hashes are computed at once; 0 stands for one per processor. Bounds the memory that logins can take.
    pub concurrency: u32,
}

impl Default for Password {
    fn default() -> Self {
        Self {
            enabled: true,
            optional: false,
            acquire_on_registration: Acquire::Always,
            acquire_on_login: Acquire::Never,
            recovery: true,
            min_length: 8,
            hashing: Hashing::default(),
        }
    }
}

impl Default for Hashing {
    fn default() -> Self {
        Self { memory_kib: 19456, passes: 2, lanes: 1, concurrency: 0 }
    }
}

impl Password {
    pub(super) fn check(&self, report: &mut Report) {
        let Hashing { memory_kib, lanes, .. } = self.hashing;
        if memory_kib / 8 < lanes {
            let rule = format!("is less than 8 KiB for each of the {lanes} lanes");
            report.problem("password.hashing.memory_kib", &memory_kib.to_string(), &rule);
        }
    }
}
