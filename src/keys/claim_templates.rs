//! Claims out of templates: the configuration key `session.jwt_template.claims` (spec chapter 06 section 4). Knows the
//! user's data, but not where it comes from.

use std::sync::Arc;

use gotmpl::{TemplateError, Value as TemplateValue};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    go_template::{GoTemplate, Object, object, text},
    session_token::EmailClaim,
};

/// Claims that the server sets itself, and `nbf`, which could lock every user out. Templates for them are ignored.
pub const RESERVED_CLAIMS: [&str; 9] = ["sub", "iat", "exp", "aud", "iss", "email", "username", "session_id", "nbf"];

/// What templates see as `.User`. Texts are empty when unknown.
#[derive(Debug, Clone, Default)]
pub struct TemplateUser {
    /// `.UserID`
    pub user_id: String,
    /// `.Email`: the primary address.
    pub email: Option<EmailClaim>,
    /// `.Username`
    pub username: String,
    /// `.Name`
    pub name: String,
    /// `.FamilyName`
    pub family_name: String,
    /// `.GivenName`
    pub given_name: String,
    /// `.Picture`
    pub picture: String,
    /// `.Metadata.Public`
    pub public_metadata: Map<String, Value>,
    /// `.Metadata.Unsafe`
    pub unsafe_metadata: Map<String, Value>,
}

/// The compiled templates of all claims.
#[derive(Default)]
pub struct ClaimTemplates {
    claims: Vec<(String, Template)>,
}

enum Template {
    Text(GoTemplate),
    List(Vec<Template>),
    Object(Vec<(String, Template)>),
    Constant(Value),
}

impl ClaimTemplates {
    /// Compiles the templates. A claim that does not compile or whose name is reserved is left out with a warning.
    pub fn compile<'a>(claims: impl IntoIterator<Item = (&'a String, &'a Value)>) -> Self {
        let mut compiled = Vec::new();
        for (claim, value) in claims {
            if RESERVED_CLAIMS.contains(&claim.as_str()) {
                tracing::warn!(claim, "session.jwt_template sets a claim that belongs to the server; it is ignored");
                continue;
            }
            match Template::compile(value) {
                Ok(template) => compiled.push((claim.clone(), template)),
                Err(error) => tracing::warn!(claim, %error, "a claim template does not compile; the claim is left out"),
            }
        }
        Self { claims: compiled }
    }

    /// Whether there is nothing to render, so that the user's metadata need not be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// The claims for `user`. A claim that fails is left out with a warning.
    #[must_use]
    pub fn render(&self, user: TemplateUser) -> Map<String, Value> {
        let mut claims = Map::new();
        if self.is_empty() {
            return claims;
        }
        let dot = object(Arc::new(Root { user: object(Arc::new(User::from(user))) }));
        for (claim, template) in &self.claims {
            match template.render(&dot) {
                Ok(value) if claim == "jti" && !value.is_string() => {
                    tracing::warn!(claim, "the registered claim jti must be a text; the claim is left out");
                }
                Ok(value) => drop(claims.insert(claim.clone(), value)),
                Err(error) => tracing::warn!(claim, %error, "a claim template failed; the claim is left out"),
            }
        }
        claims
    }
}

impl std::fmt::Debug for ClaimTemplates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.claims.iter().map(|(claim, _)| claim)).finish()
    }
}

impl Template {
    fn compile(value: &Value) -> Result<Self, TemplateError> {
        Ok(match value {
            Value::String(source) => Self::Text(GoTemplate::compile(source)?),
            Value::Array(elements) => Self::List(elements.iter().map(Self::compile).collect::<Result<_, _>>()?),
            Value::Object(members) => {
                let compile = |(name, value): (&String, _)| Ok((name.clone(), Self::compile(value)?));
                Self::Object(members.iter().map(compile).collect::<Result<_, TemplateError>>()?)
            }
            Value::Number(_) | Value::Bool(_) | Value::Null => Self::Constant(value.clone()),
        })
    }

    fn render(&self, dot: &TemplateValue) -> Result<Value, TemplateError> {
        Ok(match self {
            Self::Text(template) => convert(template.render(dot)?),
            Self::List(elements) => {
                Value::Array(elements.iter().map(|element| element.render(dot)).collect::<Result<_, _>>()?)
            }
            Self::Object(members) => {
                let render = |(name, member): &(String, Self)| Ok((name.clone(), member.render(dot)?));
                Value::Object(members.iter().map(render).collect::<Result<_, TemplateError>>()?)
            }
            Self::Constant(value) => value.clone(),
        })
    }
}

