//! The file laid over the defaults (spec chapter 05, section 1.3).

use std::{path::PathBuf, sync::Arc};

use serde_json::{Map, Value};

use super::{
    super::keys::{Key, Kind, keys},
    Draft, legacy,
    node::{Content, Entry, Node},
    report::Origin,
    scalar,
};

/// Lays the file over the draft, member by member; lists replace lists, null changes nothing.
pub(super) fn overlay(draft: &mut Draft, path: PathBuf, root: &Node) {
    let mut reader = Reader { source: Source::File(Arc::new(path)), draft };
    let given = match &root.content {
        Content::Null => return,
        Content::Mapping(entries) => reader.section(keys(), "", entries),
        _ => return reader.refuse(keys(), "the file", root, "is not a mapping of keys to values"),
    };
    merge(&mut draft.values, given);
}

fn merge(base: &mut Value, given: Value) {
    match (base, given) {
        (Value::Object(base), Value::Object(given)) => {
            for (name, value) in given {
                merge(base.entry(name).or_insert(Value::Null), value);
            }
        }
        (base, given) => *base = given,
    }
}

/// Reads the list of sections that a variable holds.
pub(super) fn entries(draft: &mut Draft, variable: &str, key: &Key, items: Vec<Node>) -> Option<Value> {
    let mut reader = Reader { source: Source::Variable(variable.to_owned()), draft };
    reader.value(key, &key.path, &Node { line: 1, content: Content::List(items) })
}

struct Reader<'a> {
    source: Source,
    draft: &'a mut Draft,
}

/// What is being read.
enum Source {
    File(Arc<PathBuf>),
    Variable(String),
}

impl Reader<'_> {
    fn section(&mut self, section: &Key, path: &str, entries: &[Entry]) -> Value {
        let mut given = Map::new();
        for entry in entries {
            let path = join(path, &entry.name);
            let Some(member) = member(section, entries, &entry.name) else {
                self.unknown(section, &path, &entry.value);
                continue;
            };
            let path = match path.rsplit_once('.') {
                Some((section, _)) => join(section, &member.name),
                None => member.name.clone(),
            };
            if let Some(value) = self.value(member, &path, &entry.value) {
                given.insert(member.name.clone(), value);
            }
        }
        Value::Object(given)
    }

    fn value(&mut self, key: &Key, path: &str, node: &Node) -> Option<Value> {
        let value = match (&key.kind, &node.content) {
            (_, Content::Null) => return None,
            (Kind::Section(_), Content::Mapping(entries)) => return Some(self.section(key, path, entries)),
            (Kind::Named(entry), Content::Mapping(entries)) => self.named(entry, path, entries),
            (Kind::Entries(entry), Content::List(items)) => self.entries(entry, path, items),
            // One entry needs no list around it.
            (Kind::Entries(entry), Content::Mapping(_)) => self.entries(entry, path, std::slice::from_ref(node)),
            (Kind::Anything, Content::Mapping(_)) => node.to_json(),
            (Kind::Section(_) | Kind::Named(_) | Kind::Anything, _) => {
                self.refuse(key, path, node, "is not a mapping of keys to values");
                return None;
            }
            (Kind::Entries(_), _) => {
                self.refuse(key, path, node, "is not a list");
                return None;
            }
            _ => match scalar::from_node(&key.kind, node) {
                Ok(value) => value,
                Err(rule) => {
                    self.refuse(key, path, node, &rule);
                    return None;
                }
            },
        };
        self.draft.report.origins.insert(path.to_owned(), self.origin(node));
        Some(value)
    }

    fn named(&mut self, key: &Key, path: &str, entries: &[Entry]) -> Value {
        let given = entries
            .iter()
            .filter_map(|entry| Some((entry.name.clone(), self.value(key, &join(path, &entry.name), &entry.value)?)));
        Value::Object(given.collect())
    }

    fn entries(&mut self, key: &Key, path: &str, items: &[Node]) -> Value {
        let items = items.iter().enumerate();
        items.filter_map(|(index, item)| self.value(key, &format!("{path}[{index}]"), item)).collect()
    }

    fn unknown(&mut self, section: &Key, path: &str, node: &Node) {
        let origin = self.origin(node);
        match legacy::recognize(path) {
            legacy::Recognized::Key(name) if !matches!(node.content, Content::Null) => {
                self.draft.legacy.file(name, node.clone(), origin);
            }
            legacy::Recognized::Section => match &node.content {
                Content::Mapping(entries) => {
                    let nobody = Key { kind: Kind::Section(Vec::new()), ..section.clone() };
                    for entry in entries {
                        self.unknown(&nobody, &join(path, &entry.name), &entry.value);
                    }
                }
                Content::Null => {}
                _ => self.warn(path, origin, "is a section of the v2 line, not a value: it has no effect"),
            },
            legacy::Recognized::Key(_) => {}
            legacy::Recognized::Nothing => {
                let message = match suggestion(section, path) {
                    Some(known) => format!("is no known key and has no effect; did you mean {known}?"),
                    None => "is no known key and has no effect".to_owned(),
                };
                self.warn(path, origin, &message);
            }
        }
    }

    fn warn(&mut self, path: &str, origin: Origin, message: &str) {
        self.draft.report.origins.insert(path.to_owned(), origin);
        self.draft.report.warn(path, message);
        // An unknown key does not make its section explicit.
        self.draft.report.origins.remove(path);
    }

    fn refuse(&mut self, key: &Key, path: &str, node: &Node, rule: &str) {
        let origin = self.origin(node);
        let report = &mut self.draft.report;
        report.origins.insert(path.to_owned(), origin);
        if key.secret {
            report.missing(path, rule);
        } else {
            report.problem(path, &node.to_string(), rule);
        }
    }

    fn origin(&self, node: &Node) -> Origin {
        match &self.source {
            Source::File(path) => Origin::File(Arc::clone(path), node.line),
            Source::Variable(name) => Origin::Variable(name.clone()),
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The member that an entry of the file means: the one of that name, or the one that differs in case only and is not
/// given by its own name as well.
fn member<'a>(section: &'a Key, entries: &[Entry], name: &str) -> Option<&'a Key> {
    let members = section.members();
    members.iter().find(|member| member.name == name).or_else(|| {
        let member = members.iter().find(|member| member.name.eq_ignore_ascii_case(name))?;
        let first = entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))?;
        let exact = entries.iter().any(|entry| entry.name == member.name);
        (!exact && first.name == name).then_some(member)
    })
}

/// The known key that an unknown one is probably meant to be.
fn suggestion(section: &Key, path: &str) -> Option<String> {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let name = name.to_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&name, other);
    let sibling = section.members().iter().min_by_key(|member| distance(&member.name));
    if let Some(sibling) = sibling.filter(|sibling| distance(&sibling.name) <= name.len().max(6) / 3) {
        return Some(join(parent, &sibling.name));
    }
    let leaves = keys().leaves();
    let mut elsewhere = leaves.iter().filter(|key| key.name == name);
    match (elsewhere.next(), elsewhere.next()) {
        (Some(key), None) => Some(key.path.clone()),
        _ => None,
    }
}
