//! The command line (spec chapter 05 section 5): one file per command. Knows what each command is called and how it
//! ends, nothing of what it does.

pub mod cleanup;
pub mod config;
pub mod flows;
pub mod isready;
pub mod jwk;
pub mod jwt;
mod logging;
pub mod migrate;
pub mod openapi;
pub mod serve;
mod tree;
pub mod version;
pub mod webhooks;

use std::{
    error::Error as StdError,
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, FromArgMatches, Parser, Subcommand};

use crate::{
    config::{self as configuration, Config},
    random::SystemRandom,
};

/// Sealflow: an authentication backend whose login, registration and profile are state graphs.
#[derive(Debug, Parser)]
#[command(
    name = "sealflow",
    max_term_width = 100,
    after_long_help = "Getting started:\n  \
        sealflow flows run login  walks through the login in this terminal\n  \
        sealflow serve all        without a configuration file: development mode, on ports 8000 and 8001\n  \
        sealflow migrate up       creates or updates the tables of the configured database\n\n\
        Exit status: 0 on success, 1 on any failure. Answers go to stdout, messages to stderr.\n\
        The environment variable RUST_LOG sets the log level (default: info)."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Debug, Args)]
pub struct Global {
    /// The configuration file.
    ///
    /// The file at the default path may be missing; the built-in defaults apply then. Every key can also be given by an
    /// environment variable. The option may stand before, between and after the command words.
    #[arg(long, global = true, value_name = "FILE", default_value = configuration::DEFAULT_FILE)]
    pub config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Migrate(migrate::Migrate),
    Cleanup(cleanup::Cleanup),
    Flows(flows::Flows),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    Jwk(jwk::Jwk),
    Jwt(jwt::Jwt),
    Webhooks(webhooks::Webhooks),
    Isready(isready::Isready),
    Openapi(openapi::Openapi),
    Version(version::Version),
}

/// Why a command failed. Its text says what went wrong, where, and what to do.
pub type Failure = Box<dyn StdError + Send + Sync>;

/// Parses `arguments` (the first is the program's name), runs the command and says how the process is to end.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = match tree::parse(arguments) {
        Ok(tree::Parsed::Command(matches)) => Cli::from_arg_matches(&matches),
        Ok(tree::Parsed::Help(mut group)) => return status(group.print_long_help()),
        Err(error) => Err(error),
    };
    match parsed {
        Ok(cli) => run(cli),
        Err(error) => {
            let printed = error.print();
            if error.use_stderr() { ExitCode::FAILURE } else { status(printed) }
        }
    }
}

fn run(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::Serve(command) => command.run(&cli.global),
        Command::Migrate(command) => command.run(&cli.global),
        Command::Cleanup(command) => command.run(&cli.global),
        Command::Flows(command) => command.run(&cli.global),
        Command::Config(command) => return show(command, &cli.global),
        Command::Jwk(command) => return command.run(),
        Command::Jwt(command) => command.run(&cli.global),
        Command::Webhooks(command) => command.run(&cli.global),
        Command::Isready(command) => command.run(&cli.global),
        Command::Openapi(command) => command.run(&cli.global),
        Command::Version(command) => command.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be told if standard error is closed too.
            let _ = writeln!(io::stderr(), "error: {}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn show(command: config::ConfigCommand, global: &Global) -> ExitCode {
    let environment = configuration::process_environment();
    command.run(Some(&global.config), &environment, &mut io::stdout(), &mut io::stderr())
}

fn status(printed: io::Result<()>) -> ExitCode {
    if printed.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Reads the configuration; its warnings go to the log. In development mode a secret is made when none is configured.
fn load(global: &Global) -> Result<Config, Failure> {
    let loaded = configuration::load(Some(&global.config), &configuration::process_environment())?;
    loaded.announce();
    let mut config = loaded.config;
    if let Some(file) = loaded.secret_file {
        config.secret_keys.push(configuration::development_secret(&file, &SystemRandom)?);
    }
    Ok(config)
}

/// The runtime of commands that wait for a database or the network.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// An error with its causes, on one line.
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
