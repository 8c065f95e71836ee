//! The command line (spec chapter 05 section 5): one file per command. Knows what each command is called and how it
//! ends, nothing of what it does.

mod isready;
mod jwt;
mod serve;
mod version;
// mod config;
// mod flows;
// mod jwk;
// mod migrate;
// mod openapi;

use std::{
    error::Error as StdError,
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

/// Sealflow: an authentication backend whose login, registration and profile are state graphs.
#[derive(Debug, Parser)]
#[command(
    name = "sealflow",
    max_term_width = 100,
    after_long_help = "Getting started:\n  \
        sealflow serve all             without a configuration file: development mode, on :8000 and :8001\n  \
        sealflow config init           writes a commented config/config.yaml\n  \
        sealflow migrate up            creates or updates the tables of the configured database\n\n\
        Exit status: 0 on success, 1 on any failure. Answers go to stdout, messages to stderr.\n\
        The log level is set with the environment variable RUST_LOG (default: info)."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command understands.
#[derive(Debug, Args)]
pub struct Global {
    /// The configuration file.
    ///
    /// The file at the default path may be missing; the built-in defaults apply then. Every key can also be given by an
    /// environment variable. The option may stand before, between and after the command words.
    #[arg(long, global = true, value_name = "FILE", default_value = "./config/config.yaml")]
    config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the servers.
    Serve(serve::Command),
    // /// Create or update the tables of the database.
    // Migrate(migrate::Command),
    // /// Check, draw and describe the flow graphs.
    // Flows(flows::Command),
    // /// Show, check and document the configuration.
    // Config(config::Command),
    // /// Make JSON Web Keys.
    // Jwk(jwk::Command),
    /// Make session tokens.
    Jwt(jwt::Command),
    /// Ask a running server whether it is ready.
    Isready(isready::Command),
    // /// Print the OpenAPI documents.
    // Openapi(openapi::Command),
    /// Print the version.
    Version(version::Command),
}

/// Positional arguments beyond those that a command has. They are accepted and ignored, because scripts written for
/// the Hanko backend may pass them.
#[derive(Debug, Args)]
struct Surplus {
    #[arg(hide = true)]
    surplus: Vec<String>,
}

/// Why a command ended.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The group was called without a command word, or with one that it does not have: its help is the answer.
    #[error("a command word is missing")]
    NoCommand(&'static str),
    /// The command failed; the text says why and what to do.
    #[error(transparent)]
    Failed(#[from] Box<dyn StdError + Send + Sync>),
}

impl Failure {
    /// A failure with a cause of any type.
    pub fn because(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Failed(cause.into())
    }
}

/// Parses `arguments` (the first is the program's name), runs the command and says how the process is to end.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = command().try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            let failed = error.use_stderr();
            return after(error.print(), if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS });
        }
    };
    let result = match cli.command {
        None => Err(Failure::NoCommand("")),
        Some(Command::Serve(command)) => command.run(&cli.global),
        // Some(Command::Migrate(command)) => command.run(&cli.global),
        // Some(Command::Flows(command)) => command.run(&cli.global),
        // Some(Command::Config(command)) => command.run(&cli.global),
        // Some(Command::Jwk(command)) => command.run(&cli.global),
        Some(Command::Jwt(command)) => command.run(&cli.global),
        Some(Command::Isready(command)) => command.run(&cli.global),
        // Some(Command::Openapi(command)) => command.run(&cli.global),
        Some(Command::Version(command)) => command.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::NoCommand(group)) => after(print_help(group), ExitCode::SUCCESS),
        Err(Failure::Failed(error)) => {
            after(writeln!(io::stderr(), "error: {}", chain(error.as_ref())), ExitCode::FAILURE)
        }
    }
}

/// The whole command tree; commands name their executable as the user would type it.
fn command() -> clap::Command {
    Cli::command().disable_version_flag(true)
}

fn print_help(group: &str) -> io::Result<()> {
    let mut root = command();
    root.build();
    match root.find_subcommand_mut(group) {
        Some(group) => group.print_long_help(),
        None => root.print_long_help(),
    }
}

/// Nothing can be said when the streams are closed; the exit status still tells.
fn after(written: io::Result<()>, code: ExitCode) -> ExitCode {
    if written.is_ok() { code } else { ExitCode::FAILURE }
}

/// An error with its causes, one line.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

/// The runtime of commands that wait for a database or the network.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::because)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        let arguments = std::iter::once("sealflow").chain(line.split_whitespace());
        command().try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches))
    }

    #[test]
    fn is_well_formed() {
        command().debug_assert();
    }

    /// Covers CLI-4, CLI-5, CLI-8.
    #[test]
    fn takes_the_configuration_before_between_and_after_the_command_words() {
        for line in [
            "--config a.yaml serve all",
            "serve --config a.yaml all",
            "serve all --config a.yaml",
            "serve all --config=a.yaml",
        ] {
            assert_eq!(parse(line).unwrap().global.config, PathBuf::from("a.yaml"), "{line}");
        }
        assert_eq!(parse("serve all").unwrap().global.config, PathBuf::from("./config/config.yaml"));
    }

    #[test]
    fn ignores_surplus_arguments() {
        assert!(parse("version of what").is_ok());
        assert!(parse("serve all of them").is_ok());
    }
}
