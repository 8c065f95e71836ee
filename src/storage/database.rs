//! Connecting to SQLite, PostgreSQL, MySQL and MariaDB.
//!
//! SQLite has one connection that writes and a few that read, so that no request ever meets a locked database; the
//! others have one pool.

use std::sync::Arc;

use sea_orm::DbBackend;
use uuid::Uuid;

use super::{StorageError, UnitOfWork, connection::Lane, pools};
use crate::config;

/// The tenant of a server without tenants.
pub const DEFAULT_TENANT: Uuid = Uuid::from_u128(1);

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Database(Arc<Lanes>);

#[derive(Debug)]
struct Lanes {
    backend: DbBackend,
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
        let (backend, url) = recognize(&config.url)?;
        let opened = match backend {
            DbBackend::Sqlite => pools::sqlite(&url, config.pool).await,
            DbBackend::Postgres => pools::postgres(&url, config).await.map(|lane| (lane.clone(), lane)),
            _ => pools::mysql(&url, config).await.map(|lane| (lane.clone(), lane)),
        };
        let (reads, writes) = opened.map_err(|error| match error {
            StorageError::Unreachable(reason) => {
                StorageError::Unreachable(format!("{reason} ({})", without_credentials(&url)))
            }
            other => other,
        })?;
        Ok(Self(Arc::new(Lanes { backend, reads, writes })))
    }

    /// The kind of database; MariaDB counts as MySQL.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.0.backend
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

    pub(super) fn reads(&self) -> &Lane {
        &self.0.reads
    }

    pub(super) fn writes(&self) -> &Lane {
        &self.0.writes
    }
}

/// The kind of database that a URL names, and the URL as the driver wants it.
fn recognize(url: &str) -> Result<(DbBackend, String), StorageError> {
    let (scheme, rest) = url.split_once(':').ok_or_else(|| {
        StorageError::Url("not a URL; expected dialect://user:password@host:port/database".to_owned())
    })?;
    match scheme {
        "sqlite" => Ok((DbBackend::Sqlite, url.to_owned())),
        "postgres" | "postgresql" | "cockroach" | "cockroachdb" => {
            Ok((DbBackend::Postgres, format!("postgres:{rest}")))
        }
        "mysql" | "mariadb" => Ok((DbBackend::MySql, format!("mysql:{rest}"))),
        other => Err(StorageError::Url(format!(
            "unknown dialect {other:?}; known are sqlite, postgres, cockroach, mysql and mariadb"
        ))),
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
    fn knows_the_spellings_of_the_dialects() {
        let backend = |url| recognize(url).map(|(backend, _)| backend);
        assert!(matches!(backend("postgresql://h/d"), Ok(DbBackend::Postgres)));
        assert!(matches!(backend("cockroach://h/d"), Ok(DbBackend::Postgres)));
        assert!(matches!(backend("mariadb://h/d"), Ok(DbBackend::MySql)));
        assert!(matches!(backend("sqlite::memory:"), Ok(DbBackend::Sqlite)));
        assert!(matches!(backend("oracle://h/d"), Err(StorageError::Url(_))));
        assert!(matches!(backend("hanko"), Err(StorageError::Url(_))));
    }

    #[test]
    fn shows_no_credentials() {
        assert_eq!(without_credentials("mysql://hanko:p@ss@db:3306/hanko?tls=1"), "mysql://db:3306/hanko");
        assert_eq!(without_credentials("postgres://hanko:pw@/hanko?host=/run"), "postgres:///hanko");
        assert_eq!(without_credentials("sqlite://data/sealflow.db"), "sqlite://data/sealflow.db");
    }
}
