//! Loading: defaults, then the file, then the environment, then the spellings of the v2 line, then what follows from all of
//! these, then the rules. Every problem is reported, not only the first.

mod convert;
mod derive;
mod environment;
mod file;
mod legacy;
mod node;
mod report;
mod scalar;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

pub(crate) use self::report::Report;
pub use self::report::{ConfigErrors, Origin, Problem, Warning};
use self::{legacy::Legacy, node::Node};
use super::Config;

/// The file that is read when none is named. It alone may be absent.
pub const DEFAULT_FILE: &str = "./config/config.yaml";

/// A configuration that can be used.
#[derive(Debug)]
pub struct Loaded {
    /// The effective values.
    pub config: Config,
    /// What its author should know. Contains no secrets.
    pub warnings: Vec<Warning>,
    /// The file that was read; `None` when there is none at the default path.
    pub source: Option<PathBuf>,
    /// Where to keep a generated secret, when development mode runs without a configured one. `config.secret_keys` is
    /// empty then; see [`super::development_secret`].
    pub secret_file: Option<PathBuf>,
}

impl Loaded {
    /// Tells the log which file is in use and what its author should know.
    pub fn announce(&self) {
        match &self.source {
            Some(path) => tracing::info!("using the configuration file {}", path.display()),
            None => tracing::info!("there is no configuration file {DEFAULT_FILE}: using defaults and the environment"),
        }
        for warning in &self.warnings {
            tracing::warn!("configuration: {warning}");
        }
    }
}

/// The environment of this process. Variables that are not UTF-8 are left out.
#[must_use]
pub fn process_environment() -> BTreeMap<String, String> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// Loads the configuration of a server.
///
/// `path` is the file; `None`, an empty path and [`DEFAULT_FILE`] stand for the default one, which may be absent.
/// `environment` holds the variables, usually [`process_environment`].
///
/// # Errors
///
/// When the file cannot be read or is not YAML, and when values cannot be used: then all of them are reported.
pub fn load(path: Option<&Path>, environment: &BTreeMap<String, String>) -> Result<Loaded, ConfigErrors> {
    load_or(Path::new(DEFAULT_FILE), path, environment)
}

fn load_or(
    default: &Path,
    path: Option<&Path>,
    environment: &BTreeMap<String, String>,
) -> Result<Loaded, ConfigErrors> {
    let path = path.filter(|path| !path.as_os_str().is_empty()).unwrap_or(default);
    let text = match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.as_os_str() == default.as_os_str() => None,
        Err(source) => return Err(ConfigErrors::Unreadable { path: path.into(), source }),
    };
    read(text.as_deref().map(|text| (path, text)), environment)
}

/// Loads a configuration whose file has been read.
fn read(file: Option<(&Path, &str)>, environment: &BTreeMap<String, String>) -> Result<Loaded, ConfigErrors> {
    let mut draft = Draft::default();
    if let Some((path, text)) = file {
        let root = Node::parse(text).map_err(|error| ConfigErrors::Syntax {
            path: path.into(),
            line: error.line,
            message: error.message,
        })?;
        file::overlay(&mut draft, path.into(), &root);
    }
    environment::overlay(&mut draft, environment);
    convert::convert(&mut draft);
    let Draft { values, mut report, .. } = draft;
    let mut config: Config = match serde_json::from_value(values) {
        Ok(config) => config,
        // Every value was read as the type of its key, so only a key of two minds gets here.
        Err(error) => {
            report.missing("configuration", &format!("is contradictory: {error}"));
            return Err(ConfigErrors::Problems(report.problems));
        }
    };
    report.spare_unread(&config);
    let secret_file = derive::derive(&mut config, file.is_some(), &mut report);
    config.check(secret_file.is_some(), &mut report);
    if !report.problems.is_empty() {
        return Err(ConfigErrors::Problems(report.problems));
    }
    let source = file.map(|(path, _)| path.to_owned());
    Ok(Loaded { config, warnings: report.warnings, source, secret_file })
}

/// A configuration in the making.
struct Draft {
    /// The values as JSON: the defaults, and whatever was laid over them.
    values: Value,
    legacy: Legacy,
    report: Report,
}

impl Default for Draft {
    fn default() -> Self {
        let values = serde_json::to_value(Config::default()).unwrap_or_default();
        Self { values, legacy: Legacy::default(), report: Report::default() }
    }
}

impl Draft {
    fn get(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&self.values, |value, name| value.get(name))
    }

    fn set(&mut self, path: &str, value: Value) {
        let mut place = &mut self.values;
        for name in path.split('.') {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let Value::Object(members) = place else { return };
            place = members.entry(name).or_insert(Value::Null);
        }
        *place = value;
    }
}
