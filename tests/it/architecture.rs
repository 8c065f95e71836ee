//! The rules of the house that a compiler does not enforce: which module may use which, and that no state name stands
//! in Rust.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// The modules in layers: a module may use modules of the layers below it, and nothing of its own layer but itself.
/// Modules that stand together in one entry belong together.
const LAYERS: &[&[&str]] = &[
    &["clock", "console", "random", "secret", "timestamp"],
    &["config", "engine"],
    &["storage"],
    &["keys", "limits"],
    &["notify"],
    &["identity"],
    &["services"],
    &["actions"],
    &["effects"],
    &["flows"],
    &["app"],
    &["http"],
    &["cli"],
];

/// Base modules that the engine may use although it stands alone.
const ENGINE_MAY_USE: &[&str] = &["clock", "random"];

/// Modules of one layer that may use each other in one direction only: (user, used).
const WITHIN_A_LAYER: &[(&str, &str)] = &[("console", "clock"), ("keys", "limits")];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A file without its unit tests, which stand at its end.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod ").next().unwrap_or(text)
}

fn is_test_file(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    path.components().any(|part| part.as_os_str() == "tests") || name == "tests.rs" || name == "testing.rs"
}

fn module_of(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("src")).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules of the crate that a file uses: `crate::x`, also inside `use crate::{x, y::z}`.
fn used(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let name = |text: &str| text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(name(rest));
            continue;
        };
        let (mut depth, mut start) = (0, true);
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if c.is_whitespace() => {}
                _ if start => {
                    found.insert(name(&group[at..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

#[test]
fn modules_use_only_what_stands_below_them() {
    let layer: BTreeMap<&str, usize> =
        LAYERS.iter().enumerate().flat_map(|(height, names)| names.iter().map(move |name| (*name, height))).collect();
    let mut broken = Vec::new();
    for path in rust_files(&root().join("src")) {
        let module = module_of(&path);
        if ["main", "lib"].contains(&module.as_str()) || is_test_file(&path) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let height = *layer.get(module.as_str()).unwrap_or_else(|| panic!("{module} has no layer: add it to LAYERS"));
        for other in used(without_tests(&text)) {
            let Some(below) = layer.get(other.as_str()) else { continue };
            let allowed = other == module
                || (if module == "engine" { ENGINE_MAY_USE.contains(&other.as_str()) } else { *below < height })
                || WITHIN_A_LAYER.contains(&(&module, &other));
            if !allowed {
                broken.push(format!("{}: `{module}` must not use `{other}`", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn poem_lives_in_http_only() {
    for path in rust_files(&root().join("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let uses = ["use poem", "poem::", "poem_openapi::"].iter().any(|name| without_tests(&text).contains(name));
        assert!(!uses || module_of(&path) == "http", "{} uses poem", path.display());
    }
}

/// The states of all shipped graphs: the keys below `states`.
fn state_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for directory in ["flows", "flows/shared"] {
        for entry in std::fs::read_dir(root().join(directory)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let text = std::fs::read_to_string(&path).unwrap();
                let states = text.split("\nstates:\n").nth(1).unwrap_or_default();
                let states = states.lines().take_while(|line| line.starts_with(' ') || line.is_empty());
                let key = |line: &str| {
                    let name = line.strip_prefix("  ")?.strip_suffix(':')?;
                    (!name.starts_with(' ')).then(|| name.to_owned())
                };
                names.extend(states.filter_map(key));
            }
        }
    }
    assert!(names.contains("passcode_confirmation"), "the states were found: {names:?}");
    // The engine itself ends flows there, whatever they are about.
    names.remove("error");
    names
}

#[test]
fn no_state_name_stands_in_rust() {
    let names = state_names();
    let mut found = Vec::new();
    for path in rust_files(&root().join("src")).into_iter().filter(|path| !is_test_file(path)) {
        let text = std::fs::read_to_string(&path).unwrap();
        for name in &names {
            if without_tests(&text).contains(&format!("\"{name}\"")) {
                found.push(format!("{} names the state {name}", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
