//! The flow endpoints (spec chapter 01, sections 2, 3 and 9.1): `POST /<flow>` starts a flow, `POST /<flow>?action=<name>@<id>`
//! takes an action of it. Whatever the request, the answer is a flow answer.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use poem::{
    Body, Endpoint, FromRequest, Request, RequestBody, Response, Result,
    http::{HeaderName, HeaderValue, StatusCode, header::SET_COOKIE},
};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    actions::{Authentication, Client, Context, Granted, SESSION, SignedIn, errors},
    config::{self, SameSite},
    engine::{self, Engine, FlowError, Reply, Submission, error::TECHNICAL},
    http::{
        cookie::{self, Cookie},
        json::{Json, MediaType, read_bytes},
        lenient::first_value,
        request::Call,
        session::{Authenticated, Unauthenticated, authenticate, removed_session_cookie, session_cookie},
        uuids,
    },
    identity::trusted_devices::DeviceTokens,
    notify::mail::Language,
};

const X_AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const X_SESSION_LIFETIME: HeaderName = HeaderName::from_static("x-session-lifetime");
const X_SESSION_RETENTION: HeaderName = HeaderName::from_static("x-session-retention");

/// The endpoint of one flow.
#[derive(Debug)]
pub struct FlowEndpoint {
    flow: String,
}

impl FlowEndpoint {
    /// The endpoint of the flow of this name.
    #[must_use]
    pub const fn new(flow: String) -> Self {
        Self { flow }
    }
}

impl Endpoint for FlowEndpoint {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let body = request.take_body();
        let call = Call::from_request(&request, &mut RequestBody::new(Body::empty())).await?;
        let engine = &call.tenant().engine;
        let requires_session =
            engine.graphs().get(&self.flow).is_some_and(|graph| graph.requires.iter().any(|name| name == SESSION));
        let signed_in = match requires_session {
            true => match authenticate(call).await {
                Ok(Authenticated { user_id, session }) => Some(SignedIn { user: user_id, session: session.id.0 }),
                Err(refusal) => return Ok(turn_away(engine, refusal)),
            },
            false => None,
        };
        let asked = match action_parameter(request.uri().query().unwrap_or_default()) {
            None => None,
            Some(action) => match continuation(&request, body, &action).await {
                Ok(asked) => Some(asked),
                Err(cause) => return Ok(respond(engine.reject(TECHNICAL.because(cause)))),
            },
        };
        let client = Client {
            meta: call.meta(),
            language: Language::from_header(call.language()),
            language_header: call.language().to_owned(),
        };
        let context = Context::new(Arc::clone(&call.tenant().services), client);
        let mut context = context.of(signed_in).from_device(shown_by_device(&call));
        let step = async {
            match asked {
                None => engine.start(&self.flow, &mut context).await,
                Some(asked) => engine.advance(&self.flow, asked, &mut context).await,
            }
        };
        // A panic must not cost the client its answer; the lock and the transaction are released by the unwinding.
        let Ok(reply) = AssertUnwindSafe(step).catch_unwind().await else {
            tracing::error!(flow = %self.flow, "a step panicked");
            return Ok(respond(engine.reject(TECHNICAL.because("a step panicked"))));
        };
        let mut response = respond(reply);
        if let Some(granted) = context.granted.take() {
            announce(&mut response, &call, &granted);
        }
        if let Some(tokens) = context.device_to_be.take()
            && let Some(cookie) = device_cookie(&call.tenant().config.mfa, &tokens)
        {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        if context.signed_out
            && let Some(cookie) = removed_session_cookie(&call.tenant().config.session)
        {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    }
}

/// Answers a request that came without a session to a flow that requires one.
fn turn_away(engine: &Engine<Authentication>, refusal: Unauthenticated) -> Response {
    let error = match refusal.cause {
        Some(cause) => TECHNICAL.because(cause),
        None => errors::UNAUTHORIZED.because(&refusal),
    };
    let mut response = respond(engine.reject(error));
    if let Some(cookie) = refusal.set_cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// The value of the first query parameter `action`, decoded; `None` when it is absent or empty.
fn action_parameter(query: &str) -> Option<String> {
    let mut parameters = url::form_urlencoded::parse(query.as_bytes());
    parameters.find(|(name, _)| name == "action").map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
}

async fn continuation(request: &Request, body: Body, action: &str) -> Result<engine::Request, String> {
    let bytes = read_bytes(body).await.map_err(|error| error.to_string())?;
    let (inputs, csrf_token) = match (bytes.is_empty(), MediaType::of(request)) {
        (true, _) | (_, MediaType::Form) => (Submission::new(), String::new()),
        (false, MediaType::Json) => parse_body(&bytes)?,
        (false, MediaType::Xml | MediaType::Unsupported) => {
            return Err("the content type of the body is not supported".to_owned());
        }
    };
    let mut parts = action.split('@');
    let (Some(name), Some(id), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err(
            "the parameter `action` is not the name of an action and the id of a flow, joined by `@`".to_owned()
        );
    };
    let flow: Uuid = uuids::lenient(id).ok_or("the id of the flow is not a UUID")?;
    Ok(engine::Request { action: name.to_owned(), flow, inputs, csrf_token })
}

/// Reads the first JSON value of a body: unknown members are ignored, the names of members match in any case.
fn parse_body(bytes: &[u8]) -> Result<(Submission, String), String> {
    let mut members = match first_value(bytes).map_err(|error| format!("the body is not JSON: {error}"))? {
        Value::Object(members) => members,
        Value::Null => Map::new(),
        _ => return Err("the body is not a JSON object".to_owned()),
    };
    let inputs = match take(&mut members, "input_data") {
        None | Some(Value::Null) => Submission::new(),
        Some(Value::Object(inputs)) => inputs,
        Some(_) => return Err("`input_data` is not an object".to_owned()),
    };
    let csrf_token = match take(&mut members, "csrf_token") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(token)) => token,
        Some(_) => return Err("`csrf_token` is not a text".to_owned()),
    };
    Ok((inputs, csrf_token))
}

