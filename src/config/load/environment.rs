//! Environment variables laid over defaults and file (spec chapter 05, section 1.4).

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_json::Value;

use super::{
    super::keys::{Key, Kind, keys},
    Draft, file, legacy,
    node::Node,
    report::Origin,
    scalar,
};

/// Names that look like keys but cannot hold their values.
const UNUSABLE: [(&str, &str); 6] = [
    ("SAML_IDENTITYPROVIDERS", "saml.identity_providers"),
    ("SAML_IDENTITY_PROVIDERS", "saml.identity_providers"),
    ("THIRD_PARTY_CUSTOMPROVIDERS", "third_party.custom_providers"),
    ("THIRD_PARTY_CUSTOM_PROVIDERS", "third_party.custom_providers"),
    ("SESSION_JWTTEMPLATE_CLAIMS", "session.jwt_template.claims"),
    ("SESSION_JWT_TEMPLATE_CLAIMS", "session.jwt_template.claims"),
];

/// Lays the variables over the draft. A variable counts when it exists, even when it is empty; the name that all release
/// lines share wins over the regular one.
pub(super) fn overlay(draft: &mut Draft, environment: &BTreeMap<String, String>) {
    for key in keys().leaves() {
        let names = [&key.variable, &key.regular];
        let Some((name, text)) = names.into_iter().flatten().find_map(|name| environment.get_key_value(name)) else {
            continue;
        };
        draft.report.origins.insert(key.path.clone(), Origin::Variable(name.clone()));
        match read(draft, key, name, text) {
            Ok(Some(value)) => draft.set(&key.path, value),
            Ok(None) => {}
            Err(rule) if matches!(key.kind, Kind::Entries(_)) => draft.report.missing(&key.path, &rule),
            Err(rule) => draft.report.problem(&key.path, text, &rule),
        }
    }
    for (name, path) in UNUSABLE {
        if environment.contains_key(name) {
            let message = format!("cannot be given in the environment: {name} has no effect");
            draft.report.warn(path, &message);
        }
    }
    for (name, path) in legacy::variables() {
        if let Some(text) = environment.get(name) {
            draft.legacy.variable(path, text.clone(), Origin::Variable(name.to_owned()));
        }
    }
}

fn read(draft: &mut Draft, key: &Key, variable: &str, text: &str) -> Result<Option<Value>, String> {
    if !matches!(key.kind, Kind::Entries(_)) {
        return scalar::from_text(&key.kind, text).map(Some);
    }
    let nodes = objects(text)?.into_iter().map(|object| Node::parse(object).map_err(|error| error.message));
    Ok(file::entries(draft, variable, key, nodes.collect::<Result<_, _>>()?))
}

/// Splits JSON objects at the semicolons between them; those within texts do not count.
fn objects(text: &str) -> Result<Vec<&str>, String> {
    let mut objects = Vec::new();
    let mut rest = text;
    loop {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        match values.next() {
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(format!("is not JSON: {error}")),
            None => return Err("is not JSON: an object is missing".into()),
        }
        let (object, tail) = rest.split_at(values.byte_offset());
        objects.push(object);
        match tail.trim_start().strip_prefix(';') {
            Some(tail) => rest = tail,
            None if tail.trim().is_empty() => return Ok(objects),
            None => return Err("has something other than a semicolon between its objects".into()),
        }
    }
}
