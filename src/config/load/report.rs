//! What is wrong with a configuration, and what is odd about it: collected over all stages of loading and told at once.

use std::{collections::BTreeMap, fmt, io, path::PathBuf, sync::Arc};

use super::super::{Config, keys::keys, redirects};

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line of the file, counted from 1.
    File(Arc<PathBuf>, usize),
    /// An environment variable.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// A value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The dotted path of the key.
    pub key: String,
    /// The value, unless it is secret or absent.
    pub value: Option<String>,
    /// The rule that it breaks, as the end of a sentence that begins with the value.
    pub rule: String,
    /// Where the value was given.
    pub origin: Option<Origin>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        located(f, &self.key, self.origin.as_ref())?;
        if let Some(value) = &self.value {
            write!(f, " {value:?}")?;
        }
        write!(f, " {}", self.rule)
    }
}

/// Something that works, but hardly as meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The dotted path of the key.
    pub key: String,
    /// What to know, as the end of a sentence that begins with the key. Never contains a secret.
    pub message: String,
    /// Where the value was given.
    pub origin: Option<Origin>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        located(f, &self.key, self.origin.as_ref())?;
        write!(f, " {}", self.message)
    }
}

fn located(f: &mut fmt::Formatter<'_>, key: &str, origin: Option<&Origin>) -> fmt::Result {
    match origin {
        Some(origin) => write!(f, "{key} ({origin}):"),
        None => write!(f, "{key}:"),
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigErrors {
    /// The file cannot be read; only at the default path it may be absent.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not YAML.
    #[error("the configuration file {}:{line} is not valid YAML: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong there.
        message: String,
    },
    /// Values that cannot be used: all of them.
    #[error("the configuration cannot be used:{}", list(.0))]
    Problems(Vec<Problem>),
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

/// What was found so far, and where each explicit value was given.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) origins: BTreeMap<String, Origin>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Warning>,
}

impl Report {
    /// Whether the key, or a member of the section, is in the file (and not null) or in the environment.
    pub(crate) fn explicit(&self, path: &str) -> bool {
        let inside = |key: &String| key.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.origins.range(path.to_owned()..).map(|(key, _)| key).take_while(|key| key.starts_with(path)).any(inside)
    }

    /// How many problems there are so far.
    pub(crate) fn count(&self) -> usize {
        self.problems.len()
    }

    /// The value of a key breaks a rule. Values of secret keys are not kept.
    pub(crate) fn problem(&mut self, key: &str, value: &str, rule: &str) {
        let secret = keys().find(key).is_some_and(|key| key.secret);
        self.push(key, Some(value).filter(|_| !secret), rule);
    }

    /// A key has no usable value, or one that is not worth repeating.
    pub(crate) fn missing(&mut self, key: &str, rule: &str) {
        self.push(key, None, rule);
    }

    fn push(&mut self, key: &str, value: Option<&str>, rule: &str) {
        let origin = self.origins.get(key).cloned();
        self.problems.push(Problem { key: key.into(), value: value.map(abridged), rule: rule.into(), origin });
    }

    /// Something about a key is odd.
    pub(crate) fn warn(&mut self, key: &str, message: &str) {
        let origin = self.origins.get(key).cloned();
        self.warnings.push(Warning { key: key.into(), message: message.into(), origin });
    }

    /// Turns problems with values that nobody reads into warnings. `config` holds what was given, nothing derived yet.
    pub(crate) fn spare_unread(&mut self, config: &Config) {
        let unread = |key: &str| match key {
            "rate_limiter.store" => !config.rate_limiter.enabled,
            "flow_locker.store" => !config.flow_locker.enabled,
            "database.dialect" => !config.database.url.trim().is_empty(),
            _ => false,
        };
        let problems = std::mem::take(&mut self.problems);
        let (spared, problems): (Vec<_>, Vec<_>) = problems.into_iter().partition(|problem| unread(&problem.key));
        self.problems = problems;
        self.warnings.extend(spared.into_iter().map(|Problem { key, rule, origin, .. }| {
            let message = format!("{rule}, and has no effect");
            Warning { key, message, origin }
        }));
    }

    /// Redirect patterns have to compile, and should match something.
    pub(crate) fn patterns<'a>(&mut self, key: &str, patterns: impl IntoIterator<Item = &'a String>) {
        for pattern in patterns.into_iter().filter(|pattern| !pattern.is_empty()) {
            match redirects::matches_nothing(pattern) {
                Ok(false) => {}
                Ok(true) => {
                    let message = format!("{pattern:?} matches nothing: name a scheme (http, https) and a host");
                    self.warn(key, &message);
                }
                Err(error) => self.problem(key, pattern, &format!("is not a redirect pattern: it {error}")),
            }
        }
    }
}

/// Enough of a value to recognize it.
fn abridged(value: &str) -> String {
    const LONGEST: usize = 80;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_explicit_when_a_member_is() {
        let mut report = Report::default();
        report.origins.insert("cors.allow_origins".into(), Origin::Variable("CORS_ALLOW_ORIGINS".into()));
        report.origins.insert("email_delivery.enabled".into(), Origin::Variable("EMAIL_DELIVERY_ENABLED".into()));
        for (path, expected) in [
            ("cors", true),
            ("cors.allow_origins", true),
            ("cors.allow", false),
            ("email", false),
            ("email_delivery", true),
            ("service", false),
        ] {
            assert_eq!(report.explicit(path), expected, "{path}");
        }
    }

    #[test]
    fn a_problem_names_key_place_value_and_rule_but_no_secret() {
        let mut report = Report::default();
        let file = Arc::new(PathBuf::from("config.yaml"));
        report.origins.insert("service.name".into(), Origin::File(file, 3));
        report.problem("service.name", "", "must not be blank");
        report.problem("database.password", "hunter2", "is too simple");
        report.problem("email.limit", &"9".repeat(100), "is too large");
        let texts: Vec<_> = report.problems.iter().map(ToString::to_string).collect();
        assert_eq!(texts[0], "service.name (config.yaml:3): \"\" must not be blank");
        assert_eq!(texts[1], "database.password: is too simple");
        assert_eq!(texts[2], format!("email.limit: \"{}…\" is too large", "9".repeat(80)));
    }
}
