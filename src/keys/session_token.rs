//! The claims of a session token, and the form in which the API shows them (spec chapter 06 section 3.2, chapter 04
//! section 5.8). Knows neither keys nor sessions.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value, json};
use thiserror::Error;
use uuid::Uuid;

use super::time_claims::numeric_date;

/// The registered claim names of RFC 7519 section 4.1.
const REGISTERED: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// The private claims that [`ClaimsView`] has a member for.
const TYPED: [&str; 3] = ["session_id", "email", "username"];

/// The claim `email`: the user's primary address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EmailClaim {
    /// The address.
    #[serde(default)]
    pub address: String,
    /// Whether it is the primary address; true in tokens of this server.
    #[serde(default)]
    pub is_primary: bool,
    /// Whether the user proved that it is theirs.
    #[serde(default)]
    pub is_verified: bool,
}

/// What a session token says, before it is signed.
#[derive(Debug, Clone)]
pub struct SessionClaims {
    /// The user, claim `sub`.
    pub user_id: Uuid,
    /// The session row, claim `session_id`.
    pub session_id: Uuid,
    /// Claim `iat`, which has whole seconds.
    pub issued_at: DateTime<Utc>,
    /// From `issued_at` to the claim `exp`.
    pub lifespan: Duration,
    /// The primary address, if the user has one.
    pub email: Option<EmailClaim>,
    /// The username, if the user has one.
    pub username: Option<String>,
    /// Claim `aud`, see [`audience`].
    pub audience: Vec<String>,
    /// Claim `iss`; empty leaves it out.
    pub issuer: String,
    /// Claim `amr`, see [`super::amr`]; empty leaves it out.
    pub amr: Vec<String>,
    /// The claims of the configured templates. Every claim above overrides one of the same name.
    pub template: Map<String, Value>,
}

/// The claim `aud` for the key `session.audience`: by default the relying party.
#[must_use]
pub fn audience(configured: &[String], relying_party_id: &str) -> Vec<String> {
    if configured.is_empty() { vec![relying_party_id.to_owned()] } else { configured.to_vec() }
}

impl SessionClaims {
    /// When the token expires, with the fraction of a second that the claim `exp` lacks.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        let lifespan = TimeDelta::from_std(self.lifespan).unwrap_or(TimeDelta::MAX);
        self.issued_at.checked_add_signed(lifespan).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The claims as they are signed.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        let mut claims = self.template.clone();
        let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        set("sub", json!(self.user_id));
        set("iat", json!(self.issued_at.timestamp()));
        set("exp", json!(self.expires_at().timestamp()));
        set("aud", json!(self.audience));
        set("session_id", json!(self.session_id));
        if let Some(email) = &self.email {
            set("email", json!(email));
        }
        if let Some(username) = &self.username {
            set("username", json!(username));
        }
        if !self.amr.is_empty() {
            set("amr", json!(self.amr));
        }
        if !self.issuer.is_empty() {
            set("iss", json!(self.issuer));
        }
        claims
    }

    /// The claims as the API shows them, with times to the microsecond.
    #[must_use]
    pub fn view(&self) -> ClaimsView {
        let mut claims = self.to_map();
        claims.retain(|name, _| !is_typed(name));
        ClaimsView {
            audience: self.audience.clone(),
            email: self.email.clone(),
            expiration: self.expires_at(),
            issued_at: Some(self.issued_at),
            issuer: Some(self.issuer.clone()).filter(|issuer| !issuer.is_empty()),
            session_id: self.session_id,
            subject: self.user_id,
            username: self.username.clone(),
            private: claims,
        }
    }
}

/// Why the claims of a rightly signed token are not those of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ClaimsError {
    /// `sub` is present but not a UUID.
    #[error("'sub' is not a uuid")]
    Subject,
    /// `session_id` is absent or not a UUID.
    #[error("'session_id' is not a uuid")]
    SessionId,
    /// `email` is not an object with the members of [`EmailClaim`].
    #[error("'email' is not an object with an address")]
    Email,
    /// `exp` or `iat` is not a date.
    #[error("'exp' or 'iat' is not a date")]
    Date,
}

/// The member `claims` of session validation and of the flow payloads: one flat object.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
pub struct ClaimsView {
    /// Whom the token is meant for.
    #[serde(default)]
    #[schemars(skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<String>,
    /// The primary address of the user.
    #[schemars(skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailClaim>,
    /// When the token expires.
    pub expiration: DateTime<Utc>,
    /// When the token was issued.
    #[schemars(skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<DateTime<Utc>>,
    /// Who issued the token.
    #[schemars(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The session.
    pub session_id: Uuid,
    /// The user.
    pub subject: Uuid,
    /// The username of the user.
    #[schemars(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// All other private claims, such as `amr` and those of templates. One that is named like a member above takes its
    /// place.
    #[serde(flatten)]
    pub private: Map<String, Value>,
}

