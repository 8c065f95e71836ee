//! The file format of graphs: what a person writes in `flows/*.yaml`, with the place of every name kept for messages.
//!
//! A file holds either a *flow* (reachable from outside) or a *sub-flow* (a bundle of states that flows take in). The
//! types here only say what can be written; [`super::compile`] says what it means.

use std::{fmt, hash::Hash};

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer, value::SeqAccessDeserializer},
};

/// A value with the line of its file on which it stands (counted from 1).
#[derive(Debug, Clone)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// The line; 0 where the value was not written but assumed.
    pub line: usize,
}

impl<T> At<T> {
    /// `value` on `line`.
    pub const fn new(value: T, line: usize) -> Self {
        Self { value, line }
    }
}

impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for At<T> {}

impl<T: Hash> Hash for At<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = serde_saphyr::Spanned::<T>::deserialize(deserializer)?;
        let line = usize::try_from(spanned.referenced.line()).unwrap_or(0);
        Ok(Self { value: spanned.value, line })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// A name as it stands in a file.
pub type Name = At<String>;

/// One graph file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Sealflow graph", description = "A flow or a sub-flow: a graph of states, actions and outcomes.")]
pub struct File {
    /// Name of the flow. It is reachable at `POST /<name>`. A file has either `flow` or `subflow`.
    #[serde(default)]
    pub flow: Option<Name>,
    /// Name of the sub-flow. It has no address of its own; flows take it in with `use`.
    #[serde(default)]
    pub subflow: Option<Name>,
    /// What the graph is for, in a sentence or two.
    #[serde(default)]
    pub about: Option<String>,
    /// How long a flow may be continued after it was started, such as `24h` or `60m`. Only in flows; default `24h`.
    #[serde(default)]
    pub lifetime: Option<At<String>>,
    /// The state in which a flow begins, then the states that are scheduled to follow. Only in flows.
    #[serde(default)]
    pub start: Vec<Name>,
    /// The sub-flows whose states this graph takes in. A state that the graph defines itself wins over theirs.
    #[serde(default, rename = "use")]
    pub uses: Vec<Name>,
    /// What a request must come with before the flow looks at it, such as `session`. Only in flows.
    #[serde(default)]
    pub requires: Vec<Name>,
    /// Effects that run before each action of the flow: at the start of every request and again before the next state
    /// is shown. Only in flows.
    #[serde(default)]
    pub before_each_action: Vec<At<EffectCall>>,
    /// Named expressions (CEL) that guards can use like variables. They may use each other, but not in a circle.
    #[serde(default)]
    pub facts: IndexMap<Name, At<String>>,
    /// The states.
    #[serde(default)]
    pub states: IndexMap<Name, State>,
    /// What this flow adds to states that it takes in. Only in flows.
    #[serde(default)]
    pub extend: IndexMap<Name, Extension>,
    /// The agendas to carry out when a sub-flow is left: when the next state belongs to another graph, or there is none.
    #[serde(default)]
    pub on_leave_subflow: IndexMap<Name, Name>,
    /// Named lists of rules that schedule the states to visit next.
    #[serde(default)]
    pub agendas: IndexMap<Name, Agenda>,
}

/// A state: what the client sees between two requests.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    /// What the person is asked for in this state.
    pub about: Option<String>,
    /// The members that its payload can have.
    pub payload: Vec<Name>,
    /// Effects that run each time before the state is shown, in this order.
    pub on_enter: Vec<At<EffectCall>>,
    /// Effects that run each time the flow continues from this state, in this order.
    pub on_leave: Vec<At<EffectCall>>,
    /// The actions, by the name that is seen on the wire. A state without actions ends the flow.
    pub actions: IndexMap<Name, Option<Action>>,
}

/// What a flow adds to a state of a sub-flow. Its effects run after those of the sub-flow.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Extension {
    /// Further members that the payload can have.
    pub payload: Vec<Name>,
    /// Further effects that run before the state is shown.
    pub on_enter: Vec<At<EffectCall>>,
    /// Further effects that run when the flow continues from the state.
    pub on_leave: Vec<At<EffectCall>>,
}

/// An action of a state.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Action {
    /// The text that describes the action on the wire. Default: that of the implementation.
    pub description: Option<String>,
    /// The action is offered only while this expression (CEL) is true. Default: always.
    pub offer: Option<At<String>>,
    /// Name of the implementation, where it differs from the name on the wire.
    pub run: Option<Name>,
    /// Where each outcome of the implementation leads.
    pub outcomes: IndexMap<Name, At<Transition>>,
    /// For an action that only leads somewhere: where. Such an action has no implementation, inputs or outcomes.
    pub go: Option<At<Transition>>,
}

/// An effect by name, or with a condition.
#[derive(Debug, Clone)]
pub struct EffectCall {
    /// Name of the effect.
    pub run: Name,
    /// The effect runs only when this expression (CEL) is true.
    pub when: Option<At<String>>,
}

/// Where an outcome leads: `next`, `stay`, a state, one rule, or rules of which the first that applies decides.
#[derive(Debug, Clone)]
pub struct Transition {
    /// The rules in order; a bare word is a rule with nothing but its target.
    pub rules: Vec<At<Rule>>,
}

