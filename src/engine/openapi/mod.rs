//! The OpenAPI 3.1 description of flows, made from the graphs that run: a schema for each state, each action and each
//! of its inputs, and for each flow the union of its states.

mod inputs;
mod states;

use std::collections::BTreeMap;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    action::Registry,
    domain::Domain,
    graph::{Graph, State},
    wire::{ERROR_NAME, Link},
};

/// The parts of an OpenAPI document that describe flows.
#[derive(Debug, Default)]
pub struct Description {
    /// The paths, with their operations.
    pub paths: Map<String, Value>,
    /// The schemas by name.
    pub schemas: Map<String, Value>,
}

/// Describes all flows as they are under these settings.
#[must_use]
pub fn describe<'a, D: Domain>(
    graphs: impl IntoIterator<Item = &'a Graph<D>>,
    registry: &Registry<D>,
    settings: &D::Settings,
) -> Description {
    let draft = SchemaSettings::draft2020_12().with(|draft| draft.definitions_path = "/components/schemas".into());
    let (submitted, shown) = (draft.clone().into_generator(), draft.for_serialize().into_generator());
    let mut describer = Describer { registry, settings, submitted, shown, schemas: BTreeMap::new() };
    let mut paths = Map::new();
    for graph in graphs {
        paths.insert(format!("/{}", graph.name), describer.flow(graph));
    }
    describer.errors();
    describer.schemas.insert("Rejection".to_owned(), rejection());
    let link = describer.shown.subschema_for::<Link>().to_value();
    describer.schemas.insert(
        "Links".to_owned(),
        json!({ "type": ["array", "null"], "items": link, "description": "Addresses to offer beside the actions." }),
    );
    let mut schemas: Map<String, Value> = describer.submitted.take_definitions(true);
    schemas.extend(describer.shown.take_definitions(true));
    schemas.extend(describer.schemas);
    schemas.sort_keys();
    Description { paths, schemas }
}

/// Collects the schemas on the way through the graphs.
struct Describer<'a, D: Domain> {
    registry: &'a Registry<D>,
    settings: &'a D::Settings,
    /// Describes what clients send: what may be left out is not required.
    submitted: SchemaGenerator,
    /// Describes what clients get: what is always there is required.
    shown: SchemaGenerator,
    schemas: BTreeMap<String, Value>,
}

impl<D: Domain> Describer<'_, D> {
    fn flow(&mut self, graph: &Graph<D>) -> Value {
        let (mut variants, mut mapping, mut requests) = (Vec::new(), Map::new(), Vec::new());
        for state in graph.states.values().filter(|state| state.name != ERROR_NAME) {
            let reference = reference(&self.state(graph, state));
            mapping.insert(state.name.clone(), reference["$ref"].clone());
            variants.push(reference);
            for action in state.actions.values() {
                let request = self::reference(&self.request(action));
                if !requests.contains(&request) {
                    requests.push(request);
                }
            }
        }
        let failed = reference("Rejection");
        mapping.insert(ERROR_NAME.to_owned(), failed["$ref"].clone());
        variants.push(failed);
        let union = format!("{}Flow", pascal(&graph.name));
        let description = graph.about.clone().unwrap_or_else(|| format!("The flow {}.", graph.name));
        self.schemas.insert(
            union.clone(),
            json!({
                "description": description,
                "oneOf": variants,
                "discriminator": { "propertyName": "name", "mapping": mapping },
            }),
        );
        operation(graph, &description, &union, &requests)
    }

    /// The errors of all flows: an enumeration of the codes, and what is shown of an error.
    fn errors(&mut self) {
        let mut flow_errors = self.registry.errors.clone();
        for error in [super::error::TECHNICAL, super::error::EXPIRED] {
            flow_errors.insert(error.code.clone(), error);
        }
        for action in self.registry.actions.values() {
            flow_errors.extend(action.contract().refusals.into_iter().map(|error| (error.code.clone(), error)));
        }
        let codes: Vec<&str> = flow_errors.keys().map(AsRef::as_ref).collect();
        let meaning =
            flow_errors.values().map(|error| format!("- `{}` ({}): {}", error.code, error.status, error.message));
        let meaning = meaning.collect::<Vec<_>>().join("\n");
        let shown = |code: &str, what: &str| {
            json!({
                "type": "object",
                "description": what,
                "properties": {
                    "code": { "$ref": format!("#/components/schemas/{code}") },
                    "message": { "type": "string", "description": "A text in English, for developers." },
                    "cause": { "type": "string", "description": "What led to the error." },
                },
                "required": ["code", "message"],
                "additionalProperties": false,
            })
        };
        let code_schema =
            |codes: Vec<&str>, meaning: String| json!({ "type": "string", "enum": codes, "description": meaning });
        self.schemas.insert("FlowErrorCode".to_owned(), code_schema(codes, meaning));
        self.schemas.insert(
            "FlowError".to_owned(),
            shown("FlowErrorCode", "What went wrong. The causes of flow errors are shown in debug mode only."),
        );
        let codes: Vec<&str> = self.registry.input_errors.keys().map(AsRef::as_ref).collect();
        let meaning = self.registry.input_errors.values().map(|error| format!("- `{}`: {}", error.code, error.message));
        let meaning = meaning.collect::<Vec<_>>().join("\n");
        self.schemas.insert("InputErrorCode".to_owned(), code_schema(codes, meaning));
        self.schemas.insert("InputError".to_owned(), shown("InputErrorCode", "What is wrong with an input."));
    }

    /// What effects and actions can put into the payload of a state, as its graph declares it.
    fn member(&mut self, name: &str) -> Option<Value> {
        let effects = self.registry.effects.values().flat_map(|effect| effect.contract().payload);
        let actions = self.registry.actions.values().flat_map(|action| action.contract().payload);
        let member = effects.chain(actions).find(|member| member.name == name)?;
        Some((member.schema)(&mut self.shown).to_value())
    }
}

