//! `migrate` (temporary).
use super::{Failure, Global, load, runtime};
use crate::storage::{Database, schema};
use clap::{Args, Subcommand};
/// Create or update the tables of the database.
#[derive(Debug, Args)]
pub struct Migrate {
    #[command(subcommand)]
    command: Command,
}
#[derive(Debug, Subcommand)]
enum Command {
    /// Up.
    Up,
}
impl Migrate {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let config = load(global)?;
        runtime()?.block_on(async {
            let db = Database::connect(&config.database).await?;
            schema::up(&db).await?;
            Ok::<(), Failure>(())
        })
    }
}