/// One rule of a transition.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// The rule applies only when this expression (CEL) is true. The last rule of a list has none.
    pub when: Option<At<String>>,
    /// Values put into the stash.
    pub set: IndexMap<Name, serde_json::Value>,
    /// Effects that run before the flow moves on.
    pub run: Vec<Name>,
    /// An agenda to carry out before the flow moves on.
    pub agenda: Option<Name>,
    /// Going back behind this step is impossible from now on.
    pub no_return: bool,
    /// An error that is shown with the next state.
    pub error: Option<Name>,
    /// Where to go: `next` (what is scheduled), `stay` (the same state again), or a state.
    pub to: Option<Name>,
    /// Instead of `to`: nothing happens but this error. The flow stays where it is, or ends in the state `error` when
    /// the error is a failure of the server.
    pub refuse: Option<Name>,
    /// Instead of `to` and `refuse`: rules of which the first that applies decides.
    pub choose: Option<Vec<At<Rule>>>,
}

/// A named list of rules that schedule states.
#[derive(Debug, Clone)]
pub struct Agenda {
    /// Carried out at most once in a flow.
    pub once: bool,
    /// The rules; all that apply are carried out, in order.
    pub rules: Vec<At<AgendaRule>>,
}

/// One rule of an agenda.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AgendaRule {
    /// The rule applies only when this expression (CEL) is true.
    pub when: Option<At<String>>,
    /// A state to append to the schedule.
    pub schedule: Option<Name>,
    /// An agenda to carry out here.
    pub agenda: Option<Name>,
    /// An error that is shown with the next state.
    pub error: Option<Name>,
    /// Rules of which only the first that applies is carried out.
    pub choose: Option<Vec<At<AgendaRule>>>,
    /// Rules that are all carried out.
    pub all: Option<Vec<At<AgendaRule>>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConditionalEffect {
    /// Name of the effect.
    run: Name,
    /// The effect runs only when this expression (CEL) is true.
    when: At<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AgendaOnce {
    /// Carry the agenda out at most once in a flow.
    #[serde(default)]
    once: bool,
    /// The rules; all that apply are carried out, in order.
    rules: Vec<At<AgendaRule>>,
}

struct EffectCallVisitor;

impl<'de> Visitor<'de> for EffectCallVisitor {
    type Value = EffectCall;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an effect, or `{ run: <effect>, when: <condition> }`")
    }

    fn visit_str<E>(self, name: &str) -> Result<EffectCall, E> {
        Ok(EffectCall { run: At::new(name.to_owned(), 0), when: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<EffectCall, A::Error> {
        let call = ConditionalEffect::deserialize(MapAccessDeserializer::new(map))?;
        Ok(EffectCall { run: call.run, when: Some(call.when) })
    }
}

impl<'de> Deserialize<'de> for EffectCall {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EffectCallVisitor)
    }
}

impl JsonSchema for EffectCall {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EffectCall".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let conditional = generator.subschema_for::<ConditionalEffect>();
        json_schema!({ "description": "An effect, by name or with a condition.", "anyOf": [{ "type": "string" }, conditional] })
    }
}

struct TransitionVisitor;

impl<'de> Visitor<'de> for TransitionVisitor {
    type Value = Transition;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`next`, `stay`, a state, a rule, or a list of rules")
    }

    fn visit_str<E>(self, target: &str) -> Result<Transition, E> {
        let rule = Rule { to: Some(At::new(target.to_owned(), 0)), ..Rule::default() };
        Ok(Transition { rules: vec![At::new(rule, 0)] })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Transition, A::Error> {
        Ok(Transition { rules: vec![At::new(Rule::deserialize(MapAccessDeserializer::new(map))?, 0)] })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Transition, A::Error> {
        Ok(Transition { rules: Vec::deserialize(SeqAccessDeserializer::new(list))? })
    }
}

impl<'de> Deserialize<'de> for Transition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TransitionVisitor)
    }
}

impl JsonSchema for Transition {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Transition".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let rule = generator.subschema_for::<Rule>();
        json_schema!({
            "description": "Where an outcome leads: `next`, `stay`, a state, one rule, or rules of which the first that applies decides.",
            "anyOf": [{ "type": "string" }, rule, { "type": "array", "items": rule, "minItems": 1 }]
        })
    }
}

struct AgendaVisitor;

impl<'de> Visitor<'de> for AgendaVisitor {
    type Value = Agenda;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rules, or `{ once: true, rules: [...] }`")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Agenda, A::Error> {
        let agenda = AgendaOnce::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Agenda { once: agenda.once, rules: agenda.rules })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Agenda, A::Error> {
        Ok(Agenda { once: false, rules: Vec::deserialize(SeqAccessDeserializer::new(list))? })
    }
}

impl<'de> Deserialize<'de> for Agenda {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AgendaVisitor)
    }
}

impl JsonSchema for Agenda {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Agenda".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let once = generator.subschema_for::<AgendaOnce>();
        let rule = generator.subschema_for::<AgendaRule>();
        json_schema!({
            "description": "Rules that schedule states; all that apply are carried out, in order.",
            "anyOf": [{ "type": "array", "items": rule }, once]
        })
    }
}

/// The JSON Schema of the file format, for editors.
#[must_use]
pub fn file_schema() -> serde_json::Value {
    let schema = schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<File>();
    schema.to_value()
}
