//! What keeps requests from each other's way, and guesses few: locks on flows and limits on attempts, in the memory of
//! this process or in Redis, where several processes share them.

mod flow_locks;
mod rate_limiter;
mod redis;
mod redis_locks;
#[cfg(test)]
mod testing;
mod windows;

pub use self::{
    flow_locks::{FlowLock, FlowLocks},
    rate_limiter::{Admission, Bucket, RateLimiter},
    redis::{RedisError, RedisServer},
    redis_locks::{RedisLock, RedisLocks},
};
