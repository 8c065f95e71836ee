//! `flows run`: walks through a flow in the terminal, in an installation that is gone afterwards.

mod answers;
mod authenticator;
mod screen;
mod terminal;
mod walk;
mod world;

use std::path::PathBuf;

use clap::Args;

use super::super::{Failure, Global, runtime};
use crate::config;

/// Walk through a flow in this terminal.
///
/// Shows each state with what it offers, what it does not offer and why, asks for the inputs, and shows the mails that
/// would have been sent and the session in the end. Everything happens in a database in memory that is gone afterwards;
/// the configuration decides where the flow leads. Passkeys are held by a built-in authenticator.
///
/// An action is chosen by its number or name. Its inputs are asked for, or given on the same line:
/// `password_login password="correct horse"`. An empty answer takes the default in brackets, or leaves the input out.
/// Standard input may be a script; the exit status is then 1 when it ends before the flow does, when it asks for what is
/// not offered, or when the flow ends in an error.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The name of the flow, such as `login`.
    flow: String,
    /// The directory with graph files, as for `flows check`.
    #[arg(long, value_name = "DIR")]
    flows: Option<PathBuf>,
    /// Make an account with this verified address first, and begin with a session of it.
    #[arg(long = "as", value_name = "EMAIL")]
    account: Option<String>,
    /// Walk on a device that knows no passkeys.
    #[arg(long)]
    without_passkeys: bool,
}

impl Run {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        // The secret that is kept for development mode is not needed here, so it is not made.
        let loaded = config::load(Some(&global.config), &config::process_environment())?;
        runtime()?.block_on(walk::walk(loaded.config, self))
    }
}
