//! The database schema of Sealflow: the tables inherited from the protocol's first backend, and Sealflow's own.
//!
//! This crate creates and drops. Whether a given database may be touched at all is decided by the program
//! (`src/storage/schema.rs`), which calls [`Migrator`] one step at a time under a lock.

mod blueprint;
mod inherited;
mod m20261125_000001_inherited_schema;
mod m20261125_000002_outbox_and_indexes;
mod m20261125_000003_cleanup;
mod versions;

use sea_orm_migration::{
    async_trait::async_trait,
    sea_orm::{DynIden, sea_query::Alias, sea_query::IntoIden},
    {MigrationTrait, MigratorTrait},
};

pub use versions::{BOOKKEEPING_TABLE, FIRST_SUPPORTED_COUNT, INTRODUCES_TENANTS, VERSIONS};

/// Where Sealflow records its own migrations; the inherited table keeps only what the original knows.
pub const OWN_TABLE: &str = "sealflow_migrations";

/// The tenant of a server without tenants; its row exists in every database.
pub const DEFAULT_TENANT: &str = "00000000-0000-0000-0000-000000000001";

/// Sealflow's migrations in order. The first one creates everything inherited, so that rolling it back empties the
/// database.
#[derive(Debug)]
pub struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261125_000001_inherited_schema::Migration),
            Box::new(m20261125_000002_outbox_and_indexes::Migration),
            Box::new(m20261125_000003_cleanup::Migration),
        ]
    }

    fn migration_table_name() -> DynIden {
        Alias::new(OWN_TABLE).into_iden()
    }
}

/// The inherited tables, each after those that it refers to.
#[must_use]
pub fn inherited_tables() -> Vec<&'static str> {
    inherited::tables().into_iter().map(|table| table.name()).collect()
}
