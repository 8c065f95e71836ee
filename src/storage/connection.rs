//! What queries run on: a transaction, or single statements that stand for themselves.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tokio::sync::Mutex;

use super::{
    error::is_race,
    lane::{Held, Lane},
    types::bind,
    wire::Wire,
};

/// An open transaction. Dropping it rolls back, at the price of its connection.
#[derive(Debug)]
pub(super) struct Transaction {
    inner: Mutex<Inner>,
    backend: DbBackend,
}

#[derive(Debug)]
struct Inner {
    held: Held,
    failed: bool,
    raced: bool,
}

impl Transaction {
    /// Opens a transaction; on SQLite it holds the write lock from the start, so that it cannot fail for it later.
    pub(super) async fn begin(lane: &Lane, backend: DbBackend) -> Result<Self, DbErr> {
        let mut held = lane.held().await?;
        let begin = if backend == DbBackend::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" };
        held.call(async |wire| wire.execute_text(begin).await).await?;
        held.keep(false);
        Ok(Self { inner: Mutex::new(Inner { held, failed: false, raced: false }), backend })
    }

    /// Makes the writes permanent, unless a statement failed: PostgreSQL would take them back without saying so, and what
    /// is decided on one database must not differ from the others.
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        let mut inner = self.inner.into_inner();
        if inner.failed {
            inner.end("ROLLBACK").await?;
            return Err(DbErr::Custom("a statement of the transaction failed, so nothing was written".to_owned()));
        }
        inner.end("COMMIT").await
    }

    pub(super) async fn rollback(self) -> Result<(), DbErr> {
        self.inner.into_inner().end("ROLLBACK").await
    }

    /// Whether a statement failed because another transaction was in the way.
    pub(super) fn raced(&mut self) -> bool {
        self.inner.get_mut().raced
    }
}

impl Inner {
    async fn call<T>(&mut self, call: impl AsyncFnOnce(&mut Wire) -> Result<T, DbErr>) -> Result<T, DbErr> {
        let result = self.held.call(call).await;
        self.failed |= result.is_err();
        self.raced |= result.as_ref().is_err_and(is_race);
        result
    }

    async fn end(&mut self, how: &str) -> Result<(), DbErr> {
        self.held.call(async |wire| wire.execute_text(how).await).await?;
        self.held.keep(true);
        Ok(())
    }
}

/// What queries run on: the transaction of a unit of work, or a pool in which each statement stands for itself.
#[derive(Debug, Clone, Copy)]
pub struct Connection<'a> {
    backend: DbBackend,
    target: Target<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Target<'a> {
    Lane(&'a Lane),
    Transaction(&'a Mutex<Inner>),
}

impl<'a> Connection<'a> {
    /// Each statement by itself.
    pub(super) fn single(lane: &'a Lane, backend: DbBackend) -> Self {
        Self { backend, target: Target::Lane(lane) }
    }
}

impl<'a> From<&'a Transaction> for Connection<'a> {
    fn from(transaction: &'a Transaction) -> Self {
        Self { backend: transaction.backend, target: Target::Transaction(&transaction.inner) }
    }
}

/// Makes one call on whatever the connection stands for.
macro_rules! call {
    ($connection:expr, $method:ident, $argument:expr) => {
        match $connection.target {
            Target::Lane(lane) => lane.held().await?.call(async |wire| wire.$method($argument).await).await,
            Target::Transaction(inner) => inner.lock().await.call(async |wire| wire.$method($argument).await).await,
        }
    };
}

#[async_trait]
impl ConnectionTrait for Connection<'_> {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        call!(self, execute, bind(statement))
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        call!(self, execute_text, sql)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        call!(self, query_one, bind(statement))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        call!(self, query_all, bind(statement))
    }
}
