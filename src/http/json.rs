//! JSON in requests and answers: what poem-openapi's own payload cannot do, namely types that serde and schemars
//! describe, and the lenient decoding of spec chapter 04 section 2.4.

use std::{borrow::Cow, time::Duration};

use hyper::body::Bytes;
use poem::{
    Body, IntoResponse, Request, RequestBody, Response,
    error::ReadBodyError,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions,
    payload::Payload,
    registry::{MetaMediaType, MetaRequest, MetaResponse, MetaResponses, MetaSchemaRef, Registry},
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, error::Category};

use crate::http::{
    error::ApiError,
    schema::{self, Use},
};

/// The largest body that is read.
pub const BODY_LIMIT: usize = 1024 * 1024;
/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

const CONTENT_TYPE: &str = "application/json";

/// An answer in JSON.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> Json<T> {
    /// The answer with a status.
    pub fn respond(&self, status: StatusCode) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(mut body) => {
                body.push(b'\n');
                whole(status, HeaderValue::from_static(CONTENT_TYPE), body)
            }
            Err(error) => {
                tracing::error!(%error, "an answer cannot be written as JSON");
                Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR).finish()
            }
        }
    }
}

/// An answer whose body is known as a whole. Its length stands in a header from the start, where the access log finds it.
#[must_use]
pub fn whole(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Response {
    let body = body.into();
    let length = body.len();
    let mut response = Response::builder().status(status).body(body);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    response
}

impl<T: Serialize + Send> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        self.respond(StatusCode::OK)
    }
}

impl<T: JsonSchema + Send> Payload for Json<T> {
    const CONTENT_TYPE: &'static str = CONTENT_TYPE;

    fn schema_ref() -> MetaSchemaRef {
        schema::reference::<T>(Use::Response)
    }

    fn register(registry: &mut Registry) {
        schema::register::<T>(registry, Use::Response);
    }
}

impl<T: Serialize + JsonSchema + Send> ApiResponse for Json<T> {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![documented::<T>(200, "")] }
    }

    fn register(registry: &mut Registry) {
        schema::register::<T>(registry, Use::Response);
    }
}

/// An answer in JSON about a person, which no cache may keep.
#[derive(Debug)]
pub struct Private<T>(pub T);

impl<T: Serialize + Send> IntoResponse for Private<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.0).respond(StatusCode::OK);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl<T: Serialize + JsonSchema + Send> ApiResponse for Private<T> {
    fn meta() -> MetaResponses {
        Json::<T>::meta()
    }

    fn register(registry: &mut Registry) {
        schema::register::<T>(registry, Use::Response);
    }
}

/// The documentation of an answer whose body is a `T`.
#[must_use]
pub fn documented<T: JsonSchema>(status: u16, description: &'static str) -> MetaResponse {
    MetaResponse {
        description,
        status: Some(status),
        status_range: None,
        content: vec![MetaMediaType { content_type: CONTENT_TYPE, schema: schema::reference::<T>(Use::Response) }],
        headers: vec![],
    }
}

/// A request body. Holds the result of decoding, because the endpoint decides how a failure is reported: plain or
/// wrapped (spec chapter 04 section 2.6), or after other checks.
#[derive(Debug)]
pub struct JsonBody<T>(pub Result<T, ApiError>);

impl<'a, T: DeserializeOwned + Default + JsonSchema + Send> ApiExtractor<'a> for JsonBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        schema::register::<T>(registry, Use::Request);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: CONTENT_TYPE, schema: schema::reference::<T>(Use::Request) }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<Self::ParamType>,
    ) -> poem::Result<Self> {
        Ok(Self(read(request, body.take()?).await))
    }
}

async fn read<T: DeserializeOwned + Default>(request: &Request, body: Body) -> Result<T, ApiError> {
    let bytes = read_bytes(body).await?;
    if bytes.is_empty() {
        return Ok(T::default());
    }
    match MediaType::of(request) {
        MediaType::Json => decode(&bytes),
        MediaType::Form | MediaType::Xml => Ok(T::default()),
        MediaType::Unsupported => Err(ApiError::from_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
    }
}

/// The whole body, at most [`BODY_LIMIT`] bytes.
///
/// # Errors
///
/// 413 when it is longer, 408 when it does not come in time, 400 when the connection breaks.
pub async fn read_bytes(body: Body) -> Result<Vec<u8>, ApiError> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    match tokio::time::timeout(BODY_TIMEOUT, body.into_bytes_limit(BODY_LIMIT)).await {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(ReadBodyError::PayloadTooLarge)) => Err(ApiError::from_status(StatusCode::PAYLOAD_TOO_LARGE)),
        Ok(Err(error)) => Err(ApiError::from_status(StatusCode::BAD_REQUEST).because(error)),
        Err(_) => Err(ApiError::from_status(StatusCode::REQUEST_TIMEOUT)),
    }
}

/// How a non-empty body is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// As JSON.
    Json,
    /// As a form, which has no fields for us: the same as an empty body.
    Form,
    /// As XML, which has no fields for us either: the same as an empty body, except in flows, which refuse it.
    Xml,
    /// Not at all.
    Unsupported,
}

