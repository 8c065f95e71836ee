//! `version` (spec chapter 05 section 6.5).

use std::io::{self, Write};

use clap::Args;

use super::Failure;

/// Print the version: one line on stdout, `vX.Y.Z`. Needs no configuration.
#[derive(Debug, Args)]
pub struct Version {}

impl Version {
    pub(super) fn run(self) -> Result<(), Failure> {
        Ok(writeln!(io::stdout(), "v{}", env!("CARGO_PKG_VERSION"))?)
    }
}
