//! `docs/compatibility/` lists what this server promises to those who come from the system whose protocol it speaks:
//! each promise has an id, and a test that names the id keeps it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(directory: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && name != "node_modules" {
            files(&path, endings, found);
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
}

/// The ids in a text: capital letters and digits, a hyphen, a number. In `PROTO-1, -2` both are meant only if both are
/// written out.
fn ids(text: &str) -> BTreeSet<String> {
    let boundary = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
    text.split(boundary)
        .filter(|word| {
            word.rsplit_once('-').is_some_and(|(letters, number)| {
                letters.len() >= 2
                    && letters.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
                    && letters.starts_with(|c: char| c.is_ascii_uppercase())
                    && !number.is_empty()
                    && number.chars().all(|c| c.is_ascii_digit())
            })
        })
        .map(str::to_owned)
        .collect()
}

/// The promises by id: the list items `- ID: sentence`, or with the id in backticks and no colon.
fn promises() -> BTreeMap<String, PathBuf> {
    let mut documents = Vec::new();
    files(&root().join("docs/compatibility"), &[".md"], &mut documents);
    let mut promises = BTreeMap::new();
    for path in documents {
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let Some((id, sentence)) = line.strip_prefix("- ").and_then(|item| item.split_once(' ')) else { continue };
            let id = id.trim_matches(['`', ':', '*']);
            if ids(id).contains(id) {
                assert!(!sentence.trim().is_empty(), "{} has no sentence for {id}", path.display());
                let twice = promises.insert(id.to_owned(), path.clone());
                assert!(twice.is_none(), "{id} is listed in {} and {}", path.display(), twice.unwrap().display());
            }
        }
    }
    assert!(promises.len() > 100, "the promises were found");
    promises
}

#[test]
fn every_promise_is_named_in_a_test() {
    let mut sources = Vec::new();
    for directory in ["src", "tests", "migrations"] {
        files(&root().join(directory), &[".rs", ".mjs", ".js", ".ts"], &mut sources);
    }
    let named: BTreeSet<String> =
        sources.iter().flat_map(|path| ids(&std::fs::read_to_string(path).unwrap())).collect();
    let without: Vec<String> = promises()
        .into_iter()
        .filter(|(id, _)| !named.contains(id))
        .map(|(id, path)| format!("{id} ({})", path.file_name().unwrap().display()))
        .collect();
    assert!(without.is_empty(), "no test names these ids:\n{}", without.join("\n"));
}