impl MediaType {
    /// What the `Content-Type` of the request says; parameters such as `charset` are ignored.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let essence = request.content_type().and_then(|value| value.split(';').next()).unwrap_or_default();
        match essence.trim().to_ascii_lowercase().as_str() {
            "application/json" => Self::Json,
            "application/x-www-form-urlencoded" | "multipart/form-data" => Self::Form,
            "application/xml" | "text/xml" => Self::Xml,
            _ => Self::Unsupported,
        }
    }
}

/// Reads the first JSON value of `bytes` leniently: unknown keys are ignored, keys match in any letter case, the last
/// duplicate wins, `null` is the same as absent, and what follows the value is ignored.
///
/// For types whose field names are lower case and which hold no maps of the client's own keys.
///
/// # Errors
///
/// 400 with a text that says where the value does not fit.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    let value = match values.next() {
        Some(Ok(value)) => normalize(value),
        Some(Err(error)) => return Err(ApiError::bad_request(syntax_error(&error))),
        None => return Err(ApiError::bad_request("unexpected EOF")),
    };
    let value = if value.is_null() { Value::Object(Map::new()) } else { value };
    // A struct would accept an array of its fields in their order; a client would not mean that.
    if value.is_array() {
        return Err(ApiError::bad_request("invalid type: array, expected an object"));
    }
    serde_json::from_value(value).map_err(|error| ApiError::bad_request(without_value(&error.to_string())))
}

/// serde quotes the value that does not fit. It may be a password, and the text ends up in the access log.
fn without_value(text: &str) -> String {
    match text.rsplit_once(", expected ") {
        Some((what, expected)) => {
            let kind = what.split(['`', '"']).next().unwrap_or_default().trim_end();
            format!("{kind}, expected {expected}")
        }
        None => text.to_owned(),
    }
}

fn syntax_error(error: &serde_json::Error) -> Cow<'static, str> {
    match error.classify() {
        Category::Eof => "unexpected EOF".into(),
        _ => format!("Syntax error: {error}").into(),
    }
}

fn normalize(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut kept = Map::with_capacity(members.len());
            for (key, member) in members.into_iter().filter(|(_, member)| !member.is_null()) {
                kept.insert(key.to_ascii_lowercase(), normalize(member));
            }
            Value::Object(kept)
        }
        Value::Array(elements) => elements.into_iter().map(normalize).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Input {
        name: String,
        list: Vec<Self>,
    }

    fn named(name: &str) -> Input {
        Input { name: name.into(), list: vec![] }
    }

    fn message(body: &str) -> String {
        let error = decode::<Input>(body.as_bytes()).unwrap_err();
        assert_eq!(error.status(), StatusCode::BAD_REQUEST);
        error.to_string()
    }

    async fn sent(content_type: Option<&str>, body: &str) -> Result<Input, ApiError> {
        let mut request = Request::builder();
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let (request, mut body) = request.body(body.to_owned()).split();
        read(&request, body.take().unwrap()).await
    }

    /// Covers API-019.
    #[test]
    fn ignores_what_it_does_not_know() {
        let body = br#"{"other":{"deep":[1]},"name":"ada"} trailing {"#;
        assert_eq!(decode::<Input>(body).unwrap(), named("ada"));
    }

    #[test]
    fn matches_keys_in_any_letter_case_and_lets_the_last_win() {
        assert_eq!(decode::<Input>(br#"{"NAME":"a","name":"b","Name":"c"}"#).unwrap(), named("c"));
        let nested = decode::<Input>(br#"{"List":[{"Name":"deep"}]}"#).unwrap();
        assert_eq!(nested.list, [named("deep")]);
    }

    #[test]
    fn takes_null_for_absent() {
        assert_eq!(decode::<Input>(br#"{"name":null,"list":null}"#).unwrap(), named(""));
        assert_eq!(decode::<Input>(b"null").unwrap(), named(""));
    }

    /// Covers API-018.
    #[test]
    fn refuses_malformed_json_and_wrong_types() {
        assert_eq!(message("{"), "unexpected EOF");
        assert!(message("{name}").starts_with("Syntax error: "));
        assert_eq!(message(r#"{"name":4711}"#), "invalid type: integer, expected a string");
        assert_eq!(message(r#"{"list":"a, expected \"b\""}"#), "invalid type: string, expected a sequence");
        assert!(message("[]").starts_with("invalid type: "));
        assert!(message("\"x\"").starts_with("invalid type: "));
    }

    /// Covers API-014, API-015, API-016, API-017.
    #[tokio::test]
    async fn reads_the_body_as_its_media_type_says() {
        let body = r#"{"name":"ada"}"#;
        assert_eq!(sent(Some("application/json; charset=utf-8"), body).await.unwrap(), named("ada"));
        assert_eq!(sent(Some("Application/JSON"), body).await.unwrap(), named("ada"));
        assert_eq!(sent(Some("application/x-www-form-urlencoded"), body).await.unwrap(), named(""));
        for content_type in [None, Some("text/plain"), Some("application/vnd.api+json")] {
            let error = sent(content_type, body).await.unwrap_err();
            assert_eq!(error.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
            assert_eq!(sent(content_type, "").await.unwrap(), named(""));
        }
    }

    #[tokio::test]
    async fn refuses_a_body_of_more_than_a_mebibyte() {
        let body = format!("{{\"name\":\"{}\"}}", "a".repeat(BODY_LIMIT));
        let error = sent(Some("application/json"), &body).await.unwrap_err();
        assert_eq!(error.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(error.to_string(), "Request Entity Too Large");
    }
}
