//! `migrate` (spec chapter 05 section 6.1): the tables of the database.

use std::io::{self, Write};

use clap::{Args, Subcommand};

use super::{Failure, Global, load, logging, runtime};
use crate::storage::{
    Database,
    schema::{self, Applied},
};

/// Create or update the tables of the database.
#[derive(Debug, Args)]
pub struct Migrate {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the tables, or bring them up to date.
    ///
    /// Safe to run at every start of a deployment, also by several processes at once. A database that is up to date is not
    /// changed. One that Sealflow must not touch is refused; the message says what to do instead.
    Up,
    /// Roll back the newest migrations.
    Down(Down),
    /// Show the state of the tables and which migrations were run.
    Status,
}

#[derive(Debug, Args)]
struct Down {
    /// How many migrations.
    #[arg(value_name = "N")]
    count: usize,
    /// Agree to what rolling back all migrations means: all tables go, with all users, sessions and keys.
    #[arg(long)]
    drop_everything: bool,
}

impl Migrate {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        logging::start();
        let config = load(global)?;
        runtime()?.block_on(async {
            let database = Database::connect(&config.database).await?;
            let done = self.command.run(&database, &mut io::stdout().lock()).await;
            database.close().await;
            done
        })
    }
}

impl Command {
    async fn run(self, database: &Database, out: &mut impl Write) -> Result<(), Failure> {
        match self {
            Self::Up => {
                if schema::up(database).await?.is_empty() {
                    tracing::info!("the tables are up to date");
                }
            }
            Self::Down(Down { count, drop_everything }) => {
                writeln!(out, "migrate down called")?;
                schema::down(database, count, drop_everything).await?;
            }
            Self::Status => {
                let (state, steps) = schema::status(database).await?;
                writeln!(out, "{state}")?;
                for step in steps {
                    let applied = if step.applied == Applied::Yes { "applied" } else { "not applied" };
                    writeln!(out, "{}: {applied}", step.name)?;
                }
            }
        }
        Ok(out.flush()?)
    }
}
