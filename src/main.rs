//! The program: parse the command line, run the command.

use std::process::ExitCode;

fn main() -> ExitCode {
    sealflow::cli::main(std::env::args_os())
}
