//! The locks on flows as the engine takes them.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    engine::{Failure, Lock, Locker},
    limits::{FlowLock, FlowLocks, RedisLock, RedisLocks},
};

#[async_trait]
impl Locker for FlowLocks {
    async fn try_lock(&self, flow: Uuid) -> Result<Option<Box<dyn Lock>>, Failure> {
        Ok(Self::try_lock(self, flow).map(|lock| Box::new(lock) as Box<dyn Lock>))
    }
}

#[async_trait]
impl Lock for FlowLock {
    async fn release(self: Box<Self>) -> Result<(), Failure> {
        drop(self);
        Ok(())
    }
}

#[async_trait]
impl Locker for RedisLocks {
    async fn try_lock(&self, flow: Uuid) -> Result<Option<Box<dyn Lock>>, Failure> {
        Ok(Self::try_lock(self, flow).await?.map(|lock| Box::new(lock) as Box<dyn Lock>))
    }
}

#[async_trait]
impl Lock for RedisLock {
    async fn release(self: Box<Self>) -> Result<(), Failure> {
        Ok((*self).release().await?)
    }
}
