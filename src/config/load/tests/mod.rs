//! Loading as an operator sees it.

mod development;
mod environment;
mod file;
mod legacy;
mod rules;

use std::{collections::BTreeMap, path::Path};

use super::{super::Config, ConfigErrors, Loaded, read};

/// What a server for others needs at least.
const NEEDED: [(&str, &str); 2] =
    [("SECRET_KEYS", "a-sufficiently-long-secret"), ("EMAIL_DELIVERY_SMTP_HOST", "mail.test")];

fn environment(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Loads a file and variables as they are.
fn bare(yaml: &str, variables: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    read(Some((Path::new("config.yaml"), yaml)), &environment(variables))
}

/// Loads a file and variables, with what every server needs.
fn load(yaml: &str, variables: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    bare(yaml, &[&NEEDED[..], variables].concat())
}

fn config(yaml: &str) -> Config {
    config_with(yaml, &[])
}

fn config_with(yaml: &str, variables: &[(&str, &str)]) -> Config {
    load(yaml, variables).map(|loaded| loaded.config).unwrap_or_else(|error| panic!("{yaml}\n{error}"))
}

/// The problems of a configuration that cannot be used, as texts.
fn problems(yaml: &str, variables: &[(&str, &str)]) -> Vec<String> {
    texts(load(yaml, variables))
}

fn texts(loaded: Result<Loaded, ConfigErrors>) -> Vec<String> {
    match loaded {
        Err(ConfigErrors::Problems(problems)) => problems.iter().map(ToString::to_string).collect(),
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    }
}

/// The one problem of a configuration that cannot be used.
#[track_caller]
fn problem(yaml: &str) -> String {
    let mut problems = problems(yaml, &[]);
    assert_eq!(problems.len(), 1, "{yaml}\n{problems:#?}");
    problems.remove(0)
}

fn warnings(yaml: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let loaded = load(yaml, variables).unwrap_or_else(|error| panic!("{yaml}\n{error}"));
    loaded.warnings.iter().map(ToString::to_string).collect()
}
