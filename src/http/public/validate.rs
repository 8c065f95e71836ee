//! `GET` and `POST /sessions/validate` (spec chapter 04 sections 5.6 to 5.8).

use poem::http::HeaderValue;
use poem_openapi::{ApiResponse, OpenApi};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    http::{
        error::{ApiError, refusals},
        json::{Json, JsonBody},
        request::Call,
        session::{candidates, removed_session_cookie},
        tags::Tag,
    },
    identity::sessions::{GoodSession, SessionError, Verdict},
    keys::ClaimsView,
    timestamp::Timestamp,
};

/// Whether a session is good.
#[derive(Debug)]
pub struct ValidateApi;

/// Whether a session is good, and what its token says.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Validation {
    /// Whether the session is good. When it is not, there is nothing else.
    pub is_valid: bool,
    /// What the token says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<ClaimsView>,
    /// Deprecated: the same as `claims.expiration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_time: Option<Timestamp>,
    /// Deprecated: the same as `claims.subject`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Uuid>,
    /// When the session ends unless it is used before; only when sessions can end so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_expires_at: Option<Timestamp>,
}

/// The session to be validated.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub struct ValidateRequest {
    /// The session token.
    #[serde(default)]
    #[schemars(required)]
    session_token: String,
}

/// Why a session could not be validated.
#[derive(Debug, thiserror::Error)]
enum ValidateError {
    #[error("{0}")]
    Body(ApiError),
    #[error("session_token is a required field")]
    Missing,
    #[error(transparent)]
    Session(#[from] SessionError),
}

impl From<ValidateError> for ApiError {
    fn from(error: ValidateError) -> Self {
        match error {
            ValidateError::Body(error) => error,
            ValidateError::Missing => Self::bad_request(error.to_string()).wrapped(),
            ValidateError::Session(error) => Self::internal(error),
        }
    }
}

refusals!(ValidateError {
    400: "The body is not JSON, or has no token.",
    415: "The body is of another media type than JSON.",
    500: "The server failed.",
});

#[derive(Debug, ApiResponse)]
enum Answer {
    /// For valid and invalid sessions.
    #[oai(status = 200)]
    Checked(
        Json<Validation>,
        /// `no-store` when the session is good.
        #[oai(header = "Cache-Control")]
        Option<String>,
        /// Removes the cookie of a session that was idle for too long.
        #[oai(header = "Set-Cookie")]
        Option<String>,
    ),
}

impl Answer {
    fn good(validation: Validation) -> Self {
        Self::Checked(Json(validation), Some("no-store".to_owned()), None)
    }

    fn bad(set_cookie: Option<HeaderValue>) -> Self {
        let set_cookie = set_cookie.and_then(|cookie| cookie.to_str().ok().map(ToOwned::to_owned));
        Self::Checked(Json(Validation::default()), None, set_cookie)
    }
}

#[OpenApi(tag = "Tag::Sessions")]
impl ValidateApi {
    /// Is the session of this request good?
    ///
    /// Answers 200 for valid and invalid sessions. Does not count as use of the session.
    #[oai(path = "/sessions/validate", method = "get", operation_id = "validate_session")]
    async fn of_request(&self, call: Call<'_>) -> Result<Answer, ValidateError> {
        let tenant = call.tenant();
        let config = &tenant.config.session;
        let mut expired_cookie = false;
        for candidate in candidates(call.headers(), config.cookie.effective_name()) {
            match tenant.sessions().check(candidate.token).await? {
                Verdict::Good(session) => {
                    if let Some(validation) = validation(session) {
                        return Ok(Answer::good(validation));
                    }
                }
                Verdict::Idle(_) => expired_cookie |= candidate.from_cookie,
                Verdict::Unknown => {}
            }
        }
        Ok(Answer::bad(if expired_cookie { removed_session_cookie(config) } else { None }))
    }

    /// Is the session of a token good?
    ///
    /// Answers 200 for valid and invalid sessions. Counts as use of the session. The session of the request itself does
    /// not matter.
    #[oai(path = "/sessions/validate", method = "post", operation_id = "validate_session_token")]
    async fn of_token(&self, call: Call<'_>, body: JsonBody<ValidateRequest>) -> Result<Answer, ValidateError> {
        let token = body.0.map_err(ValidateError::Body)?.session_token;
        if token.is_empty() {
            return Err(ValidateError::Missing);
        }
        let tenant = call.tenant();
        Ok(match tenant.sessions().accept(&token).await? {
            Verdict::Good(session) => validation(session).map_or_else(|| Answer::bad(None), Answer::good),
            Verdict::Idle(_) => Answer::bad(removed_session_cookie(&tenant.config.session)),
            Verdict::Unknown => Answer::bad(None),
        })
    }
}

/// `None` for a token whose claims are not those of a session.
fn validation(session: GoodSession) -> Option<Validation> {
    let idle_expires_at = session.idle_expires_at;
    let claims = ClaimsView::from_claims(session.claims).ok()?;
    let expiration = claims.expiration;
    Some(Validation {
        is_valid: true,
        expiration_time: Some(expiration.into()),
        user_id: Some(claims.subject),
        idle_expires_at: idle_expires_at.map(|idle| idle.min(expiration).into()),
        claims: Some(claims),
    })
}
