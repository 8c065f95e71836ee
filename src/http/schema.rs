//! Lets poem-openapi document types by their schemars schema, so that one struct with serde and schemars serves HTTP
//! answers, flow payloads and webhooks alike.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use poem_openapi::registry::{MetaSchema, MetaSchemaRef, Registry};
use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::transform_subschemas};
use serde_json::{Map, Value};

const COMPONENTS: &str = "#/components/schemas/";

/// Which side of serde a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// What may be sent to us.
    Request,
    /// What we send.
    Response,
}

/// The schema of `T` as it is used in an operation: a reference, or the schema itself where it has no name.
#[must_use]
pub fn reference<T: JsonSchema>(side: Use) -> MetaSchemaRef {
    schemas::<T>(side).0
}

/// Adds the schemas of `T`, and of everything in it, to the document.
pub fn register<T: JsonSchema>(registry: &mut Registry, side: Use) {
    for (name, schema) in schemas::<T>(side).1 {
        registry.schemas.entry(name).or_insert(schema);
    }
}

fn schemas<T: JsonSchema>(side: Use) -> (MetaSchemaRef, Vec<(String, MetaSchema)>) {
    let mut settings = SchemaSettings::openapi3();
    if side == Use::Response {
        settings = settings.for_serialize();
        settings.transforms.insert(0, Box::new(omit_instead_of_null));
    }
    let mut generator = settings.into_generator();
    let schema = generator.subschema_for::<T>();
    let definitions = generator.take_definitions(true);
    (convert(schema.as_value()), definitions.iter().map(|(name, schema)| (name.clone(), converted(schema))).collect())
}

/// schemars lets every `Option` be null. What we send leaves such a member out; a member that may really be null is a
/// required one.
fn omit_instead_of_null(schema: &mut Schema) {
    let required: HashSet<String> = texts(schema.get("required")).map(ToOwned::to_owned).collect();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (_, property) in properties.iter_mut().filter(|(name, _)| !required.contains(*name)) {
            remove_null(property);
        }
    }
    transform_subschemas(&mut omit_instead_of_null, schema);
}

fn remove_null(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            schema.extend(only);
        }
    }
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn convert(schema: &Value) -> MetaSchemaRef {
    match schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix(COMPONENTS)) {
        Some(name) => MetaSchemaRef::Reference(name.to_owned()),
        None => MetaSchemaRef::Inline(Box::new(converted(schema))),
    }
}

fn converted(schema: &Value) -> MetaSchema {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    let flag = |key: &str| schema.get(key).and_then(Value::as_bool).unwrap_or_default();
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    let size = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
    let list = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
    let child = |key: &str| schema.get(key).filter(|child| child.is_object()).map(|child| Box::new(convert(child)));
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::iter);
    MetaSchema {
        ty: text("type").map_or("", interned),
        format: text("format").map(interned),
        title: text("title").map(ToOwned::to_owned),
        description: text("description").map(interned),
        default: schema.get("default").cloned(),
        required: texts(schema.get("required")).map(interned).collect(),
        properties: properties.map(|(name, property)| (interned(name), convert(property))).collect(),
        items: child("items"),
        additional_properties: match schema.get("additionalProperties") {
            Some(Value::Bool(true)) => Some(Box::new(MetaSchemaRef::Inline(Box::new(MetaSchema::ANY)))),
            _ => child("additionalProperties"),
        },
        enum_items: list("enum").cloned().collect(),
        deprecated: flag("deprecated"),
        nullable: flag("nullable"),
        any_of: list("anyOf").map(convert).collect(),
        one_of: list("oneOf").map(convert).collect(),
        all_of: list("allOf").map(convert).collect(),
        read_only: flag("readOnly"),
        write_only: flag("writeOnly"),
        example: schema.get("example").cloned(),
        multiple_of: number("multipleOf"),
        maximum: number("maximum"),
        minimum: number("minimum"),
        max_length: size("maxLength"),
        min_length: size("minLength"),
        pattern: text("pattern").map(ToOwned::to_owned),
        max_items: size("maxItems"),
        min_items: size("minItems"),
        unique_items: schema.get("uniqueItems").and_then(Value::as_bool),
        max_properties: size("maxProperties"),
        min_properties: size("minProperties"),
        ..MetaSchema::ANY
    }
}

/// poem-openapi expects names that are known when it is compiled. Ours come from schemars; each distinct text is kept
/// once for the life of the process, however often the document is made.
fn interned(text: &str) -> &'static str {
    static TEXTS: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let texts = texts.get_or_insert_default();
    match texts.get(text) {
        Some(known) => known,
        None => {
            let kept: &'static str = Box::leak(text.into());
            texts.insert(kept);
            kept
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Inner {
        /// Which one.
        kind: Kind,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    #[schemars(inline)]
    enum Kind {
        Red,
        Blue,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Outer {
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        one: Option<Inner>,
        null: Option<String>,
        #[serde(default)]
        many: Vec<Inner>,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }

    fn document(side: Use) -> Value {
        let mut registry = Registry::new();
        register::<Outer>(&mut registry, side);
        serde_json::to_value(&registry.schemas).unwrap()
    }

    #[test]
    fn refers_to_named_types() {
        assert_eq!(reference::<Outer>(Use::Response), MetaSchemaRef::Reference("Outer".into()));
        assert!(matches!(reference::<String>(Use::Response), MetaSchemaRef::Inline(schema) if schema.ty == "string"));
    }

    #[test]
    fn keeps_what_schemars_says_about_a_type() {
        assert_eq!(
            document(Use::Response),
            json!({
                "Inner": {
                    "type": "object",
                    "required": ["kind"],
                    "properties": {
                        "kind": { "type": "string", "enum": ["red", "blue"], "description": "Which one." }
                    }
                },
                "Outer": {
                    "type": "object",
                    "required": ["null", "many"],
                    "properties": {
                        "text": { "type": "string" },
                        "one": { "$ref": "#/components/schemas/Inner" },
                        "null": { "type": "string", "nullable": true },
                        "many": {
                            "type": "array", "items": { "$ref": "#/components/schemas/Inner" }, "default": []
                        }
                    },
                    "additionalProperties": {}
                }
            })
        );
    }

    #[test]
    fn does_not_require_a_client_to_send_what_has_a_default() {
        assert_eq!(document(Use::Request)["Outer"].get("required"), None);
    }
}
