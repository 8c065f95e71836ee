//! The error body of spec chapter 04 section 2.5 and its two styles (2.6). Knows no endpoint: each endpoint's own error
//! enum says which of these errors it stands for.

use std::{borrow::Cow, error::Error as StdError, fmt};

use poem::{
    Response,
    error::{MethodNotAllowedError, NotFoundError, ResponseError},
    http::{HeaderValue, StatusCode, header},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::json::Json;

/// Every error that is not a flow response.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct ErrorBody<'a> {
    /// The HTTP status.
    pub code: u16,
    /// What went wrong, for people. Clients do not depend on it.
    pub message: &'a str,
    /// The chain of causes; only on the public server, and only with `debug: true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A refusal or failure on its way to the client.
///
/// The cause never leaves the process, unless `debug` is on; the log has it.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    message: Cow<'static, str>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
    set_cookie: Option<HeaderValue>,
}

impl ApiError {
    /// An error with its own text.
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), cause: None, set_cookie: None }
    }

    /// An error with the standard reason phrase of `status` as text.
    #[must_use]
    pub fn from_status(status: StatusCode) -> Self {
        Self::new(status, reason(status))
    }

    /// 400 with a text.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 500; the cause is for the log.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::from_status(StatusCode::INTERNAL_SERVER_ERROR).because(cause)
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds a `Set-Cookie` header to the answer.
    #[must_use]
    pub fn with_cookie(mut self, cookie: Option<HeaderValue>) -> Self {
        self.set_cookie = cookie;
        self
    }

    /// The wrapped style: always 400, the inner status only shows in the text.
    #[must_use]
    pub fn wrapped(self) -> Self {
        let message = format!("code={}, message={}", self.status.as_u16(), self.message);
        Self { status: StatusCode::BAD_REQUEST, message: message.into(), ..self }
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The text with all causes, for the log and for `debug`.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut chain = self.message.clone().into_owned();
        let mut next = self.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            // Transparent errors repeat the text of their source.
            if !chain.ends_with(&text) {
                chain.push_str(": ");
                chain.push_str(&text);
            }
            next = cause.source();
        }
        chain
    }

    /// The answer; with `debug` it shows the chain of causes.
    #[must_use]
    pub fn respond(self, debug: bool) -> Response {
        let error = debug.then(|| self.chain());
        let body = ErrorBody { code: self.status.as_u16(), message: &self.message, error };
        let mut response = Json(body).respond(self.status);
        if let Some(cookie) = self.set_cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for ApiError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn StdError + 'static))
    }
}

impl ResponseError for ApiError {
    fn status(&self) -> StatusCode {
        self.status
    }

    fn as_response(&self) -> Response
    where
        Self: StdError + Send + Sync + 'static,
    {
        Self::new(self.status, self.message.clone()).with_cookie(self.set_cookie.clone()).respond(false)
    }
}

/// Errors of the router and of poem's extractors.
impl From<poem::Error> for ApiError {
    fn from(error: poem::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => error,
            // A known path with another method is as unknown as any other path.
            Err(error) if error.is::<NotFoundError>() || error.is::<MethodNotAllowedError>() => {
                Self::from_status(StatusCode::NOT_FOUND)
            }
            Err(error) if error.status().is_client_error() => Self::from_status(error.status()),
            Err(error) => Self::internal(error.to_string()),
        }
    }
}

fn reason(status: StatusCode) -> &'static str {
    match status {
        // The phrase of RFC 7231, which the spec's servers use; RFC 9110 calls it otherwise.
        StatusCode::PAYLOAD_TOO_LARGE => "Request Entity Too Large",
        _ => status.canonical_reason().unwrap_or("Internal Server Error"),
    }
}

/// Declares which answers an endpoint's error enum stands for: `refusals!(MeError { 401: "No valid session.", … })`
/// makes the enum usable as the error of a handler and documents it. The enum must convert into [`ApiError`].
macro_rules! refusals {
    ($error:ty { $($status:literal: $description:literal),+ $(,)? }) => {
        impl ::poem_openapi::ApiResponse for $error {
            fn meta() -> ::poem_openapi::registry::MetaResponses {
                ::poem_openapi::registry::MetaResponses {
                    responses: vec![$($crate::http::json::documented::<$crate::http::error::ErrorBody<'_>>(
                        $status,
                        $description,
                    )),+],
                }
            }

            fn register(registry: &mut ::poem_openapi::registry::Registry) {
                $crate::http::schema::register::<$crate::http::error::ErrorBody<'_>>(registry, $crate::http::schema::Use::Response);
            }
        }

        impl From<$error> for ::poem::Error {
            fn from(error: $error) -> Self {
                $crate::http::error::ApiError::from(error).into()
            }
        }
    };
}
pub(crate) use refusals;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    async fn body(response: Response) -> Value {
        response.into_body().into_json().await.unwrap()
    }

    /// Covers API-009, API-013.
    #[tokio::test]
    async fn shows_code_and_message_only() {
        let response = ApiError::from_status(StatusCode::NOT_FOUND).because("secret").respond(false);
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.content_type(), Some("application/json"));
        assert_eq!(body(response).await, json!({"code": 404, "message": "Not Found"}));
    }

    /// Covers API-010, API-011.
    #[tokio::test]
    async fn shows_the_causes_only_when_debugging() {
        let failure = || ApiError::internal(std::io::Error::other("disk is full"));
        let expected = json!({"code": 500, "message": "Internal Server Error"});
        assert_eq!(body(failure().respond(false)).await, expected);
        let error = body(failure().respond(true)).await["error"].clone();
        assert_eq!(error, "Internal Server Error: disk is full");
    }

    #[tokio::test]
    async fn renders_the_inner_status_into_a_wrapped_error() {
        let wrapped = ApiError::from_status(StatusCode::UNSUPPORTED_MEDIA_TYPE).wrapped();
        let expected = json!({"code": 400, "message": "code=415, message=Unsupported Media Type"});
        assert_eq!(body(wrapped.respond(false)).await, expected);
    }

    /// Covers API-026, API-027.
    #[test]
    fn treats_a_wrong_method_like_an_unknown_path() {
        assert_eq!(ApiError::from(poem::Error::from(MethodNotAllowedError)).status(), StatusCode::NOT_FOUND);
        assert_eq!(ApiError::from(poem::Error::from(NotFoundError)).status(), StatusCode::NOT_FOUND);
    }
}
