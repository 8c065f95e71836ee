//! `webhooks`: what receivers of webhooks need to know.

use std::io::{self, Write};

use clap::{Args, Subcommand};

use super::{Failure, Global, load};
use crate::{notify::webhook::signing_secrets, storage::DEFAULT_TENANT};

/// What receivers of webhooks need.
#[derive(Debug, Args)]
pub struct Webhooks {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the secrets that sign webhooks.
    ///
    /// One a line, the current one first: `webhooks.signing_secrets` of the configuration, or without them one for each of
    /// `secret_keys`. Receivers verify calls with it as Standard Webhooks describes (https://www.standardwebhooks.com).
    Secret,
}

impl Webhooks {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let Command::Secret = self.command;
        let config = load(global)?;
        let mut out = io::stdout().lock();
        for secret in signing_secrets(&config, DEFAULT_TENANT) {
            writeln!(out, "{}", secret.expose())?;
        }
        Ok(out.flush()?)
    }
}
