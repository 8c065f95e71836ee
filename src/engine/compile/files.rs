//! How graph files belong together: which a flow takes in, which nobody takes in, and that their names are names.

use std::{collections::BTreeSet, ptr};

use crate::engine::{
    definition::Name,
    problem::{Problem, suggestion},
    source::Parsed,
};

/// The words that rules use for targets.
const TARGETS: [(&str, &str); 2] = [("next", "what is scheduled"), ("stay", "the same state again")];

/// The flow itself, then its sub-flows and, in depth, theirs, each once; and those of them that do not exist.
pub(super) fn taken_in<'a>(flow: &'a Parsed, all: &'a [Parsed]) -> (Vec<&'a Parsed>, Vec<Problem>) {
    fn take_in<'a>(file: &'a Parsed, all: &'a [Parsed], files: &mut Vec<&'a Parsed>, problems: &mut Vec<Problem>) {
        for name in &file.file.uses {
            match all.iter().find(|other| !other.is_flow() && other.name() == name.value) {
                Some(found) if files.iter().any(|known| ptr::eq(*known, found)) => {}
                Some(found) => {
                    files.push(found);
                    take_in(found, all, files, problems);
                }
                None => {
                    let known = all.iter().filter(|other| !other.is_flow()).map(Parsed::name);
                    let problem = file.problem(name.line, format!("there is no sub-flow `{}`", name.value));
                    problems.push(problem.help(suggestion(&name.value, known)));
                }
            }
        }
    }
    let (mut files, mut problems) = (vec![flow], Vec::new());
    take_in(flow, all, &mut files, &mut problems);
    (files, problems)
}

/// The sub-flows that no flow takes in.
pub(super) fn unused_subflows(all: &[Parsed]) -> impl Iterator<Item = (&Parsed, Problem)> {
    let flows = all.iter().filter(|file| file.is_flow());
    let used: Vec<&Parsed> = flows.flat_map(|flow| taken_in(flow, all).0).collect();
    let unused = all.iter().filter(move |file| !used.iter().any(|other| ptr::eq(*other, *file)));
    unused.map(|file| {
        let problem = file.problem(file.line(), format!("no flow takes in the sub-flow `{}`", file.name()));
        let help = format!("add `{}` to `use` of a flow, or remove {}", file.name(), file.source.file);
        (file, problem.help(help))
    })
}

/// What is wrong with the names that files give: each must be fit for addresses and rules, and flows and sub-flows must
/// be told apart.
pub(super) fn names(all: &[Parsed]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let flows: BTreeSet<&str> = all.iter().filter(|file| file.is_flow()).map(Parsed::name).collect();
    for file in all {
        if !file.is_flow() && flows.contains(file.name()) {
            let problem = file.problem(file.line(), format!("`{}` is also the name of a flow", file.name()));
            problems.push(problem.help("give the sub-flow another name".to_owned()));
        }
        let states = file.file.states.keys();
        for (word, meaning) in TARGETS {
            for name in states.clone().filter(|name| name.value == word) {
                let message = format!("a state cannot be called `{word}`: to rules the word means {meaning}");
                problems.push(file.problem(name.line, message).help("give the state another name".to_owned()));
            }
        }
        let actions = file.file.states.values().flat_map(|state| state.actions.keys());
        let graph = file.file.flow.iter().chain(&file.file.subflow);
        for name in graph.chain(states).chain(actions).filter(|name| !is_name(name)) {
            let problem = file.problem(name.line, format!("`{}` cannot be a name", name.value));
            problems.push(problem.help("use letters, digits and `_`".to_owned()));
        }
    }
    problems
}

fn is_name(name: &Name) -> bool {
    !name.value.is_empty() && name.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}
