//! The schemas of states: their payloads and the actions that they offer.

use serde_json::{Map, Value, json};

use super::{Describer, pascal, reference, state_name};
use crate::engine::{
    domain::Domain,
    graph::{Action, Graph, State},
};

impl<D: Domain> Describer<'_, D> {
    /// Describes a state of a flow and gives the name of its schema.
    pub(super) fn state(&mut self, graph: &Graph<D>, state: &State<D>) -> String {
        let payload: Map<String, Value> =
            state.payload.iter().filter_map(|name| Some((name.clone(), self.member(name)?))).collect();
        let actions: Map<String, Value> =
            state.actions.values().map(|action| (action.name.clone(), reference(&self.action(action)))).collect();
        let name = state_name(graph, state);
        let schema = json!({
            "type": "object",
            "description": state.about.clone().unwrap_or_else(|| format!("The state {}.", state.name)),
            "properties": {
                "name": { "const": state.name },
                "status": { "type": "integer" },
                "payload": { "type": "object", "properties": payload, "additionalProperties": false },
                "csrf_token": { "type": "string", "pattern": "^[0-9A-Za-z]{32}$" },
                "actions": { "type": "object", "properties": actions, "additionalProperties": false },
                "error": { "$ref": "#/components/schemas/FlowError" },
                "links": { "$ref": "#/components/schemas/Links" },
            },
            "required": ["name", "status", "payload", "csrf_token", "actions", "links"],
            "additionalProperties": false,
        });
        self.schemas.insert(name.clone(), schema);
        name
    }

    /// Describes what is shown of an action and gives the name of its schema.
    fn action(&mut self, action: &Action<D>) -> String {
        let name = format!("{}Action", pascal(&self.unique_name(action)));
        if !self.schemas.contains_key(&name) {
            let (inputs, required) = self.input_views(action);
            let schema = json!({
                "type": "object",
                "description": action.description,
                "properties": {
                    "href": { "type": "string", "description": "Where to post the inputs, relative to the address of the API." },
                    "inputs": { "type": "object", "properties": inputs, "required": required, "additionalProperties": false },
                    "action": { "const": action.name },
                    "description": { "type": "string" },
                },
                "required": ["href", "inputs", "action", "description"],
                "additionalProperties": false,
            });
            self.schemas.insert(name.clone(), schema);
        }
        name
    }

    /// One action can have different implementations in different states; each gets schemas of its own.
    pub(super) fn unique_name(&self, action: &Action<D>) -> String {
        match action.contract() {
            Some(contract) => contract.name.to_string(),
            None => action.name.clone(),
        }
    }
}
