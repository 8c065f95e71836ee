//! `openapi public`: the description of the API.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};

use super::{Failure, Global};
use crate::{flows, http::openapi};

/// Print the OpenAPI documents.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct Openapi {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The public API, with the flows as they are under this configuration.
    Public {
        /// A directory with graph files that take the place of the shipped graphs of the same name.
        #[arg(long, value_name = "DIR")]
        flows: Option<PathBuf>,
    },
}

impl Openapi {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let Command::Public { flows: directory } = self.command;
        let config = super::load(global)?;
        let directory = directory.or_else(|| config.flows.directory.clone());
        let registry = flows::registry();
        let graphs = flows::graphs(&config, directory.as_deref(), &registry)?;
        let document = openapi::public(&graphs, &registry, &config);
        Ok(writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&document)?)?)
    }
}
