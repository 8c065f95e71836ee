//! What is said about graphs that are wrong: for each kind of mistake a graph in `tests/graphs`, and beside it the whole
//! text that its author reads.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::engine::{
    Source, compile, read_directory,
    testing::{Settings, registry},
};

/// Set this variable to write down what is said now. Read the difference before it is committed.
const UPDATE: &str = "UPDATE_EXPECTED";

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graphs")
}

/// The files of a mistake: one, or those in its directory.
fn sources(path: &Path) -> Vec<Source> {
    let name = |file: &Path| file.file_name().unwrap().to_str().unwrap().to_owned();
    if path.is_dir() {
        let sources = read_directory(path).unwrap();
        return sources.into_iter().map(|source| Source { file: name(Path::new(&source.file)), ..source }).collect();
    }
    vec![Source { file: name(path), text: fs::read_to_string(path).unwrap() }]
}

fn said_about(path: &Path) -> String {
    match compile(&sources(path), &[], &registry(), &Settings::default()) {
        Ok(_) => "nothing is wrong\n".to_owned(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn every_mistake_is_explained() {
    let entries = fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path());
    let mistakes: BTreeSet<PathBuf> =
        entries.filter(|path| path.is_dir() || path.extension().is_some_and(|kind| kind == "yaml")).collect();
    assert!(!mistakes.is_empty());
    let mut wrong = String::new();
    for mistake in mistakes {
        let (said, file) = (said_about(&mistake), mistake.with_extension("expected"));
        if std::env::var_os(UPDATE).is_some() {
            fs::write(&file, &said).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        if said != expected {
            wrong += &format!("{}\n--- expected\n{expected}+++ said\n{said}\n", mistake.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_expectation_has_its_mistake() {
    for entry in fs::read_dir(directory()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "expected") {
            assert!(path.with_extension("").is_dir() || path.with_extension("yaml").is_file(), "{}", path.display());
        }
    }
}
