//! The OpenAPI 3.1 document of the public server: the flows, as their graphs describe them, and the endpoints around
//! them, as poem-openapi describes them.

use serde_json::{Map, Value, json};

use crate::{
    actions::{Authentication, SESSION},
    config::Config,
    engine::{Graph, Registry, openapi},
    http::{public, session::SECURITY_SCHEMES},
};

/// The document for these graphs under this configuration.
#[must_use]
pub fn public<'a>(
    graphs: impl IntoIterator<Item = &'a Graph<Authentication>>,
    registry: &Registry<Authentication>,
    config: &Config,
) -> Value {
    let mut document = public::public_api_spec();
    modernise(&mut document);
    document["openapi"] = json!("3.1.0");
    document["servers"] = json!([{ "url": "/" }]);
    let graphs: Vec<_> = graphs.into_iter().collect();
    let mut flows = openapi::describe(graphs.iter().copied(), registry, config);
    for graph in graphs.iter().filter(|graph| graph.requires.iter().any(|name| name == SESSION)) {
        if let Some(operation) = flows.paths.get_mut(&format!("/{}", graph.name)).and_then(|path| path.get_mut("post"))
        {
            operation["security"] = json!(SECURITY_SCHEMES.map(|name| json!({ name: [] })));
        }
    }
    extend(&mut document, "/paths", flows.paths);
    extend(&mut document, "/components/schemas", flows.schemas);
    let tag = json!({ "name": "flows", "description": "Sign-in and sign-up, step by step." });
    if let Some(tags) = document.get_mut("tags").and_then(Value::as_array_mut) {
        tags.insert(0, tag);
    } else {
        document["tags"] = json!([tag]);
    }
    document.sort_all_objects();
    document
}

fn extend(document: &mut Value, pointer: &str, members: Map<String, Value>) {
    if let Some(object) = document.pointer_mut(pointer).and_then(Value::as_object_mut) {
        object.extend(members);
    }
}

/// OpenAPI 3.0 says `nullable: true` where JSON Schema, and so OpenAPI 3.1, lists `null` among the types.
fn modernise(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.remove("nullable") == Some(Value::Bool(true))
                && let Some(kind) = members.get_mut("type")
            {
                *kind = json!([kind.take(), "null"]);
            }
            members.values_mut().for_each(modernise);
        }
        Value::Array(elements) => elements.iter_mut().for_each(modernise),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
