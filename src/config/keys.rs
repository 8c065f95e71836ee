//! The registry of configuration keys: paths, types, environment variables. It is read off the JSON Schema of [`Config`],
//! so that nothing about a key is written twice.
//!
//! The fields of the sections carry these schema extensions:
//!
//! | Extension | Meaning |
//! |---|---|
//! | `x-env` | the part that this member contributes to the names of environment variables, where it is not the member's name in upper case |
//! | `x-kind: duration` | a text in the syntax of durations ([`super::Span`]) |
//! | `x-negative` | what a negative number or duration does: `zero` reads it as 0, `refuse` refuses it (durations are read as 0 by default) |
//! | `x-empty` | the choice that an empty text stands for |
//! | `x-sealflow` | a key of this server that the other release lines do not know |
//! | `writeOnly` | a secret: its value is never shown in a message |

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::schema::raw_schema;

/// A configuration key, a section, or the root.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// The member's name in a file.
    pub name: String,
    /// The dotted path.
    pub path: String,
    pub kind: Kind,
    /// Values never appear in messages.
    pub secret: bool,
    /// Unknown to the other release lines.
    pub own: bool,
    /// The environment variable with the name that all release lines share.
    pub variable: Option<String>,
    /// The environment variable with the regular name: the path in upper case.
    pub regular: Option<String>,
    /// What the key does.
    pub description: String,
}

/// The type of a key.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Section(Vec<Key>),
    Bool,
    Integer {
        minimum: i128,
        maximum: i128,
        negative_is_zero: bool,
    },
    Text {
        optional: bool,
    },
    Choice {
        allowed: Vec<Choice>,
        empty: Option<String>,
    },
    Duration {
        bare_integers: bool,
        refuse_negative: bool,
    },
    Texts,
    /// A list of sections.
    Entries(Box<Key>),
    /// A mapping from names that the operator chooses.
    Named(Box<Key>),
    Anything,
}

/// A value of an enumeration.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub value: String,
    pub description: String,
}

static KEYS: LazyLock<Key> = LazyLock::new(|| {
    let root = Parent { path: "", prefix: Some(String::new()) };
    root.key("", raw_schema().as_object().unwrap_or(&Map::new()))
});

/// The root of the registry.
pub(super) fn keys() -> &'static Key {
    &KEYS
}

impl Key {
    /// The members of a section.
    pub(super) fn members(&self) -> &[Self] {
        match &self.kind {
            Kind::Section(members) => members,
            _ => &[],
        }
    }

    /// The key at a dotted path below this one.
    pub(super) fn find(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |key, name| key.members().iter().find(|member| member.name == name))
    }

    /// All keys that are no sections, in the order of the reference.
    pub(super) fn leaves(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::Section(members) => members.iter().flat_map(Self::leaves).collect(),
            _ => vec![self],
        }
    }
}

/// What a key inherits from the section around it.
struct Parent<'a> {
    path: &'a str,
    /// The beginning of the names of variables; `None` where there are none.
    prefix: Option<String>,
}

impl Parent<'_> {
    fn key(&self, name: &str, schema: &Map<String, Value>) -> Key {
        let text = |extension: &str| schema.get(extension).and_then(Value::as_str);
        let path = [self.path, name].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(".");
        let segment = text("x-env").map_or_else(|| name.to_uppercase(), str::to_owned);
        let variable = self.prefix.as_ref().map(|prefix| match prefix.as_str() {
            "" => segment,
            prefix => format!("{prefix}_{segment}"),
        });
        let kind = self.kind(schema, &path, variable.clone());
        let in_environment = match &kind {
            Kind::Section(_) | Kind::Named(_) | Kind::Anything => false,
            // Lists of sections have a variable only where one is given.
            Kind::Entries(_) => text("x-env").is_some(),
            _ => true,
        };
        Key {
            name: name.to_owned(),
            secret: schema.get("writeOnly") == Some(&Value::Bool(true))
                || schema.get("items").and_then(|items| items.get("writeOnly")) == Some(&Value::Bool(true)),
            own: schema.get("x-sealflow") == Some(&Value::Bool(true)),
            regular: variable.as_ref().filter(|_| in_environment).map(|_| path.replace('.', "_").to_uppercase()),
            variable: variable.filter(|_| in_environment),
            // Comments are wrapped; their lines make one paragraph.
            description: text("description").unwrap_or_default().replace('\n', " "),
            kind,
            path,
        }
    }

    fn kind(&self, schema: &Map<String, Value>, path: &str, variable: Option<String>) -> Kind {
        let object = |member: &str| schema.get(member).and_then(Value::as_object);
        let text = |member: &str| schema.get(member).and_then(Value::as_str);
        let types = types(schema);
        let is = |name: &str| types.contains(&name);
        let inner = Parent { path, prefix: None };
        if is("object") {
            return match (object("properties"), object("additionalProperties")) {
                (Some(members), _) => {
                    let inner = Parent { path, prefix: variable };
                    let members =
                        members.iter().filter_map(|(name, schema)| Some(inner.key(name, schema.as_object()?)));
                    Kind::Section(members.collect())
                }
                (None, Some(value)) => Kind::Named(Box::new(inner.key("", value))),
                (None, None) => Kind::Anything,
            };
        }
        if is("array") {
            return match object("items") {
                Some(items) if types_contain(items, "object") => Kind::Entries(Box::new(inner.key("", items))),
                _ => Kind::Texts,
            };
        }
        if is("boolean") {
            return Kind::Bool;
        }
        if text("x-kind") == Some("duration") {
            return Kind::Duration {
                bare_integers: is("integer"),
                refuse_negative: text("x-negative") == Some("refuse"),
            };
        }
        if let Some(allowed) = choices(schema) {
            return Kind::Choice { allowed, empty: text("x-empty").map(str::to_owned) };
        }
        if is("string") {
            return Kind::Text { optional: is("null") };
        }
        let bound = |name: &str| schema.get(name).and_then(Value::as_i64).map(i128::from);
        Kind::Integer {
            minimum: bound("minimum").unwrap_or(0),
            maximum: bound("maximum").unwrap_or(i128::from(u32::MAX)),
            negative_is_zero: text("x-negative") == Some("zero"),
        }
    }
}

