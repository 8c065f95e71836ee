//! The JSON Schema of the configuration (draft 2020-12): the members, defaults and descriptions of the sections. Editors
//! complete and check a file with it; the server itself checks more.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{
    Config,
    keys::{Key, Kind, keys},
};

/// The schema as it is generated, with all definitions in place. The registry of keys is read off it.
pub(super) fn raw_schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        settings.into_generator().into_root_schema_for::<Config>().to_value()
    });
    &SCHEMA
}

/// The JSON Schema of a configuration file. It is also kept in `config/sealflow.schema.json`.
///
/// `x-env` names the environment variable of a key, `writeOnly` marks secrets.
#[must_use]
pub fn schema() -> Value {
    let mut schema = raw_schema().clone();
    let defaults = serde_json::to_value(Config::default()).unwrap_or_default();
    if let Some(root) = schema.as_object_mut() {
        polish(root, keys(), Some(&defaults));
        root.insert("title".into(), json!("Config"));
    }
    schema
}

/// Turns a generated schema into the published one: one default per key, its variable, and no unknown members.
fn polish(schema: &mut Map<String, Value>, key: &Key, default: Option<&Value>) {
    schema.remove("x-env");
    schema.remove("default");
    schema.remove("format");
    schema.remove("title");
    if let Some(description) = schema.get_mut("description") {
        *description = json!(key.description);
    }
    if let Some(variable) = &key.variable {
        schema.insert("x-env".into(), json!(variable));
    }
    match &key.kind {
        Kind::Section(members) => {
            schema.insert("additionalProperties".into(), json!(false));
            let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
            for (member, own) in members.iter().zip(properties.values_mut()) {
                // Members of an entry have the default of their type, which the generator has written.
                let generated = own.get("default").cloned();
                let default = default.and_then(|section| section.get(&member.name)).or(generated.as_ref()).cloned();
                if let Some(own) = own.as_object_mut() {
                    polish(own, member, default.as_ref());
                }
            }
            return;
        }
        Kind::Entries(entry) => nested(schema, "items", entry),
        Kind::Texts => {
            // The description of the list says it all; what a secret is in Rust says nothing.
            if let Some(items) = schema.get_mut("items").and_then(Value::as_object_mut) {
                items.remove("description");
            }
        }
        Kind::Named(entry) => nested(schema, "additionalProperties", entry),
        _ => {}
    }
    // A default that names no place of its own, such as "no directory", needs no mention.
    if let Some(default) = default.filter(|default| !default.is_null()) {
        schema.insert("default".into(), default.clone());
    }
}

fn nested(schema: &mut Map<String, Value>, member: &str, entry: &Key) {
    if let Some(own) = schema.get_mut(member).and_then(Value::as_object_mut) {
        polish(own, entry, None);
    }
}
