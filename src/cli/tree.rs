//! How the command tree treats what is missing, unknown or too much (spec chapter 05 section 5.1), whatever the commands
//! are: a group without a known command word answers with its help, surplus arguments are ignored.

use std::ffi::OsString;

use clap::{Arg, ArgMatches, Command, CommandFactory};

/// What the arguments ask for.
#[derive(Debug)]
pub(super) enum Parsed {
    /// To run a command.
    Command(ArgMatches),
    /// To explain a group of commands.
    Help(Box<Command>),
}

/// The one command that must be called with exactly its arguments: scripts depend on its exit status.
const STRICT: &str = "isready";

pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Parsed, clap::Error> {
    let mut root = command();
    root.build();
    let matches = root.try_get_matches_from_mut(arguments)?;
    let mut group = &root;
    let mut within = &matches;
    while group.has_subcommands() {
        match within.subcommand().and_then(|(name, within)| Some((group.find_subcommand(name)?, within))) {
            Some(next) => (group, within) = next,
            None => return Ok(Parsed::Help(Box::new(group.clone()))),
        }
    }
    Ok(Parsed::Command(matches))
}

fn command() -> Command {
    let root = super::Cli::command().subcommand_required(false).arg_required_else_help(false);
    root.mut_subcommands(tolerant)
}

fn tolerant(command: Command) -> Command {
    if command.has_subcommands() {
        return command
            .subcommand_required(false)
            .arg_required_else_help(false)
            .allow_external_subcommands(true)
            .mut_subcommands(tolerant);
    }
    let takes_lists =
        command.get_positionals().any(|argument| argument.get_num_args().is_some_and(|n| n.max_values() > 1));
    if takes_lists || command.get_name() == STRICT {
        return command;
    }
    command.arg(Arg::new("surplus").num_args(0..).hide(true))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::FromArgMatches;

    use super::{super::Cli, *};

    fn parsed(line: &str) -> Result<Parsed, clap::Error> {
        parse(std::iter::once("sealflow").chain(line.split_whitespace()).map(OsString::from))
    }

    fn explained(line: &str) -> String {
        match parsed(line).unwrap() {
            Parsed::Help(group) => group.get_name().to_owned(),
            Parsed::Command(_) => panic!("{line} is a command"),
        }
    }

    fn cli(line: &str) -> Cli {
        match parsed(line).unwrap() {
            Parsed::Command(matches) => Cli::from_arg_matches(&matches).unwrap(),
            Parsed::Help(_) => panic!("{line} is no command"),
        }
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
            assert_eq!(cli(line).global.config, PathBuf::from("a.yaml"), "{line}");
        }
        assert_eq!(cli("serve all").global.config, PathBuf::from("./config/config.yaml"));
    }

    /// Covers CLI-1, CLI-3.
    #[test]
    fn explains_a_group_that_is_called_without_a_known_command_word() {
        assert_eq!(explained(""), "sealflow");
        assert_eq!(explained("serve"), "serve");
        assert_eq!(explained("serve nonsense"), "serve");
        assert_eq!(explained("serve --config a.yaml"), "serve");
        assert_eq!(explained("--config a.yaml"), "sealflow");
    }

    /// Covers CLI-2, CLI-6, RDY-3, RDY-4.
    #[test]
    fn refuses_unknown_commands_and_flags() {
        for line in ["nonsense", "serve all --nonsense", "--nonsense", "isready", "isready foo", "isready public admin"]
        {
            assert!(parsed(line).unwrap_err().use_stderr(), "{line}");
        }
    }

    #[test]
    fn ignores_surplus_arguments() {
        cli("version of what");
        cli("serve all of them");
    }
}
