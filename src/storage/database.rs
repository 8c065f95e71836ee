//! The database of the configuration: SQLite, PostgreSQL, MySQL or MariaDB.
//!
//! SQLite has one connection that writes and a few that read, so that no request ever meets a locked database; the
//! others have one pool.

use std::{sync::Arc, time::Duration};

use sea_orm::{DatabaseConnection, DbBackend, DbErr, RuntimeErr};
use uuid::Uuid;

use super::{
    StorageError, UnitOfWork,
    connection::{Connection, Transaction},
    lane::{CONNECT, Lane, Limits},
    wire::Address,
};
use crate::config;

/// The tenant of a server without tenants.
pub const DEFAULT_TENANT: Uuid = Uuid::from_u128(1);

/// `database.pool: 0` means "no limit"; more connections than this help no server.
const UNLIMITED: u32 = 1000;

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Database(Arc<Lanes>);

#[derive(Debug)]
struct Lanes {
    address: Address,
    /// For statements that change nothing.
    reads: Lane,
    /// For transactions and single writes; the same lane except on SQLite.
    writes: Lane,
}

impl Database {
    /// Connects, and proves it with one connection.
    ///
    /// # Errors
    ///
    /// [`StorageError::Url`] for a URL of an unknown kind, [`StorageError::Unreachable`] when no connection comes about.
    pub async fn connect(config: &config::Database) -> Result<Self, StorageError> {
        let address = Address::parse(&config.url)?;
        let lanes = match address.backend() {
            DbBackend::Sqlite => file(address, config).await,
            _ => server(address, limits(config)).await,
        };
        lanes.map(|lanes| Self(Arc::new(lanes))).map_err(|error| match error.into() {
            StorageError::Unreachable(reason) => {
                StorageError::Unreachable(format!("{reason} ({})", without_credentials(&config.url)))
            }
            other => other,
        })
    }

    /// The kind of database; MariaDB counts as MySQL.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.0.address.backend()
    }

    /// A view of the rows of `tenant` for one request.
    #[must_use]
    pub fn unit(&self, tenant: Uuid) -> UnitOfWork {
        UnitOfWork::new(self.clone(), tenant)
    }

    /// Closes all connections; later calls fail.
    pub async fn close(&self) {
        self.0.reads.close().await;
        self.0.writes.close().await;
    }

    /// For statements that change nothing, each by itself.
    pub(super) fn reads(&self) -> Connection<'_> {
        Connection::single(&self.0.reads, self.backend())
    }

    /// For statements that change something, each by itself.
    pub(super) fn writes(&self) -> Connection<'_> {
        Connection::single(&self.0.writes, self.backend())
    }

    pub(super) async fn begin(&self) -> Result<Transaction, DbErr> {
        Transaction::begin(&self.0.writes, self.backend()).await
    }

    /// A connection for migrations, outside of the pools and their limits. To be closed by the caller.
    pub(super) async fn for_migrations(&self) -> Result<DatabaseConnection, DbErr> {
        let opened = self.0.address.open_for_migrations(CONNECT).await;
        opened.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))
    }
}

async fn server(address: Address, limits: Limits) -> Result<Lanes, DbErr> {
    let lane = Lane::open(address.clone(), limits).await?;
    Ok(Lanes { address, reads: lane.clone(), writes: lane })
}

/// The connections to a file cost nothing while they are idle, so they stay. A database in memory is seen by all of them,
/// but locks whole tables; there one connection does everything.
async fn file(address: Address, config: &config::Database) -> Result<Lanes, DbErr> {
    let lasting = |size| Limits { size, idle: size, idle_time: None, lifetime: None };
    let writes = Lane::open(address.clone(), lasting(1)).await?;
    if config.url.contains(":memory:") || config.url.contains("mode=memory") {
        return Ok(Lanes { address, reads: writes.clone(), writes });
    }
    let reads = Lane::open(address.reading(), lasting(limits(config).size)).await?;
    Ok(Lanes { address, reads, writes })
}

fn limits(config: &config::Database) -> Limits {
    let limited = |number: u32| if number == 0 { UNLIMITED } else { number.min(UNLIMITED) } as usize;
    let span = |span: Duration| (!span.is_zero()).then_some(span);
    Limits {
        size: limited(config.pool),
        idle: limited(config.idle_pool),
        idle_time: span(config.conn_max_idletime.0),
        lifetime: span(config.conn_max_lifetime.0),
    }
}

/// The part of a URL that may be shown.
fn without_credentials(url: &str) -> String {
    let address = url.split('?').next().unwrap_or_default();
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_credentials() {
        assert_eq!(without_credentials("mysql://hanko:p@ss@db:3306/hanko?tls=1"), "mysql://db:3306/hanko");
        assert_eq!(without_credentials("postgres://hanko:pw@/hanko?host=/run"), "postgres:///hanko");
        assert_eq!(without_credentials("sqlite://data/sealflow.db"), "sqlite://data/sealflow.db");
    }
}
