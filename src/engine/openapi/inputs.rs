//! The schemas of inputs: how they are shown, and what is submitted.

use serde_json::{Map, Value, json};

use super::{Describer, pascal};
use crate::engine::{
    domain::Domain,
    graph::{Action, Run},
    input::{Input, InputType},
};

impl<D: Domain> Describer<'_, D> {
    /// What is shown of each input, and the names of those that are declared in any case under these settings.
    pub(super) fn input_views(&mut self, action: &Action<D>) -> (Map<String, Value>, Vec<String>) {
        let declared = self.declared(action);
        let submitted = self.submitted(action);
        let possible = submitted.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut views = Map::new();
        for name in possible.keys() {
            let input = declared.iter().find(|input| input.name == name.as_str());
            let kind = input.map_or_else(|| json!({ "type": "string" }), |input| json!({ "const": input.kind }));
            views.insert(name.clone(), view(name, &kind));
        }
        (views, declared.iter().map(|input| input.name.to_string()).collect())
    }

    /// Describes the body of a request that takes an action, and gives the name of its schema.
    pub(super) fn request(&mut self, action: &Action<D>) -> String {
        let base = pascal(&self.unique_name(action));
        let (inputs, name) = (format!("{base}Inputs"), format!("{base}Request"));
        if !self.schemas.contains_key(&name) {
            let submitted = self.submitted(action);
            self.schemas.insert(inputs.clone(), submitted);
            let schema = json!({
                "type": "object",
                "description": format!("Takes the action `{}`.", action.name),
                "properties": {
                    "input_data": { "$ref": format!("#/components/schemas/{inputs}") },
                    "csrf_token": { "type": "string", "description": "That of the last answer." },
                },
                "required": ["csrf_token"],
            });
            self.schemas.insert(name.clone(), schema);
        }
        name
    }

    /// The inputs as a client submits them, with the limits that hold under these settings.
    fn submitted(&mut self, action: &Action<D>) -> Value {
        let Some(contract) = action.contract() else {
            return json!({ "type": "object", "description": "No inputs.", "properties": {} });
        };
        // The type itself, not a reference to it: limits are added below.
        let generated = (contract.input)(&mut self.submitted).to_value();
        let mut schema = match generated.get("$ref").and_then(Value::as_str) {
            Some(path) => {
                let name = path.rsplit('/').next().unwrap_or_default().to_owned();
                self.submitted.definitions_mut().remove(&name).unwrap_or_default()
            }
            None => generated,
        };
        if let Some(members) = schema.as_object_mut() {
            members.remove("title");
            members.remove("required");
            members.entry("properties").or_insert_with(|| json!({}));
        }
        let declared = self.declared(action);
        let required: Vec<&str> =
            declared.iter().filter(|input| is_enforced(input)).map(|input| input.name.as_ref()).collect();
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            for (name, property) in properties {
                if let Some(members) = property.as_object_mut() {
                    members.remove("default");
                }
                if let Some(input) = declared.iter().find(|input| input.name == name.as_str()) {
                    limit(property, input);
                }
            }
        }
        schema
    }

    fn declared(&self, action: &Action<D>) -> Vec<Input> {
        match &action.run {
            Run::Implementation { action, .. } => action.inputs(self.settings, &D::Stash::default()),
            Run::Back | Run::Go(_) => Vec::new(),
        }
    }
}

/// Whether leaving the input out is an error; on boolean and JSON inputs `required` is only a hint.
fn is_enforced(input: &Input) -> bool {
    input.required == Some(true) && !matches!(input.kind, InputType::Boolean | InputType::Json)
}

fn limit(property: &mut Value, input: &Input) {
    if !property.is_object() {
        *property = json!({});
    }
    if let Some(min) = input.min_length.filter(|_| input.required == Some(true)) {
        property["minLength"] = json!(min);
    }
    if let Some(max) = input.max_length {
        property["maxLength"] = json!(max);
    }
    match input.kind {
        InputType::Email => property["format"] = json!("email"),
        InputType::Password => property["format"] = json!("password"),
        InputType::Json => property["type"] = json!(["object", "string"]),
        InputType::String | InputType::Boolean | InputType::Number => {}
    }
    if !input.allowed_values.is_empty() {
        let values: Vec<&str> = input.allowed_values.iter().map(|allowed| allowed.value.as_str()).collect();
        property["enum"] = json!(values);
    }
}

fn view(name: &str, kind: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "const": name },
            "type": kind,
            "value": { "description": "The value to show. Only on inputs that keep it; null when there is none." },
            "min_length": { "type": "integer" },
            "max_length": { "type": "integer" },
            "required": { "type": "boolean" },
            "hidden": { "type": "boolean" },
            "error": { "$ref": "#/components/schemas/InputError" },
            "allowed_values": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": { "value": {}, "name": { "type": "string" } },
                    "required": ["value", "name"],
                },
            },
        },
        "required": ["name", "type"],
        "additionalProperties": false,
    })
}