fn take(members: &mut Map<String, Value>, name: &str) -> Option<Value> {
    members.remove(name).or_else(|| {
        let other = members.keys().rev().find(|key| key.eq_ignore_ascii_case(name)).cloned()?;
        members.remove(&other)
    })
}

fn respond(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Json(reply.response).respond(status);
    if let Some(error) = reply.error {
        log(&error);
        response.extensions_mut().insert(error);
    }
    response
}

/// Clients' mistakes are no news; what failed inside the server is.
fn log(error: &FlowError) {
    let cause = error.cause.as_deref().unwrap_or_default();
    if error.status >= 500 && !cause.is_empty() {
        tracing::warn!(code = %error.code, cause, "a flow failed");
    } else {
        tracing::debug!(code = %error.code, cause, "a flow answered with an error");
    }
}

fn announce(response: &mut Response, call: &Call<'_>, granted: &Granted) {
    let config = &call.tenant().config.session;
    let (token, ends_with_browser) = (&granted.issued.token, granted.ends_with_browser);
    let retention = if ends_with_browser { "session" } else { "persistent" };
    let headers = response.headers_mut();
    headers.insert(X_SESSION_LIFETIME, HeaderValue::from(config.lifespan.0.as_secs()));
    headers.insert(X_SESSION_RETENTION, HeaderValue::from_static(retention));
    if config.enable_auth_token_header {
        if let Ok(mut token) = HeaderValue::try_from(token) {
            token.set_sensitive(true);
            headers.insert(X_AUTH_TOKEN, token);
        }
    } else if let Some(cookie) = session_cookie(config, token, ends_with_browser) {
        headers.append(SET_COOKIE, cookie);
    }
}

/// What the device keeps in its cookie.
fn shown_by_device(call: &Call<'_>) -> DeviceTokens {
    let mut cookies = cookie::values(call.headers(), &call.tenant().config.mfa.device_trust_cookie_name);
    cookies.next().map(DeviceTokens::parse).unwrap_or_default()
}

/// The cookie by which a trusted device is known (spec chapter 06, section 3.9). Pages of other sites may carry it, because
/// the page in which people sign in can be one.
fn device_cookie(config: &config::Mfa, tokens: &DeviceTokens) -> Option<HeaderValue> {
    let text = tokens.to_text();
    let cookie = Cookie {
        name: &config.device_trust_cookie_name,
        value: text.expose(),
        domain: "",
        max_age: Some(config.device_trust_duration.0),
        http_only: true,
        secure: true,
        same_site: Some(SameSite::None),
    };
    cookie.to_header()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Covers PROTO-5, PROTO-15, PROTO-16, PROTO-17.
    #[test]
    fn only_the_first_action_counts() {
        assert_eq!(action_parameter("pretty&action=a%40b&action=c"), Some("a@b".to_owned()));
        assert_eq!(action_parameter("x=1&action=a@b"), Some("a@b".to_owned()));
        assert_eq!(action_parameter("action=&action=c"), None);
        assert_eq!(action_parameter(""), None);
    }

    /// Covers PROTO-31, PROTO-32, PROTO-33, PROTO-34.
    #[test]
    fn reads_bodies_as_clients_have_always_sent_them() {
        let parsed = |body: &str| parse_body(body.as_bytes()).unwrap();
        let input = json!({"a": 1}).as_object().unwrap().clone();
        assert_eq!(
            parsed(r#"{"input_data":{"a":1},"csrf_token":"t","x":2} trailing"#),
            (input.clone(), "t".to_owned())
        );
        assert_eq!(parsed(r#"{"Input_Data":{"a":1},"CSRF_TOKEN":"t"}"#), (input, "t".to_owned()));
        assert_eq!(parsed(r#"{"input_data":null}"#), (Submission::new(), String::new()));
        assert_eq!(parsed("null"), (Submission::new(), String::new()));
    }

    /// Covers PROTO-23, PROTO-24, PROTO-25, PROTO-26.
    #[test]
    fn refuses_bodies_that_are_something_else() {
        for body in ["", "{", "[]", "1", r#"{"input_data":[]}"#, r#"{"input_data":"a"}"#, r#"{"csrf_token":1}"#] {
            assert!(parse_body(body.as_bytes()).is_err(), "{body}");
        }
    }
}
