//! `cleanup` (spec chapter 05 section 6.7): removes expired rows, or counts them.

use std::{
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

use clap::Args;

use super::{Failure, Global, load, logging, runtime};
use crate::{
    app::cleanup::{Sweep, Table, USUAL_TABLES},
    clock::{Clock, SystemClock},
    config::{Config, DEFAULT_FILE},
    storage::{Database, schema},
};

/// Remove expired rows from the database.
///
/// Without --run it only counts them. A server removes expired rows by itself, some time after they have expired, unless
/// its configuration says `cleanup.enabled: false`; this command is for those who want to decide when, and for what a
/// server leaves alone. It can run beside servers and beside itself, and can be interrupted at any time.
#[derive(Debug, Args)]
#[command(after_long_help = "\
    Tables and the rows that are removed:\n  \
      audit_logs                   older than audit_log.retention\n  \
      flows                        expired\n  \
      passcodes                    expired\n  \
      saml_idp_initiated_requests  expired\n  \
      saml_states                  expired\n  \
      sealflow_outbox              mails and webhooks that nobody has delivered for a week\n  \
      sessions                     expired; those without expiry stay\n  \
      tokens                       expired\n  \
      trusted_devices              expired\n  \
      webauthn_session_data        expired, with their allowed credentials; those without expiry stay\n\n\
    The number of rows of each table goes to stdout, progress to stderr. Exit status: 1 when a table is unknown \
    (nothing is touched) or the database fails (what was removed before is gone), else 0.\n\n\
    Examples:\n  \
      sealflow cleanup                                count what would be removed\n  \
      sealflow cleanup --run                          remove audit events, flows and WebAuthn ceremonies\n  \
      sealflow cleanup --tables sessions,tokens --run")]
pub struct Cleanup {
    /// The configuration file.
    ///
    /// Here, and only here, the option has a short form, for scripts of old.
    #[arg(short, long, value_name = "FILE", default_value = DEFAULT_FILE)]
    config: PathBuf,
    /// The tables, in the order in which they are cleaned; separated by commas, or in several options.
    ///
    /// Without the option: audit_logs, flows and webauthn_session_data.
    #[arg(short, long, value_name = "TABLES", value_delimiter = ',', value_parser = table)]
    tables: Vec<Table>,
    /// How many rows are looked up at once.
    #[arg(short = 's', long, value_name = "ROWS", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
    page_size: u32,
    /// Really remove them.
    #[arg(long)]
    run: bool,
}

fn table(name: &str) -> Result<Table, String> {
    Table::ALL.into_iter().find(|table| table.name() == name).ok_or_else(|| {
        let known = Table::ALL.map(Table::name).join(", ");
        format!("there is no such table; the tables are {known}")
    })
}

impl Cleanup {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        logging::start();
        let config = load(global)?;
        runtime()?.block_on(async {
            let database = Database::connect(&config.database).await?;
            let done = self.clean(&config, &database, &mut io::stdout().lock()).await;
            database.close().await;
            done
        })
    }

    async fn clean(&self, config: &Config, database: &Database, out: &mut impl Write) -> Result<(), Failure> {
        schema::require_current(database).await?;
        let tables = if self.tables.is_empty() { &USUAL_TABLES[..] } else { &self.tables };
        let now = SystemClock.now();
        for &table in tables {
            let sweep = Sweep::new(database, table, now, Duration::ZERO, config.audit_log.retention.0);
            let (rows, done) = if self.run {
                (self.remove(&sweep, table).await?, "removed")
            } else {
                (sweep.count().await?, "expired")
            };
            writeln!(out, "{}: {rows} {done}", table.name())?;
        }
        out.flush()?;
        if !self.run {
            writeln!(io::stderr(), "This was a dry run: nothing was removed. Add --run to remove these rows.")?;
        }
        Ok(())
    }

    async fn remove(&self, sweep: &Sweep<'_>, table: Table) -> Result<u64, Failure> {
        let mut removed = 0;
        loop {
            let page = sweep.remove_page(self.page_size).await?;
            removed += page.removed;
            if page.removed > 0 {
                tracing::info!(table = table.name(), removed, "cleaning up");
            }
            if !page.more {
                return Ok(removed);
            }
        }
    }
}
