//! `config show` and `config check`: what the server would run with, without running it.

use std::{collections::BTreeMap, io::Write, path::Path, process::ExitCode};

use clap::Subcommand;

use crate::config::{self, ConfigErrors, Loaded};

/// Show or check the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Print the effective configuration.
    ///
    /// By default the tenant part, as one line of JSON, with its secrets in clear text.
    Show {
        /// Print all of it as YAML, with secrets masked.
        #[arg(long)]
        effective: bool,
    },
    /// Check the configuration and list everything that is wrong or odd.
    Check,
}

impl ConfigCommand {
    /// Loads the configuration in `file` (see [`config::load`]) and writes the answer to `out`, everything else to `err`.
    /// Fails when the configuration cannot be used, or when nobody takes the answer.
    pub fn run(
        self,
        file: Option<&Path>,
        environment: &BTreeMap<String, String>,
        out: &mut dyn Write,
        err: &mut dyn Write,
    ) -> ExitCode {
        let written = match config::load(file, environment) {
            Ok(loaded) => self.answer(&loaded, out, err),
            Err(problems) => refuse(&problems, err),
        };
        written.unwrap_or(ExitCode::FAILURE)
    }

    fn answer(self, loaded: &Loaded, out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<ExitCode> {
        match &loaded.source {
            Some(path) => writeln!(err, "using the configuration file {}", path.display())?,
            None => writeln!(err, "there is no configuration file {}", config::DEFAULT_FILE)?,
        }
        for warning in &loaded.warnings {
            writeln!(err, "warning: {warning}")?;
        }
        match self {
            Self::Show { effective: false } => writeln!(out, "{}", config::show(&loaded.config))?,
            Self::Show { effective: true } => out.write_all(config::show_effective(&loaded.config).as_bytes())?,
            Self::Check if loaded.config.development => writeln!(out, "the configuration is valid (development mode)")?,
            Self::Check => writeln!(out, "the configuration is valid")?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn refuse(problems: &ConfigErrors, err: &mut dyn Write) -> std::io::Result<ExitCode> {
    writeln!(err, "error: {problems}")?;
    Ok(ExitCode::FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(command: ConfigCommand, yaml: &str, variables: &[(&str, &str)]) -> (ExitCode, String, String) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("sealflow.yaml");
        std::fs::write(&file, yaml).unwrap();
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = command.run(Some(&file), &environment, &mut out, &mut err);
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    const SHOW: ConfigCommand = ConfigCommand::Show { effective: false };

    /// Covers SHOW-5, CFG-30.
    #[test]
    fn shows_what_file_and_environment_say() {
        let yaml = "development: true\nservice: {name: Shop}\nsecret_keys: [hunter2-hunter2-hunter2]\n";
        let (code, out, err) = run(SHOW, yaml, &[("EMAIL_LIMIT", "3")]);
        assert_eq!(code, ExitCode::SUCCESS);
        assert!(out.contains("\"service\":{\"name\":\"Shop\"}") && out.contains("\"limit\":3,"), "{out}");
        assert!(err.contains("sealflow.yaml") && !err.contains("hunter2"), "{err}");
        let (code, out, _) = run(ConfigCommand::Show { effective: true }, yaml, &[]);
        assert_eq!(code, ExitCode::SUCCESS);
        assert!(out.contains("memory_kib: 19456") && !out.contains("hunter2"), "{out}");
    }

    /// Covers SHOW-6, CFG-4.
    #[test]
    fn shows_nothing_of_an_invalid_configuration() {
        let (code, out, err) = run(SHOW, "email: {limit: many}\n", &[]);
        assert_eq!((code, out.as_str()), (ExitCode::FAILURE, ""));
        assert!(err.contains("email.limit (") && err.contains("sealflow.yaml:1): \"many\" is not an integer"), "{err}");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = SHOW.run(Some(Path::new("/nowhere/x.yaml")), &BTreeMap::new(), &mut out, &mut err);
        assert_eq!((code, out.len()), (ExitCode::FAILURE, 0));
    }

    #[test]
    fn checks_and_lists_oddities() {
        let (code, out, err) = run(ConfigCommand::Check, "development: true\nsevrice: {name: Shop}\n", &[]);
        assert_eq!((code, out.as_str()), (ExitCode::SUCCESS, "the configuration is valid (development mode)\n"));
        assert!(err.contains("did you mean service?"), "{err}");
    }
}
