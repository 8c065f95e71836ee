//! Graph files as texts: read, parsed and put together with what a user replaces.

use std::{collections::BTreeMap, path::Path};

use sha2::{Digest, Sha256};

use super::{
    definition::File,
    problem::{Problem, Problems},
    unreadable,
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
    /// It comes with the program, and nobody replaced it.
    pub(crate) shipped: bool,
}

impl Parsed {
    /// The name of the flow or sub-flow.
    pub(crate) fn name(&self) -> &str {
        self.file.flow.as_ref().or(self.file.subflow.as_ref()).map_or("", |name| &name.value)
    }

    pub(crate) fn is_flow(&self) -> bool {
        self.file.flow.is_some()
    }

    /// The line on which the name of the flow or sub-flow stands.
    pub(crate) fn line(&self) -> usize {
        self.file.flow.as_ref().or(self.file.subflow.as_ref()).map_or(0, |name| name.line)
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
    for (sources, shipped) in [(shipped, true), (replacements, false)] {
        let mut seen: BTreeMap<(bool, String), String> = BTreeMap::new();
        for source in sources {
            let parsed = match parse_one(source, shipped) {
                Ok(parsed) => parsed,
                Err(found) => {
                    problems.extend(found);
                    continue;
                }
            };
            let key = (parsed.is_flow(), parsed.name().to_owned());
            if let Some(other) = seen.insert(key.clone(), source.file.clone()) {
                let kind = if parsed.is_flow() { "flow" } else { "sub-flow" };
                let message = format!("the {kind} `{}` is also defined in {other}", key.1);
                problems.push(parsed.problem(parsed.line(), message).help("keep one of them".to_owned()));
            }
            graphs.insert(key, parsed);
        }
    }
    if problems.is_empty() { Ok(graphs.into_values().collect()) } else { Err(Problems(problems)) }
}

fn parse_one(source: &Source, shipped: bool) -> Result<Parsed, Vec<Problem>> {
    let file: File =
        serde_saphyr::from_str(&source.text).map_err(|error| vec![unreadable::problem(&source.file, &error)])?;
    let parsed = Parsed { source: source.clone(), file, shipped };
    let problems = match (&parsed.file.flow, &parsed.file.subflow) {
        (Some(_), None) => Vec::new(),
        (None, Some(_)) => only_in_flows(&parsed),
        (Some(_), Some(name)) => {
            let problem = parsed.problem(name.line, "a file holds either a `flow` or a `subflow`, not both");
            vec![problem.help("remove one of them, or make two files".to_owned())]
        }
        (None, None) => {
            let problem = parsed.problem(0, "it is not said which graph this is");
            vec![problem.help("begin the file with `flow: <name>` or `subflow: <name>`".to_owned())]
        }
    };
    if problems.is_empty() { Ok(parsed) } else { Err(problems) }
}

/// The keys of a sub-flow that belong into a flow.
fn only_in_flows(subflow: &Parsed) -> Vec<Problem> {
    let file = &subflow.file;
    let keys = [
        ("lifetime", file.lifetime.as_ref().map(|value| value.line)),
        ("start", file.start.first().map(|name| name.line)),
        ("requires", file.requires.first().map(|name| name.line)),
        ("before_each_action", file.before_each_action.first().map(|call| call.line)),
        ("extend", file.extend.keys().next().map(|name| name.line)),
        ("on_leave_subflow", file.on_leave_subflow.keys().next().map(|name| name.line)),
    ];
    let problem = |(key, line): (&str, Option<usize>)| {
        let problem = subflow.problem(line?, format!("a sub-flow has no `{key}`"));
        Some(problem.help(format!("move `{key}` into the flows that take `{}` in", subflow.name())))
    };
    keys.into_iter().filter_map(problem).collect()
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