impl ClaimsView {
    /// Sorts the claims of a token into the view. A token without `sub` has the nil UUID as subject.
    ///
    /// # Errors
    /// [`ClaimsError`] for claims that are not those of a session.
    pub fn from_claims(mut claims: Map<String, Value>) -> Result<Self, ClaimsError> {
        let date = |name| {
            let seconds = numeric_date(&claims, name).map_err(|_| ClaimsError::Date)?;
            seconds.map(|seconds| DateTime::from_timestamp(seconds, 0).ok_or(ClaimsError::Date)).transpose()
        };
        let expiration = date("exp")?.ok_or(ClaimsError::Date)?;
        let issued_at = date("iat")?;
        let uuid = |value: &Value| value.as_str().and_then(|text| Uuid::try_parse(text).ok());
        let subject = claims.get("sub").map(|sub| uuid(sub).ok_or(ClaimsError::Subject)).transpose()?;
        let session_id = claims.get("session_id").and_then(uuid).ok_or(ClaimsError::SessionId)?;
        let email = claims.remove("email").map(serde_json::from_value).transpose();
        let text = |value: Value| if let Value::String(text) = value { Some(text) } else { None };
        let view = Self {
            audience: claims.remove("aud").map(texts).unwrap_or_default(),
            email: email.map_err(|_| ClaimsError::Email)?.flatten(),
            expiration,
            issued_at,
            issuer: claims.remove("iss").and_then(text).filter(|issuer| !issuer.is_empty()),
            session_id,
            subject: subject.unwrap_or_default(),
            username: claims.remove("username").and_then(text),
            private: Map::new(),
        };
        claims.retain(|name, _| !is_typed(name));
        Ok(Self { private: claims, ..view })
    }
}

impl Serialize for ClaimsView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut member = |name: &str, value: Value| match value {
            _ if self.private.contains_key(name) => Ok(()),
            Value::Null => Ok(()),
            value => map.serialize_entry(name, &value),
        };
        member("audience", if self.audience.is_empty() { Value::Null } else { json!(self.audience) })?;
        member("email", json!(self.email))?;
        member("expiration", json!(self.expiration))?;
        member("issued_at", json!(self.issued_at))?;
        member("issuer", json!(self.issuer))?;
        member("session_id", json!(self.session_id))?;
        member("subject", json!(self.subject))?;
        member("username", json!(self.username))?;
        self.private.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

fn is_typed(name: &str) -> bool {
    REGISTERED.contains(&name) || TYPED.contains(&name)
}

