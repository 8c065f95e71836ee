//! Configurations of test servers: what the test says, laid over what every test needs.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::database;

/// Writes a configuration file into `folder` and copies the prepared database there.
pub(super) fn write(folder: &Path, yaml: &str) -> PathBuf {
    let mut config = json!({
        "database": { "url": database::copy(folder) },
        "secret_keys": [database::SECRET],
        "server": { "public": { "address": "127.0.0.1:0" }, "admin": { "address": "127.0.0.1:0" } },
        "email_delivery": { "enabled": false },
        "audit_log": { "console_output": { "enabled": false } },
    });
    if !yaml.trim().is_empty() {
        lay_over(&mut config, serde_saphyr::from_str(yaml).unwrap());
    }
    let path = folder.join("config.yaml");
    // JSON is YAML.
    std::fs::write(&path, config.to_string()).unwrap();
    path
}

/// Puts the members of `above` over those of `below`.
pub(super) fn lay_over(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                lay_over(below.entry(key).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}
