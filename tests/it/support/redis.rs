//! The Redis server of the tests, that `SEALFLOW_TEST_REDIS` names (`tests/services.sh`).

use std::env;

use sealflow::random::{Random, SystemRandom};

/// Its address as the configuration has it. Without one those tests are skipped, except where `CI` is set.
pub(crate) fn address() -> Option<String> {
    match env::var("SEALFLOW_TEST_REDIS") {
        Ok(url) => Some(url.trim_start_matches("redis://").to_owned()),
        Err(_) if env::var_os("CI").is_none() => None,
        Err(_) => panic!("SEALFLOW_TEST_REDIS is not set, see tests/services.sh"),
    }
}

/// `store` and `redis_config` of a section: in memory, and in Redis if there is one.
pub(crate) fn stores() -> Vec<String> {
    let redis = address().map(|address| format!("store: redis, redis_config: {{ address: '{address}' }}"));
    std::iter::once("store: in_memory".to_owned()).chain(redis).collect()
}

/// An address that no other test uses: in Redis they share their buckets.
pub(crate) fn somebody() -> String {
    let random: &dyn Random = &SystemRandom;
    format!("{}@example.org", random.uuid().simple())
}
