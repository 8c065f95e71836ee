//! The way to the database: a bounded queue for connections, and limits on how long anything may take.

use std::{future::Future, sync::Arc, time::Duration};

use async_trait::async_trait;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::types::bind;

/// How long a request waits for its turn at a connection. Generous: a burst queues up instead of failing.
const TURN: Duration = Duration::from_secs(30);

/// How long opening a connection may take. Short: a database that went away is reported, not waited for.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// How long one statement may take before the database counts as gone.
const ANSWER: Duration = Duration::from_secs(30);

/// A pool of connections and the queue in front of it. The pool's own queue cannot tell "all connections are in use"
/// from "no connection can be opened"; with one turn per connection, its time limit only ever means the latter.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    pool: DatabaseConnection,
    turns: Arc<Semaphore>,
}

impl Lane {
    /// `size` is the greatest number of connections that `pool` opens.
    pub(super) fn new(pool: DatabaseConnection, size: u32) -> Self {
        Self { pool, turns: Arc::new(Semaphore::new(size as usize)) }
    }

    /// The pool without its queue, for what does not serve requests (migrations).
    pub(super) fn pool(&self) -> &DatabaseConnection {
        &self.pool
    }

    pub(super) async fn close(&self) {
        // Waits for connections to come back, and cannot fail.
        drop(self.pool.close_by_ref().await);
    }

    /// Opens a transaction; on SQLite it holds the write lock from the start, so that it cannot fail for it later.
    pub(super) async fn begin(&self) -> Result<Transaction, DbErr> {
        let turn = self.turn().await?;
        let sqlite_transaction_mode =
            (self.pool.get_database_backend() == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() };
        let inner = answered(self.pool.begin_with_options(options)).await?;
        Ok(Transaction { inner, _turn: turn })
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, DbErr> {
        match timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            Err(_) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }
}

/// An open transaction and its turn. Dropping it rolls back.
#[derive(Debug)]
pub(super) struct Transaction {
    inner: DatabaseTransaction,
    _turn: OwnedSemaphorePermit,
}

impl Transaction {
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        answered(self.inner.commit()).await
    }

    pub(super) async fn rollback(self) -> Result<(), DbErr> {
        answered(self.inner.rollback()).await
    }
}

/// What queries run on: the transaction of a unit of work, or a pool in which each statement stands for itself.
#[derive(Debug, Clone, Copy)]
pub struct Connection<'a>(Target<'a>);

#[derive(Debug, Clone, Copy)]
enum Target<'a> {
    Lane(&'a Lane),
    Transaction(&'a DatabaseTransaction),
}

impl<'a> From<&'a Lane> for Connection<'a> {
    fn from(lane: &'a Lane) -> Self {
        Self(Target::Lane(lane))
    }
}

impl<'a> From<&'a Transaction> for Connection<'a> {
    fn from(transaction: &'a Transaction) -> Self {
        Self(Target::Transaction(&transaction.inner))
    }
}

/// Runs one statement on whatever the connection stands for.
macro_rules! run {
    ($connection:expr, $method:ident, $argument:expr) => {
        match $connection.0 {
            Target::Transaction(transaction) => answered(transaction.$method($argument)).await,
            Target::Lane(lane) => {
                let _turn = lane.turn().await?;
                answered(lane.pool.$method($argument)).await
            }
        }
    };
}

#[async_trait]
impl ConnectionTrait for Connection<'_> {
    fn get_database_backend(&self) -> DbBackend {
        match self.0 {
            Target::Transaction(transaction) => transaction.get_database_backend(),
            Target::Lane(lane) => lane.pool.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        run!(self, execute_raw, bind(statement))
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        run!(self, execute_unprepared, sql)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        run!(self, query_one_raw, bind(statement))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        run!(self, query_all_raw, bind(statement))
    }
}

/// Ends the wait for a database that stopped answering.
async fn answered<T>(call: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    match timeout(ANSWER, call).await {
        Ok(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))) => {
            Err(lost(format!("it accepted no connection within {} s", CONNECT.as_secs())))
        }
        Ok(result) => result,
        Err(_) => Err(lost(format!("it gave no answer within {} s", ANSWER.as_secs()))),
    }
}

fn lost(reason: String) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(reason))
}