fn types(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn types_contain(schema: &Map<String, Value>, name: &str) -> bool {
    types(schema).contains(&name)
}

/// The values of an enumeration: the schema generator writes those with a description one by one.
fn choices(schema: &Map<String, Value>) -> Option<Vec<Choice>> {
    let variants = schema.get("oneOf")?.as_array()?.iter();
    let text = |variant: &Value, member: &str| variant.get(member).and_then(Value::as_str).map(str::to_owned);
    variants
        .map(|variant| {
            let description = text(variant, "description").unwrap_or_default();
            Some(Choice { value: text(variant, "const")?, description })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Every type has to be understood: an unknown shape would silently become free-form.
    #[test]
    fn only_token_claims_are_free_form() {
        let free: Vec<_> = keys().leaves().into_iter().filter(|key| matches!(key.kind, Kind::Anything)).collect();
        assert_eq!(free.iter().map(|key| key.path.as_str()).collect::<Vec<_>>(), ["session.jwt_template.claims"]);
    }

    #[test]
    fn every_key_says_what_it_does() {
        fn visit(key: &Key) {
            assert!(!key.description.is_empty(), "{}", key.path);
            match &key.kind {
                Kind::Section(members) => members.iter().for_each(visit),
                Kind::Entries(entry) => visit(entry),
                _ => {}
            }
        }
        visit(keys());
    }

    #[test]
    fn all_secrets_are_known_as_such() {
        let secret: Vec<_> = keys().leaves().into_iter().filter(|key| key.secret).map(|key| &key.path).collect();
        let providers = ["apple", "discord", "github", "google", "linkedin", "microsoft", "facebook"];
        let mut expected: Vec<_> = [
            "database.url",
            "database.password",
            "secret_keys",
            "rate_limiter.redis_config.password",
            "flow_locker.redis_config.password",
            "default_email_delivery.smtp.password",
            "email_delivery.smtp.password",
            "webhooks.signing_secrets",
        ]
        .map(str::to_owned)
        .into();
        expected.extend(providers.map(|provider| format!("third_party.providers.{provider}.secret")));
        expected.push("secrets.keys".to_owned());
        assert_eq!(secret, expected.iter().collect::<Vec<_>>());
        let Kind::Named(custom) = &keys().find("third_party.custom_providers").unwrap().kind else { panic!() };
        assert!(custom.find("secret").unwrap().secret);
    }

    #[test]
    fn no_variable_belongs_to_two_keys() {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for key in keys().leaves() {
            for variable in [&key.variable, &key.regular].into_iter().flatten() {
                let owner = owners.entry(variable).or_insert(&key.path);
                assert_eq!(*owner, key.path, "{variable}");
            }
        }
    }

    #[test]
    fn reads_bounds_and_choices_off_the_schema() {
        let kind = |path: &str| &keys().find(path).unwrap().kind;
        assert!(matches!(kind("session.limit"), Kind::Integer { minimum: 1, negative_is_zero: false, .. }));
        let Kind::Choice { allowed, empty: None } = kind("session.cookie.same_site") else { panic!() };
        assert_eq!(allowed.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>(), ["strict", "lax", "none"]);
        let Kind::Choice { empty: Some(empty), .. } = kind("email.passcode_charset") else { panic!() };
        assert_eq!(empty, "numeric");
        assert!(matches!(kind("session.lifespan"), Kind::Duration { bare_integers: false, refuse_negative: false }));
        assert!(matches!(kind("session.idle_timeout"), Kind::Duration { refuse_negative: true, .. }));
        assert!(matches!(kind("flow_locker.ttl"), Kind::Duration { bare_integers: true, .. }));
        assert!(matches!(kind("flows.directory"), Kind::Text { optional: true }));
        assert!(matches!(kind("secret_keys"), Kind::Texts));
        assert!(matches!(kind("webhooks.hooks"), Kind::Entries(_)));
    }
}
