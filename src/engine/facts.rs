//! The types of what guards can ask, read from the JSON Schemas of the facts, so that a guard that names an unknown
//! fact or compares apples with pears is found before the server starts.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// What guards can ask of the flow itself, as `flow`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FlowFacts<'a> {
    /// The name of the flow.
    pub name: &'a str,
    /// The present state.
    pub state: &'a str,
    /// The state before the present one; empty at the start.
    pub previous: &'a str,
    /// The states that earlier steps scheduled, the next one first.
    pub scheduled: &'a [String],
    /// The states on the way here that can still be gone back to.
    pub visited: Vec<&'a str>,
}

impl FlowFacts<'_> {
    /// The type of `flow` where these flows and states exist: no guard can ask for others.
    pub(crate) fn kind<'n>(flows: impl Iterator<Item = &'n str>, states: impl Iterator<Item = &'n str>) -> FactType {
        let texts = |names: &[String]| FactType::Text(Some(names.to_vec()));
        let flows: Vec<String> = flows.map(str::to_owned).collect();
        let states: Vec<String> = states.map(str::to_owned).collect();
        let none_or_states = [&[String::new()], states.as_slice()].concat();
        let mut kind = FactType::of::<FlowFacts<'_>>();
        if let FactType::Record(members) = &mut kind {
            for (name, member) in members {
                *member = match name.as_str() {
                    "name" => texts(&flows),
                    "state" => texts(&states),
                    "previous" => texts(&none_or_states),
                    "scheduled" | "visited" => FactType::List(Box::new(texts(&states))),
                    _ => continue,
                };
            }
        }
        kind
    }
}

/// The type of a fact or of an expression over facts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FactType {
    /// True or false.
    Bool,
    /// A number.
    Number,
    /// A text; with the only values that it can have, where they are known.
    Text(Option<Vec<String>>),
    /// A list.
    List(Box<FactType>),
    /// A structure with these members.
    Record(BTreeMap<String, FactType>),
    /// Anything.
    Any,
}

impl fmt::Display for FactType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Record(_) => "a structure",
            Self::Any => "any value",
        })
    }
}

impl FactType {
    /// The type that a Rust type has as a fact.
    #[must_use]
    pub(crate) fn of<T: JsonSchema>() -> Self {
        let schema = schemars::schema_for!(T).to_value();
        let empty = Map::new();
        let definitions = schema.get("$defs").and_then(Value::as_object).unwrap_or(&empty);
        Self::from_schema(&schema, definitions, 0)
    }

    /// An optional value is of the type of the value: a guard that goes on where there may be nothing asks `has` first.
    fn from_schema(schema: &Value, definitions: &Map<String, Value>, depth: usize) -> Self {
        if depth > 16 {
            return Self::Any;
        }
        let follow = |schema: &Value| Self::from_schema(schema, definitions, depth + 1);
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = reference.trim_start_matches("#/$defs/");
            return definitions.get(name).map_or(Self::Any, follow);
        }
        if let Some(values) = texts(schema) {
            return Self::Text(Some(values));
        }
        let alternatives = schema.get("allOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
        if let Some(alternatives) = alternatives.filter(|_| schema.get("type").is_none()) {
            let null = |kind: &&Value| kind.get("type").and_then(Value::as_str) == Some("null");
            return only(alternatives.iter().filter(|kind| !null(kind))).map_or(Self::Any, follow);
        }
        let kind = match schema.get("type") {
            Some(Value::String(kind)) => Some(kind.as_str()),
            Some(Value::Array(kinds)) => only(kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null")),
            _ => None,
        };
        let Some(kind) = kind else { return Self::Any };
        match kind {
            "boolean" => Self::Bool,
            "integer" | "number" => Self::Number,
            "string" => Self::Text(None),
            "array" => Self::List(Box::new(schema.get("items").map_or(Self::Any, follow))),
            "object" => match schema.get("properties").and_then(Value::as_object) {
                Some(members) => {
                    Self::Record(members.iter().map(|(name, schema)| (name.clone(), follow(schema))).collect())
                }
                None => Self::Any,
            },
            _ => Self::Any,
        }
    }

    /// Whether values of both types can be compared.
    #[must_use]
    pub(crate) fn comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::Text(_), Self::Text(_)) => true,
            (Self::List(a), Self::List(b)) => a.comparable(b),
            (Self::Record(_), Self::Record(_)) => true,
            (a, b) => a == b,
        }
    }

    /// The type of what is of one of two types.
    #[must_use]
    pub(crate) fn joined(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Text(Some(some)), Self::Text(Some(others))) => {
                let more = others.iter().filter(|value| !some.contains(value));
                Self::Text(Some(some.iter().chain(more).cloned().collect()))
            }
            (Self::Text(_), Self::Text(_)) => Self::Text(None),
            (Self::List(of), Self::List(others)) => Self::List(Box::new(of.joined(others))),
            (one, other) if one == other => one.clone(),
            _ => Self::Any,
        }
    }
}

fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

/// The only texts that a schema allows: `enum`, `const`, or one-of of those.
fn texts(schema: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().map(text).collect();
    }
    if let Some(value) = schema.get("const") {
        return text(value).map(|value| vec![value]);
    }
    let variants = schema.get("oneOf").and_then(Value::as_array)?;
    variants.iter().map(texts).collect::<Option<Vec<_>>>().map(|lists| lists.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(JsonSchema)]
    #[serde(rename_all = "lowercase")]
    #[expect(dead_code, reason = "only its schema is looked at")]
    enum Size {
        /// Small.
        Small,
        Large,
    }

    #[derive(JsonSchema)]
    struct Inner {
        _size: Size,
        _names: Vec<String>,
    }

    #[derive(JsonSchema)]
    struct Loose {
        _text: Option<String>,
        _inner: Option<Inner>,
        _either: Result<u8, bool>,
        _table: BTreeMap<String, u32>,
    }

    #[derive(JsonSchema)]
    struct Outer {
        _flag: bool,
        _count: u32,
        _inner: Inner,
    }

    #[test]
    fn reads_types_from_schemas() {
        let FactType::Record(outer) = FactType::of::<Outer>() else { panic!("a structure") };
        assert_eq!(outer["_flag"], FactType::Bool);
        assert_eq!(outer["_count"], FactType::Number);
        let FactType::Record(inner) = &outer["_inner"] else { panic!("a structure") };
        assert_eq!(
            inner["_size"],
            FactType::Text(Some(vec!["large".into(), "small".into()])).clone().sorted(&inner["_size"])
        );
        assert_eq!(inner["_names"], FactType::List(Box::new(FactType::Text(None))));
    }

    /// What may be missing has the type of what is there; what can be of several types has none.
    #[test]
    fn reads_types_of_what_may_be_missing() {
        let FactType::Record(loose) = FactType::of::<Loose>() else { panic!("a structure") };
        assert_eq!(loose["_text"], FactType::Text(None));
        assert!(matches!(&loose["_inner"], FactType::Record(members) if members.contains_key("_size")));
        assert_eq!((&loose["_either"], &loose["_table"]), (&FactType::Any, &FactType::Any));
    }

    #[test]
    fn knows_the_flows_and_states_that_exist() {
        let FactType::Record(flow) = FlowFacts::kind(["login"].into_iter(), ["a", "b"].into_iter()) else {
            panic!("a structure")
        };
        let texts = |texts: &[&str]| FactType::Text(Some(texts.iter().map(|text| (*text).to_owned()).collect()));
        assert_eq!((&flow["name"], &flow["state"]), (&texts(&["login"]), &texts(&["a", "b"])));
        assert_eq!(
            (&flow["previous"], &flow["visited"]),
            (&texts(&["", "a", "b"]), &FactType::List(Box::new(texts(&["a", "b"]))))
        );
        assert_eq!(flow["scheduled"], flow["visited"]);
    }

    #[test]
    fn joins_types_to_what_both_can_be() {
        let texts = |text: &str| FactType::Text(Some(vec![text.to_owned()]));
        assert_eq!(texts("a").joined(&texts("b")), FactType::Text(Some(vec!["a".into(), "b".into()])));
        assert_eq!(texts("a").joined(&FactType::Text(None)), FactType::Text(None));
        assert_eq!(texts("a").joined(&FactType::Any), FactType::Any);
        assert_eq!(FactType::Bool.joined(&FactType::Number), FactType::Any);
        let list = |of| FactType::List(Box::new(of));
        assert_eq!(list(texts("a")).joined(&list(texts("a"))), list(texts("a")));
    }

    impl FactType {
        /// The order of variants with and without documentation is the generator's affair.
        fn sorted(self, like: &Self) -> Self {
            match (&self, like) {
                (Self::Text(Some(mine)), Self::Text(Some(theirs)))
                    if mine.iter().all(|value| theirs.contains(value)) =>
                {
                    like.clone()
                }
                _ => self,
            }
        }
    }
}
