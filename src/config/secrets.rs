//! Section `secrets`, and the list of symmetric secrets that results from it and from `secret_keys`. Knows no cipher.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, load::Report};
use crate::secret::Secret;

/// The secret that the older release lines used when none was configured. It is public: it may open signing keys which
/// such an installation stored, so that they can be encrypted again, and must never protect anything.
pub const PUBLIC_DEFAULT_SECRET: &str = "abcedfghijklmnopqrstuvwxyz";

/// Shortest secret, in bytes.
pub const MINIMUM_SECRET_LENGTH: usize = 16;

/// Where tokens are signed, and the older spelling of `secret_keys`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Secrets {
    /// Where tokens are signed.
    #[schemars(extend("x-env" = "KEYMANAGEMENT"))]
    pub key_management: KeyManagement,
    /// The older spelling of secret_keys: takes its place when that is absent, and otherwise only reads what was
    /// encrypted before.
    pub keys: Vec<Secret<String>>,
}

/// Where tokens are signed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct KeyManagement {
    /// The place of the signing keys.
    #[serde(rename = "type")]
    pub kind: KeyManagementType,
    /// ARN or alias of the key; required for `aws_kms`.
    #[schemars(extend("x-env" = "KEYID"))]
    pub key_id: String,
    /// AWS region of the key; required for `aws_kms`.
    pub region: String,
}

/// The place of the signing keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyManagementType {
    /// In the database, encrypted with the first secret.
    #[default]
    Local,
    /// In the AWS key management service.
    AwsKms,
}

impl Config {
    /// The secrets that decrypt what this server encrypted, in the order to try them: the effective list, then older
    /// ones of `secrets.keys`. Signing keys may also be read with [`PUBLIC_DEFAULT_SECRET`], and nothing else.
    pub fn decryption_secrets(&self) -> impl Iterator<Item = &Secret<String>> {
        let older = self.secrets.keys.iter().filter(|key| !self.secret_keys.contains(key));
        self.secret_keys.iter().chain(older)
    }
}

impl Secrets {
    /// `effective`: the list that encrypts. `needed`: an empty one is a problem (it is not when one is generated).
    pub(super) fn check(&self, effective: &[Secret<String>], needed: bool, report: &mut Report) {
        let KeyManagement { kind, key_id, region } = &self.key_management;
        if *kind == KeyManagementType::AwsKms {
            for (key, value) in [("secrets.key_management.key_id", key_id), ("secrets.key_management.region", region)] {
                if value.is_empty() {
                    report.missing(key, "is required when secrets.key_management.type is aws_kms");
                }
            }
        }
        if effective.is_empty() && needed {
            report.missing(
                "secret_keys",
                "must hold at least one secret of 16 bytes or more (for example from `openssl rand -base64 32`); only \
                 with `development: true` a secret is generated",
            );
        }
        for (index, secret) in effective.iter().enumerate() {
            let length = secret.expose().len();
            if length < MINIMUM_SECRET_LENGTH {
                let rule = format!("entry {index} has {length} bytes, and needs at least {MINIMUM_SECRET_LENGTH}");
                report.missing("secret_keys", &rule);
            }
            if secret.expose() == PUBLIC_DEFAULT_SECRET {
                report.warn("secret_keys", "contains the well-known example secret: put another one in front of it");
            }
        }
    }
}
