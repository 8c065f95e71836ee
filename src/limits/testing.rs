//! The Redis server of the tests, that `SEALFLOW_TEST_REDIS` names (`tests/services.sh`). Without it those tests are
//! skipped, except where `CI` is set.

use std::env;

use super::RedisServer;
use crate::config::Redis;

/// The server, if there is one.
pub(super) fn redis() -> Option<RedisServer> {
    match env::var("SEALFLOW_TEST_REDIS") {
        Ok(url) => Some(server(url.trim_start_matches("redis://"))),
        Err(_) if env::var_os("CI").is_none() => None,
        Err(_) => panic!("SEALFLOW_TEST_REDIS is not set, see tests/services.sh"),
    }
}

/// A server at this address, whether it is there or not.
pub(super) fn server(address: &str) -> RedisServer {
    let config = Redis { address: address.to_owned(), ..Redis::default() };
    RedisServer::new(&config).unwrap_or_else(|error| panic!("{error}"))
}
