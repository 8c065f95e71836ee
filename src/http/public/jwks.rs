//! `GET /.well-known/jwks.json` (spec chapter 04 section 5.3, RFC 7517 section 5).

use std::sync::Arc;

use poem_openapi::{ApiResponse, OpenApi};

use crate::{
    http::{
        error::{ApiError, refusals},
        json::Json,
        request::Call,
        tags::Tag,
    },
    keys::{JwkSet, KeyRingError},
};

/// The public keys.
#[derive(Debug)]
pub struct JwksApi;

/// Why the keys cannot be shown.
#[derive(Debug, thiserror::Error)]
enum JwksError {
    #[error(transparent)]
    Keys(#[from] KeyRingError),
}

impl From<JwksError> for ApiError {
    fn from(error: JwksError) -> Self {
        Self::internal(error)
    }
}

refusals!(JwksError { 500: "The keys cannot be read." });

#[derive(Debug, ApiResponse)]
enum Answer {
    /// The keys, oldest first.
    #[oai(status = 200)]
    Found(
        Json<Arc<JwkSet>>,
        /// `max-age=600`
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Keys")]
impl JwksApi {
    /// The public keys that session tokens are verified with.
    #[oai(path = "/.well-known/jwks.json", method = "get", operation_id = "get_jwks")]
    async fn jwks(&self, call: Call<'_>) -> Result<Answer, JwksError> {
        Ok(Answer::Found(Json(call.tenant().keys.jwks().await?), "max-age=600".to_owned()))
    }
}