/// `aud` is one text or a list of them (RFC 7519 section 4.1.3).
fn texts(value: Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "0b0f3f0c-3c55-4f3f-9a63-6b4b4b8a9f10";
    const SESSION: &str = "5d0c6f1e-6f0d-4a57-9d0a-1f3c3f6f5b0a";

    fn session() -> SessionClaims {
        SessionClaims {
            user_id: Uuid::try_parse(USER).unwrap(),
            session_id: Uuid::try_parse(SESSION).unwrap(),
            issued_at: DateTime::from_timestamp_micros(1_893_456_000_250_000).unwrap(),
            lifespan: Duration::from_secs(12 * 3600),
            email: None,
            username: None,
            audience: audience(&[], "example.com"),
            issuer: String::new(),
            amr: Vec::new(),
            template: Map::new(),
        }
    }

    fn kim() -> Option<EmailClaim> {
        Some(EmailClaim { address: "kim@example.com".to_owned(), is_primary: true, is_verified: true })
    }

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    /// Covers SESS-2, SESS-4, SESS-5, SESS-6.
    #[test]
    fn a_token_without_user_data_has_the_five_constant_claims() {
        let claims = session().to_map();
        let expected = json!({
            "sub": USER, "iat": 1_893_456_000, "exp": 1_893_499_200, "aud": ["example.com"], "session_id": SESSION
        });
        assert_eq!(Value::Object(claims), expected);
    }

    /// Covers SESS-4, SESS-5, SESS-6, SESS-7.
    #[test]
    fn known_user_data_methods_and_issuer_become_claims() {
        let claims = SessionClaims {
            email: kim(),
            username: Some("kim".to_owned()),
            issuer: "https://login.example.com".to_owned(),
            amr: vec!["pwd".to_owned(), "totp".to_owned()],
            ..session()
        }
        .to_map();
        assert_eq!(claims["email"], json!({"address": "kim@example.com", "is_primary": true, "is_verified": true}));
        assert_eq!(claims["username"], "kim");
        assert_eq!(claims["iss"], "https://login.example.com");
        assert_eq!(claims["amr"], json!(["pwd", "totp"]));
    }

    /// Covers SESS-3.
    #[test]
    fn the_audience_is_a_list_and_defaults_to_the_relying_party() {
        assert_eq!(session().to_map()["aud"], json!(["example.com"]));
        let audience = audience(&["a".to_owned(), "b".to_owned()], "example.com");
        assert_eq!(SessionClaims { audience, ..session() }.to_map()["aud"], json!(["a", "b"]));
    }

    /// Covers TPL-13.
    #[test]
    fn built_in_claims_override_those_of_templates() {
        let template = object(json!({
            "sub": "x", "iat": 1, "exp": 2, "aud": "x", "session_id": "x", "email": "x", "username": "x",
            "amr": ["x"], "iss": "x", "plan": "pro"
        }));
        let claims = SessionClaims {
            email: kim(),
            username: Some("kim".to_owned()),
            issuer: "me".to_owned(),
            amr: vec!["pwd".to_owned()],
            ..session()
        };
        let mut expected = claims.to_map();
        expected.insert("plan".to_owned(), json!("pro"));
        assert_eq!(SessionClaims { template, ..claims }.to_map(), expected);
    }

    /// Covers SESS-37.
    #[test]
    fn the_view_of_a_token_is_flat_and_omits_what_is_absent() {
        let template = object(json!({"plan": "pro", "jti": "1"}));
        let claims = SessionClaims { amr: vec!["passkey".to_owned()], template, ..session() }.to_map();
        let view = serde_json::to_value(ClaimsView::from_claims(claims).unwrap()).unwrap();
        let expected = json!({
            "audience": ["example.com"], "expiration": "2030-01-01T12:00:00Z", "issued_at": "2030-01-01T00:00:00Z",
            "session_id": SESSION, "subject": USER, "plan": "pro", "amr": ["passkey"]
        });
        assert_eq!(view, expected);
    }

    /// Covers SESS-37.
    #[test]
    fn a_custom_claim_named_like_a_member_of_the_view_replaces_it() {
        let claims = SessionClaims {
            email: kim(),
            username: Some("kim".to_owned()),
            issuer: "me".to_owned(),
            template: object(json!({"subject": "custom", "audience": 5})),
            ..session()
        };
        for view in [ClaimsView::from_claims(claims.to_map()).unwrap(), claims.view()] {
            assert_eq!(view.subject.to_string(), USER);
            let text = serde_json::to_string(&view).unwrap();
            let json: Value = serde_json::from_str(&text).unwrap();
            assert_eq!((&json["subject"], &json["audience"]), (&json!("custom"), &json!(5)));
            assert_eq!((&json["issuer"], &json["username"]), (&json!("me"), &json!("kim")));
            assert_eq!(json["email"]["address"], "kim@example.com");
            assert_eq!(text.matches("\"subject\"").count(), 1, "{text}");
        }
    }

    #[test]
    fn the_view_of_unsigned_claims_keeps_the_fractions_of_seconds() {
        let view = serde_json::to_value(session().view()).unwrap();
        assert_eq!(view["issued_at"], "2030-01-01T00:00:00.250Z");
        assert_eq!(view["expiration"], "2030-01-01T12:00:00.250Z");
        let mut whole = session();
        whole.issued_at = DateTime::from_timestamp(whole.issued_at.timestamp(), 0).unwrap();
        assert_eq!(whole.view(), ClaimsView::from_claims(whole.to_map()).unwrap());
    }

    #[test]
    fn the_view_tolerates_other_writers_of_tokens() {
        let claims = object(json!({
            "exp": 1_893_499_200.5, "aud": "one", "session_id": SESSION, "email": {"address": "a@b"}, "username": 5
        }));
        let view = ClaimsView::from_claims(claims).unwrap();
        assert_eq!(view.subject, Uuid::nil());
        assert_eq!(view.audience, ["one"]);
        assert_eq!((view.issued_at, view.username), (None, None));
        assert_eq!(view.email.unwrap().address, "a@b");
        assert_eq!(view.expiration.timestamp(), 1_893_499_200);
    }

    #[test]
    fn refuses_claims_that_are_not_those_of_a_session() {
        let error = |change: &dyn Fn(&mut Map<String, Value>)| {
            let mut claims = session().to_map();
            change(&mut claims);
            ClaimsView::from_claims(claims).unwrap_err()
        };
        let set = |name: &'static str, value: Value| {
            move |claims: &mut Map<String, Value>| drop(claims.insert(name.to_owned(), value.clone()))
        };
        assert_eq!(error(&set("sub", json!("hanko"))), ClaimsError::Subject);
        assert_eq!(error(&set("session_id", json!("1"))), ClaimsError::SessionId);
        assert_eq!(error(&|claims| drop(claims.remove("session_id"))), ClaimsError::SessionId);
        assert_eq!(error(&set("email", json!("a@b"))), ClaimsError::Email);
        assert_eq!(error(&set("exp", json!(i64::MAX))), ClaimsError::Date);
    }

    #[test]
    fn the_published_schema_accepts_the_view() {
        let schema = serde_json::to_value(schemars::schema_for!(ClaimsView)).unwrap();
        let view = SessionClaims { email: kim(), amr: vec!["pwd".to_owned()], ..session() }.view();
        let instance = serde_json::to_value(&view).unwrap();
        jsonschema::validate(&schema, &instance).unwrap();
        assert_eq!(serde_json::from_value::<ClaimsView>(instance).unwrap(), view);
    }
}
