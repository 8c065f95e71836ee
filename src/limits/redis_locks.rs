//! Locks on flows in Redis, for several processes that serve the same flows (spec chapter 01, section 11.1). A lock ends
//! by itself when its holder is gone; nobody releases a lock that is not theirs any more.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use deadpool_redis::redis::Script;
use uuid::Uuid;

use super::{RedisError, RedisServer};
use crate::random::Random;

static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new("if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 else return 0 end")
});
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end")
});

/// The flows at which somebody is at work.
#[derive(Debug)]
pub struct RedisLocks {
    server: RedisServer,
    expiry: Duration,
    random: Arc<dyn Random>,
}

impl RedisLocks {
    /// Locks that expire by themselves after `expiry`.
    #[must_use]
    pub fn new(server: RedisServer, expiry: Duration, random: Arc<dyn Random>) -> Self {
        Self { server, expiry, random }
    }

    /// Takes the lock on a flow, or `None` when somebody has it.
    ///
    /// # Errors
    ///
    /// When Redis cannot be asked.
    pub async fn try_lock(&self, flow: Uuid) -> Result<Option<RedisLock>, RedisError> {
        let (key, owner) = (format!("flow:lock:{flow}"), self.random.uuid().to_string());
        let expiry = self.expiry.as_millis().max(1).to_string();
        let taken: bool = self.server.run(&TAKE, &key, &[&owner, &expiry]).await?;
        Ok(taken.then(|| RedisLock { server: self.server.clone(), key, owner, released: false }))
    }
}

/// Holds the lock on a flow.
#[derive(Debug)]
pub struct RedisLock {
    server: RedisServer,
    key: String,
    owner: String,
    released: bool,
}

impl RedisLock {
    /// Releases the lock.
    ///
    /// # Errors
    ///
    /// When it had expired, or Redis cannot be asked.
    pub async fn release(mut self) -> Result<(), RedisError> {
        self.released = true;
        release(&self.server, &self.key, &self.owner).await
    }
}

impl Drop for RedisLock {
    fn drop(&mut self) {
        if self.released {
            return;
        }
        // The request crashed or was given up. Without a runtime the lock stays until it expires.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (server, key, owner) = (self.server.clone(), self.key.clone(), self.owner.clone());
            runtime.spawn(async move {
                if let Err(error) = release(&server, &key, &owner).await {
                    tracing::warn!(%key, %error, "the lock on a flow was not released");
                }
            });
        }
    }
}

async fn release(server: &RedisServer, key: &str, owner: &str) -> Result<(), RedisError> {
    let released: bool = server.run(&RELEASE, key, &[owner]).await?;
    if released { Ok(()) } else { Err(RedisError::Expired) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{limits::testing, random::SystemRandom};

    fn locks(expiry: Duration) -> Option<RedisLocks> {
        Some(RedisLocks::new(testing::redis()?, expiry, Arc::new(SystemRandom)))
    }

    fn flow() -> Uuid {
        let random: &dyn Random = &SystemRandom;
        random.uuid()
    }

    /// Covers LOCK-2, LOCK-4, PROTO-117.
    #[tokio::test]
    async fn processes_exclude_each_other_until_the_lock_is_released() {
        let minute = Duration::from_secs(60);
        let (Some(one), Some(other)) = (locks(minute), locks(minute)) else { return };
        let flow = flow();
        let held = one.try_lock(flow).await.unwrap().unwrap();
        assert!(other.try_lock(flow).await.unwrap().is_none());
        let left = Script::new("return redis.call('PTTL', KEYS[1])");
        let left: i64 = one.server.run(&left, &format!("flow:lock:{flow}"), &[]).await.unwrap();
        assert!((1..=60_000).contains(&left), "{left}");
        assert!(other.try_lock(self::flow()).await.unwrap().is_some());
        held.release().await.unwrap();
        assert!(other.try_lock(flow).await.unwrap().is_some());
    }

    /// Covers LOCK-4.
    #[tokio::test]
    async fn a_lock_that_expired_is_not_taken_from_its_new_holder() {
        let Some(locks) = locks(Duration::from_millis(50)) else { return };
        let flow = flow();
        let old = locks.try_lock(flow).await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let lasting = RedisLocks { expiry: Duration::from_secs(60), ..locks };
        let new = lasting.try_lock(flow).await.unwrap().unwrap();
        assert!(matches!(old.release().await, Err(RedisError::Expired)));
        assert!(lasting.try_lock(flow).await.unwrap().is_none());
        new.release().await.unwrap();
    }

    /// Covers LOCK-3.
    #[tokio::test]
    async fn a_lock_that_is_dropped_becomes_free() {
        let Some(locks) = locks(Duration::from_secs(60)) else { return };
        let flow = flow();
        drop(locks.try_lock(flow).await.unwrap().unwrap());
        for _ in 0..100 {
            if locks.try_lock(flow).await.unwrap().is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the lock is held");
    }
}
