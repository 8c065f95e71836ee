//! The documentation of all keys: a configuration file with every default, explained. Generated from the registry, so
//! that it cannot fall behind.

use std::fmt::Write;

use serde_json::Value;

use super::{
    Config,
    keys::{Key, Kind, keys},
};

/// How wide comments are, in characters.
const WIDTH: usize = 110;

/// The text of `config/default.yaml`: every key with its default, its meaning and its environment variable.
#[must_use]
pub fn reference() -> String {
    let defaults = serde_json::to_value(Config::default()).unwrap_or_default();
    let mut page = Page::default();
    page.comment(0, &keys().description, "");
    page.comment(
        0,
        "This file documents the defaults; it is not read. Name in config/config.yaml only what differs. Each key can \
         also be set by the environment variable beside it.",
        "",
    );
    for section in keys().members() {
        page.text.push('\n');
        page.key(section, 0, &defaults[&section.name]);
    }
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn key(&mut self, key: &Key, depth: usize, default: &Value) {
        self.comment(depth, &key.description, "");
        match &key.kind {
            Kind::Section(members) => {
                self.line(depth, &format!("{}:", key.name));
                for member in members {
                    self.key(member, depth + 1, &default[&member.name]);
                }
                return;
            }
            Kind::Choice { allowed, .. } => {
                self.comment(depth, "One of", "");
                for choice in allowed {
                    self.comment(depth, &format!("{}: {}", choice.value, choice.description), "  ");
                }
            }
            Kind::Entries(entry) | Kind::Named(entry) if !entry.members().is_empty() => {
                self.comment(depth, "Members of an entry", "");
                self.members(entry, depth, "");
            }
            _ => {}
        }
        if let Some(variable) = &key.variable {
            self.comment(depth, variable, "");
        }
        // JSON is YAML, and quotes what YAML would misread.
        self.line(depth, &format!("{}: {}", key.name, scalar(default)));
    }

    /// The members of the entries of a list or mapping, as comments.
    fn members(&mut self, entry: &Key, depth: usize, path: &str) {
        for member in entry.members() {
            let name = format!("{path}{}", member.name);
            self.comment(depth, &format!("{name}: {}", member.description), "  ");
            self.members(member, depth, &format!("{name}."));
        }
    }

    fn comment(&mut self, depth: usize, text: &str, indent: &str) {
        let width = WIDTH.saturating_sub(2 * depth + indent.len() + 2);
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                self.line(depth, &format!("# {indent}{line}"));
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(depth, &format!("# {indent}{line}"));
    }

    fn line(&mut self, depth: usize, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{:1$}{text}", "", 2 * depth);
    }
}

/// Plain words stay unquoted where YAML reads them as the same text.
fn scalar(value: &Value) -> String {
    match value.as_str() {
        Some(text)
            if text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | ' ')) =>
        {
            let ambiguous = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
            if ambiguous.contains(&text.to_ascii_lowercase().as_str()) { value.to_string() } else { text.to_owned() }
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use super::*;
    use crate::config::schema;

    /// Compares a generated file with the one that is kept; with `UPDATE=1` it is written instead.
    fn assert_current(name: &str, generated: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name);
        if env::var_os("UPDATE").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, generated).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == generated, "config/{name} is stale: run `UPDATE=1 cargo test --lib config::reference`");
    }

    #[test]
    fn the_schema_is_current() {
        assert_current("sealflow.schema.json", &format!("{:#}\n", schema()));
    }

    #[test]
    fn the_documented_defaults_are_current() {
        assert_current("default.yaml", &reference());
    }
}
