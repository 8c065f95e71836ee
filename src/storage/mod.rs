//! The database: connections, units of work, entities and queries. Knows no HTTP, no flows and no rules of the domain.
//!
//! Queries are free functions in one module per table. They take a [`UnitOfWork`], see only the rows of its tenant, and
//! get the time from their caller.

mod connection;
mod database;
pub mod entities;
mod error;
mod pools;
pub mod schema;
mod sql;
mod types;
mod unit;

pub use connection::Connection;
pub use database::{DEFAULT_TENANT, Database};
pub use error::StorageError;
pub use types::{Id, Timestamp};
pub use unit::UnitOfWork;
pub mod emails;
pub mod users;
pub mod usernames;
pub mod password_credentials;
pub mod primary_emails;
pub mod sessions;
pub mod jwks;
