//! Section `flows`: graphs of one's own.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The flows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Flows {
    /// Directory with graphs of one's own; without it, the built-in ones run.
    pub directory: Option<PathBuf>,
}

impl Flows {
    pub(super) fn check(&self, report: &mut super::load::Report) {
        if let Some(directory) = &self.directory
            && !directory.is_dir()
        {
            report.problem("flows.directory", &directory.display().to_string(), "is not a directory");
        }
    }
}
