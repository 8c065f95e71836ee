//! Graph files as texts: read, parsed and put together with what a user replaces.

use std::{collections::BTreeMap, path::Path};

use sha2::{Digest, Sha256};

use super::{
    definition::File,
    problem::{Problem, Problems},
};

/// The text of one graph file.
#[derive(Debug, Clone)]
pub struct Source {
    /// The name of the file, for messages.
    pub file: String,
    /// What stands in it.
    pub text: String,
}

/// One graph file, parsed.
#[derive(Debug, Clone)]
pub(crate) struct Parsed {
    pub(crate) source: Source,
    pub(crate) file: File,
}

impl Parsed {
    /// The name of the flow or sub-flow.
    pub(crate) fn name(&self) -> &str {
        self.file.flow.as_ref().or(self.file.subflow.as_ref()).map_or("", |name| &name.value)
    }

    pub(crate) fn is_flow(&self) -> bool {
        self.file.flow.is_some()
    }

    pub(crate) fn problem(&self, line: usize, message: impl Into<String>) -> Problem {
        Problem { file: self.source.file.clone(), line, message: message.into(), help: None }
    }
}

/// Reads all `.yaml` and `.yml` files of a directory and the directories in it.
///
/// # Errors
///
/// When a file or directory cannot be read, or there is no graph in it.
pub fn read_directory(directory: &Path) -> Result<Vec<Source>, Problems> {
    fn walk(directory: &Path, found: &mut Vec<Source>) -> Result<(), Problem> {
        let problem = |path: &Path, error: &std::io::Error| Problem {
            file: path.display().to_string(),
            line: 0,
            message: format!("cannot be read: {error}"),
            help: None,
        };
        let entries = std::fs::read_dir(directory).map_err(|error| problem(directory, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| problem(directory, &error))?.path();
            if path.is_dir() {
                walk(&path, found)?;
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
                let text = std::fs::read_to_string(&path).map_err(|error| problem(&path, &error))?;
                found.push(Source { file: path.display().to_string(), text });
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(directory, &mut found).map_err(|problem| Problems(vec![problem]))?;
    found.sort_by(|a, b| a.file.cmp(&b.file));
    if found.is_empty() {
        let message = "there is no graph file (*.yaml) in this directory".to_owned();
        let file = directory.display().to_string();
        return Err(Problems(vec![Problem { file, line: 0, message, help: None }]));
    }
    Ok(found)
}

/// Parses files. Of two files with the same graph, one in `replacements` takes the place of one in `shipped`.
pub(crate) fn parse(shipped: &[Source], replacements: &[Source]) -> Result<Vec<Parsed>, Problems> {
    let mut problems = Vec::new();
    let mut graphs: BTreeMap<(bool, String), Parsed> = BTreeMap::new();
    for (sources, replacing) in [(shipped, false), (replacements, true)] {
        let mut seen: BTreeMap<(bool, String), String> = BTreeMap::new();
        for source in sources {
            let parsed = match parse_one(source) {
                Ok(parsed) => parsed,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            let key = (parsed.is_flow(), parsed.name().to_owned());
            if let Some(other) = seen.insert(key.clone(), source.file.clone()) {
                let line = parsed.file.flow.as_ref().or(parsed.file.subflow.as_ref()).map_or(0, |name| name.line);
                problems.push(parsed.problem(line, format!("`{}` is also defined in {other}", key.1)));
            }
            debug_assert!(replacing || !graphs.contains_key(&key) || !problems.is_empty());
            graphs.insert(key, parsed);
        }
    }
    if problems.is_empty() { Ok(graphs.into_values().collect()) } else { Err(Problems(problems)) }
}

fn parse_one(source: &Source) -> Result<Parsed, Problem> {
    let problem =
        |line: usize, message: String, help: Option<String>| Problem { file: source.file.clone(), line, message, help };
    let file: File = serde_saphyr::from_str(&source.text).map_err(|error| {
        let line = error.location().and_then(|location| usize::try_from(location.line()).ok()).unwrap_or(0);
        let (message, help) = readable(&error.to_string());
        problem(line, message, help)
    })?;
    match (&file.flow, &file.subflow) {
        (Some(_), None) | (None, Some(_)) => {}
        (Some(name), Some(_)) => {
            return Err(problem(name.line, "a file holds either a `flow` or a `subflow`, not both".to_owned(), None));
        }
        (None, None) => {
            let help = Some("begin the file with `flow: <name>` or `subflow: <name>`".to_owned());
            return Err(problem(0, "it is not said which graph this is".to_owned(), help));
        }
    }
    if let Some(name) = &file.subflow {
        let only_in_flows = [
            ("lifetime", file.lifetime.is_some()),
            ("start", !file.start.is_empty()),
            ("before_each_action", !file.before_each_action.is_empty()),
            ("extend", !file.extend.is_empty()),
            ("on_leave_subflow", !file.on_leave_subflow.is_empty()),
        ];
        if let Some((key, _)) = only_in_flows.iter().find(|(_, written)| *written) {
            return Err(problem(name.line, format!("a sub-flow has no `{key}`: it belongs into the flow"), None));
        }
    }
    Ok(Parsed { source: source.clone(), file })
}

/// The first line of a parser's message without its place, and a suggestion for a misspelt key.
fn readable(message: &str) -> (String, Option<String>) {
    let line = message.lines().next().unwrap_or(message).trim_start_matches("error: ");
    let line = match line.split_once(": ") {
        Some((place, rest)) if place.starts_with("line ") => rest,
        _ => line,
    };
    let line = line.replace(", set DuplicateKeyPolicy in Options if acceptable", "");
    let help = line.strip_prefix("unknown field `").and_then(|rest| {
        let (name, known) = rest.split_once("`, expected ")?;
        let known = known.trim_start_matches("one of ").split(", ").map(|name| name.trim_matches('`'));
        super::problem::suggestion(name, known)
    });
    match (&help, line.split_once(", expected")) {
        (Some(_), Some((short, _))) => (short.replace("unknown field", "there is no key"), help),
        _ => (line, help),
    }
}

/// Tells versions of a graph apart: the first 16 hexadecimal digits of the SHA-256 of all texts it is made of.
pub(crate) fn hash<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(text.len().to_le_bytes());
        hasher.update(text);
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
