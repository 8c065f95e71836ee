//! `sealflow version`.

use std::io::{self, Write};

use clap::Args;

use super::{Failure, Surplus};

/// Print the version.
///
/// One line on stdout, `vX.Y.Z`. Needs no configuration.
#[derive(Debug, Args)]
pub struct Command {
    #[command(flatten)]
    surplus: Surplus,
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        writeln!(io::stdout(), "v{}", env!("CARGO_PKG_VERSION")).map_err(Failure::because)
    }
}
