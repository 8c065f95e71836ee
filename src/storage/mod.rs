//! The database: connections, units of work, entities and queries. Knows no HTTP, no flows and no rules of the domain.
//!
//! Queries are free functions in one module per table. They take a [`UnitOfWork`], see only the rows of its tenant, and
//! get the time from their caller.

pub mod audit_logs;
pub mod cleanup;
mod connection;
mod database;
pub mod emails;
pub mod entities;
mod error;
pub mod flows;
pub mod identities;
pub mod jwks;
mod lane;
pub mod otp_secrets;
pub mod outbox;
pub mod passcodes;
pub mod password_credentials;
pub mod primary_emails;
pub mod profile;
mod rows;
pub mod schema;
pub mod sessions;
mod sql;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod trusted_devices;
mod types;
mod unit;
pub mod user_metadata;
pub mod usernames;
pub mod users;
pub mod webauthn_credentials;
pub mod webauthn_session_data;
pub mod webhooks;
mod wire;

pub use connection::Connection;
pub use database::{DEFAULT_TENANT, Database};
pub use error::StorageError;
pub use types::{Id, Timestamp};
pub use unit::UnitOfWork;
pub use wire::STATEMENTS;