/// Booleans, objects and lists become what they look like; numbers stay texts.
fn convert(text: String) -> Value {
    match text.as_str() {
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    let looks_like_json =
        (text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']'));
    let parsed = looks_like_json.then(|| serde_json::from_str(&text).ok()).flatten();
    parsed.unwrap_or(Value::String(text))
}

struct Root {
    user: TemplateValue,
}

impl Object for Root {
    fn member(&self, name: &str, arguments: &[&str]) -> Option<TemplateValue> {
        (name == "User" && arguments.is_empty()).then(|| self.user.clone())
    }

    fn json(&self) -> String {
        String::new()
    }
}

struct User {
    json: String,
    data: TemplateUser,
    email: TemplateValue,
    metadata: TemplateValue,
}

impl From<TemplateUser> for User {
    fn from(data: TemplateUser) -> Self {
        #[derive(Serialize)]
        struct Printed<'a> {
            user_id: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            email: Option<&'a EmailClaim>,
            username: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            metadata: Option<PrintedMetadata<'a>>,
            name: &'a str,
            family_name: &'a str,
            given_name: &'a str,
            picture: &'a str,
        }

        let metadata =
            PrintedMetadata { public_metadata: &data.public_metadata, unsafe_metadata: &data.unsafe_metadata };
        let metadata =
            (!metadata.public_metadata.is_empty() || !metadata.unsafe_metadata.is_empty()).then_some(metadata);
        let email = |email: &EmailClaim| object(Arc::new(Email { json: to_json(email), data: email.clone() }));
        let metadata_object = |printed: &PrintedMetadata<'_>| {
            let document = |map: &Map<_, _>| if map.is_empty() { String::new() } else { to_json(map) };
            object(Arc::new(Metadata {
                json: to_json(printed),
                public: document(printed.public_metadata),
                unsafe_: document(printed.unsafe_metadata),
            }))
        };
        Self {
            email: data.email.as_ref().map_or(TemplateValue::Nil, email),
            metadata: metadata.as_ref().map_or(TemplateValue::Nil, metadata_object),
            json: to_json(&Printed {
                user_id: &data.user_id,
                email: data.email.as_ref(),
                username: &data.username,
                metadata,
                name: &data.name,
                family_name: &data.family_name,
                given_name: &data.given_name,
                picture: &data.picture,
            }),
            data,
        }
    }
}

impl Object for User {
    fn member(&self, name: &str, arguments: &[&str]) -> Option<TemplateValue> {
        let user = &self.data;
        Some(match name {
            _ if !arguments.is_empty() => return None,
            "UserID" => text(&user.user_id),
            "Email" => self.email.clone(),
            "Username" => text(&user.username),
            "Name" => text(&user.name),
            "FamilyName" => text(&user.family_name),
            "GivenName" => text(&user.given_name),
            "Picture" => text(&user.picture),
            "Metadata" => self.metadata.clone(),
            _ => return None,
        })
    }

    fn json(&self) -> String {
        self.json.clone()
    }
}

struct Email {
    json: String,
    data: EmailClaim,
}

impl Object for Email {
    fn member(&self, name: &str, arguments: &[&str]) -> Option<TemplateValue> {
        Some(match name {
            _ if !arguments.is_empty() => return None,
            "Address" => text(&self.data.address),
            "IsPrimary" => TemplateValue::Bool(self.data.is_primary),
            "IsVerified" => TemplateValue::Bool(self.data.is_verified),
            _ => return None,
        })
    }

    fn json(&self) -> String {
        self.json.clone()
    }
}

#[derive(Serialize)]
struct PrintedMetadata<'a> {
    #[serde(skip_serializing_if = "Map::is_empty")]
    public_metadata: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    unsafe_metadata: &'a Map<String, Value>,
}

/// Holds the documents as JSON texts; a document without members is the empty text.
struct Metadata {
    json: String,
    public: String,
    unsafe_: String,
}

impl Object for Metadata {
    fn member(&self, name: &str, arguments: &[&str]) -> Option<TemplateValue> {
        let document = match name {
            "Public" => &self.public,
            "Unsafe" => &self.unsafe_,
            _ => return None,
        };
        Some(text(if arguments.is_empty() { document.clone() } else { look_up(document, &arguments.join(".")) }))
    }

    fn json(&self) -> String {
        self.json.clone()
    }
}

/// What the GJSON `path` finds in `document`, as text; empty when it finds nothing.
fn look_up(document: &str, path: &str) -> String {
    let found = gjson::get(document, path);
    let is_fraction =
        found.kind() == gjson::Kind::Number && !found.json().bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    // `Display` of f64 never writes an exponent.
    if is_fraction { found.f64().to_string() } else { found.str().to_owned() }
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
#[path = "claim_templates_tests.rs"]
mod tests;
