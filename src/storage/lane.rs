//! Connections in a bounded pool, with limits on how long anything may take.

use std::{future::Future, time::Duration};

use deadpool::{
    Runtime,
    managed::{Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult, TimeoutType, WeakPool},
};
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};
use tokio::time::{sleep, timeout};

use super::{
    StorageError,
    wire::{Address, Wire},
};

/// How long a request waits for its turn at a connection. Generous: a burst queues up instead of failing.
const TURN: Duration = Duration::from_secs(30);

/// How long opening a connection may take. Short: a database that went away is reported, not waited for.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// How long one statement may take before the database counts as gone.
const ANSWER: Duration = Duration::from_secs(30);

/// A connection idle for longer is tried before it is used: servers, proxies and firewalls drop idle ones silently.
const STALE: Duration = Duration::from_secs(20);

/// How many connections there may be, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Connections at once.
    pub size: usize,
    /// Idle connections at once.
    pub idle: usize,
    /// How long a connection may be idle.
    pub idle_time: Option<Duration>,
    /// How old a connection may become.
    pub lifetime: Option<Duration>,
}

/// Connections to one address. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    pool: Pool<Connections>,
}

/// Opens connections and decides which are still good.
#[derive(Debug)]
pub(super) struct Connections {
    address: Address,
    limits: Limits,
}

impl Manager for Connections {
    type Type = Wire;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Wire, sqlx::Error> {
        self.address.open().await
    }

    async fn recycle(&self, wire: &mut Wire, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if self.limits.outlived(metrics) {
            return Err(RecycleError::message("too old"));
        }
        if metrics.last_used() >= STALE {
            wire.ping().await?;
        }
        Ok(())
    }
}

impl Limits {
    fn outlived(&self, metrics: &Metrics) -> bool {
        self.lifetime.is_some_and(|limit| metrics.age() > limit)
            || self.idle_time.is_some_and(|limit| metrics.last_used() > limit)
    }
}

impl Lane {
    /// Connections to `address`; the first is opened now.
    pub(super) async fn open(address: Address, limits: Limits) -> Result<Self, DbErr> {
        let pool = Pool::builder(Connections { address, limits })
            .max_size(limits.size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(TURN))
            .create_timeout(Some(CONNECT))
            .recycle_timeout(Some(CONNECT))
            .build()
            .map_err(|error| lost(error.to_string()))?;
        let lane = Self { pool };
        drop(lane.held().await?);
        if let Some(shorter) = [limits.idle_time, limits.lifetime].into_iter().flatten().min() {
            tokio::spawn(close_outlived(lane.pool.weak(), shorter / 2));
        }
        Ok(lane)
    }

    /// Closes the connections that are idle and all others when they come back; later calls fail.
    pub(super) async fn close(&self) {
        let idle = self.pool.retain(|_, _| false).removed;
        self.pool.close();
        farewell(idle).await;
    }

    /// A connection, as soon as it is the caller's turn.
    pub(super) async fn held(&self) -> Result<Held, DbErr> {
        match self.pool.get().await {
            Ok(object) => Ok(Held { object: Some(object), fit: true }),
            Err(PoolError::Timeout(TimeoutType::Wait)) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
            Err(PoolError::Timeout(_)) => {
                Err(lost(format!("it accepted no connection within {} s", CONNECT.as_secs())))
            }
            Err(PoolError::Backend(cause)) => Err(DbErr::Conn(RuntimeErr::SqlxError(cause.into()))),
            Err(_) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
        }
    }
}

/// A connection in use. Dropping it gives it back, or gives it up when it is not fit for anybody else.
#[derive(Debug)]
pub(super) struct Held {
    object: Option<Object<Connections>>,
    fit: bool,
}

impl Held {
    /// Whether the connection may be given back when it is dropped.
    pub(super) fn keep(&mut self, fit: bool) {
        self.fit = fit;
    }

    /// Makes one call. A call that was not answered, because it was abandoned, took too long or lost the connection,
    /// makes the connection unfit.
    pub(super) async fn call<T>(&mut self, call: impl AsyncFnOnce(&mut Wire) -> Result<T, DbErr>) -> Result<T, DbErr> {
        let Some(wire) = &mut self.object else { return Err(lost("the connection was given up".to_owned())) };
        let fit = std::mem::replace(&mut self.fit, false);
        let result = answered(call(wire)).await;
        let gone = |error: &DbErr| matches!(StorageError::from(error.clone()), StorageError::Unreachable(_));
        self.fit = fit && !result.as_ref().is_err_and(gone);
        result
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(object) = self.object.take() else { return };
        if !self.fit {
            // Closed without farewell: nobody knows what the other side is doing.
            drop(Object::take(object));
            return;
        }
        let Some(pool) = Object::pool(&object) else { return };
        let limit = pool.manager().limits.idle;
        if limit < pool.manager().limits.size && pool.status().available >= limit {
            let wire = Object::take(object);
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(farewell(vec![wire]));
            }
        }
    }
}

/// Ends the wait for a database that stopped answering.
async fn answered<T>(call: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    timeout(ANSWER, call)
        .await
        .unwrap_or_else(|_| Err(lost(format!("it gave no answer within {} s", ANSWER.as_secs()))))
}

/// Closes connections that nobody asks for any more, as long as there is a pool.
async fn close_outlived(pool: WeakPool<Connections>, interval: Duration) {
    loop {
        sleep(interval).await;
        let Some(pool) = pool.upgrade() else { return };
        let limits = pool.manager().limits;
        let outlived = pool.retain(|_, metrics| !limits.outlived(&metrics)).removed;
        drop(pool);
        farewell(outlived).await;
    }
}

async fn farewell(wires: Vec<Wire>) {
    for wire in wires {
        if let Err(error) = wire.close().await {
            tracing::debug!(%error, "a connection to the database was gone before it was closed");
        }
    }
}

pub(super) fn lost(reason: String) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(reason))
}
