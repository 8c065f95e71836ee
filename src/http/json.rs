//! JSON in requests and answers: what poem-openapi's own payload cannot do, namely types that serde and schemars
//! describe, and the lenient decoding of spec chapter 04 section 2.4.

use std::time::Duration;

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

use crate::http::{
    error::ApiError,
    lenient::decode,
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

    async fn sent(content_type: Option<&str>, body: &str) -> Result<Input, ApiError> {
        let mut request = Request::builder();
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let (request, mut body) = request.body(body.to_owned()).split();
        read(&request, body.take().unwrap()).await
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
