//! A Redis server, asked by scripts: what a script does is done at once or not at all, whoever else asks.

use std::time::Duration;

use deadpool::{
    Runtime,
    managed::{self, BuildError, Metrics, Object, Pool, RecycleResult},
};
use deadpool_redis::redis::{
    self, ConnectionAddr, FromRedisValue, IntoConnectionInfo, RedisConnectionInfo, Script, aio::MultiplexedConnection,
};

use crate::config::Redis;

/// How long an answer may take, connecting included. A Redis server that is not there must not hold up requests.
const PATIENCE: Duration = Duration::from_secs(2);
/// Connections at once.
const CONNECTIONS: usize = 16;

/// Why Redis did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    /// The address in the configuration is none.
    #[error("{0:?} is not an address of the form host:port")]
    Address(String),
    /// No connection.
    #[error("Redis cannot be reached: {0}")]
    Unreachable(#[from] managed::PoolError<redis::RedisError>),
    /// The connections cannot be pooled.
    #[error("connections to Redis cannot be kept: {0}")]
    Pool(#[from] BuildError),
    /// It answered with an error, or the connection broke.
    #[error("Redis failed: {0}")]
    Failed(#[from] redis::RedisError),
    /// It did not answer in time.
    #[error("Redis did not answer within {} seconds", PATIENCE.as_secs())]
    Silent,
    /// A lock ended before its holder was done.
    #[error("the lock had expired")]
    Expired,
}

/// A Redis server. Connections are made when they are needed.
#[derive(Clone)]
pub struct RedisServer(Pool<Connections>);

/// Makes connections. Those of deadpool-redis ask the server for a sign of life before each use, a second round trip;
/// here a use that finds its connection broken makes a new one.
struct Connections(deadpool_redis::Manager);

impl managed::Manager for Connections {
    type Type = MultiplexedConnection;
    type Error = redis::RedisError;

    async fn create(&self) -> Result<Self::Type, Self::Error> {
        self.0.create().await
    }

    async fn recycle(&self, _: &mut Self::Type, _: &Metrics) -> RecycleResult<Self::Error> {
        Ok(())
    }
}

impl RedisServer {
    /// The server of the configuration. It is not asked yet.
    ///
    /// # Errors
    ///
    /// When the address is not of the form `host:port`.
    pub fn new(config: &Redis) -> Result<Self, RedisError> {
        let (host, port) = config.host_and_port().ok_or_else(|| RedisError::Address(config.address.clone()))?;
        let mut settings = RedisConnectionInfo::default();
        if !config.password.expose().is_empty() {
            settings = settings.set_password(config.password.expose());
        }
        let server = ConnectionAddr::Tcp(host.to_owned(), port).into_connection_info()?.set_redis_settings(settings);
        let connections = Connections(deadpool_redis::Manager::new(server)?);
        let pool = Pool::builder(connections).max_size(CONNECTIONS).runtime(Runtime::Tokio1).build()?;
        Ok(Self(pool))
    }

    /// Runs a script on one key.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        key: &str,
        arguments: &[&str],
    ) -> Result<T, RedisError> {
        let mut call = script.key(key);
        for argument in arguments {
            call.arg(*argument);
        }
        let work = async {
            let mut connection = self.0.get().await?;
            match call.invoke_async(&mut *connection).await {
                Err(error) if error.is_unrecoverable_error() => {
                    // The server was started anew, so the other connections are as old.
                    drop(Object::take(connection));
                    self.0.retain(|_, _| false);
                    Ok(call.invoke_async(&mut *self.0.get().await?).await?)
                }
                done => Ok(done?),
            }
        };
        tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(RedisError::Silent))
    }
}

impl std::fmt::Debug for RedisServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisServer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing, *};

    #[test]
    fn an_address_has_a_host_and_a_port() {
        let server = |address: &str| RedisServer::new(&Redis { address: address.to_owned(), ..Redis::default() });
        assert!(["localhost:6379", " 127.0.0.1:6379", "[::1]:6379"].into_iter().all(|address| server(address).is_ok()));
        let error = server("localhost").unwrap_err().to_string();
        assert_eq!(error, "\"localhost\" is not an address of the form host:port");
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_or_says_nothing_is_given_up() {
        let script = Script::new("return 1");
        let gone = testing::server("127.0.0.1:1").run::<i32>(&script, "key", &[]).await;
        assert!(matches!(gone, Err(RedisError::Unreachable(_))), "{gone:?}");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let silent = testing::server(&address).run::<i32>(&script, "key", &[]).await;
        assert!(matches!(silent, Err(RedisError::Silent | RedisError::Unreachable(_))), "{silent:?}");
    }
}