fn operation<D: Domain>(graph: &Graph<D>, description: &str, union: &str, requests: &[Value]) -> Value {
    let name = &graph.name;
    let answer = json!({
        "description": "The state of the flow. The HTTP status equals the member `status`.",
        "headers": {
            "X-Session-Lifetime": { "description": "When a session was issued: its lifetime in seconds.", "schema": { "type": "integer" } },
            "X-Session-Retention": { "description": "When a session was issued: whether it outlives the browser.", "schema": { "type": "string", "enum": ["persistent", "session"] } },
            "X-Auth-Token": { "description": "When a session was issued and is not sent as a cookie: its token.", "schema": { "type": "string" } },
        },
        "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{union}") } } },
    });
    json!({
        "post": {
            "operationId": name,
            "tags": ["flows"],
            "summary": format!("Start or continue a {name} flow"),
            "description": format!(
                "{description}\n\nWithout `action` a new flow begins, and the body is ignored. With `action` the flow takes \
                 that action: clients post to the `href` of an action of the last answer, with its `csrf_token`."
            ),
            "parameters": [{
                "name": "action",
                "in": "query",
                "required": false,
                "description": "The name of the action and the id of the flow, joined by `@`.",
                "schema": { "type": "string", "pattern": "^[^@]*@[^@]*$" },
            }],
            "requestBody": {
                "required": false,
                "content": { "application/json": { "schema": { "anyOf": requests } } },
            },
            "responses": { "default": answer },
        }
    })
}

fn rejection() -> Value {
    json!({
        "type": "object",
        "description": "The request was rejected or failed, or the flow ended in a failure.",
        "properties": {
            "name": { "const": ERROR_NAME },
            "status": { "type": "integer" },
            "payload": { "type": "object", "additionalProperties": false },
            "csrf_token": { "type": "string" },
            "actions": { "type": "object", "additionalProperties": false },
            "error": { "$ref": "#/components/schemas/FlowError" },
            "links": { "$ref": "#/components/schemas/Links" },
        },
        "required": ["name", "status", "csrf_token", "actions", "error", "links"],
        "additionalProperties": false,
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The name of the schema of a state in a flow.
fn state_name<D: Domain>(graph: &Graph<D>, state: &State<D>) -> String {
    format!("{}{}State", pascal(&graph.name), pascal(&state.name))
}

/// `login_init` becomes `LoginInit`.
fn pascal(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    name.split('_').map(word).collect()
}
