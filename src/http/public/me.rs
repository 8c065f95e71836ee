//! `GET /me` (spec chapter 04 section 5.4).

use poem::http::StatusCode;
use poem_openapi::OpenApi;

use crate::{
    http::{
        error::{ApiError, refusals},
        json::Private,
        request::Call,
        session::Authenticated,
        tags::Tag,
    },
    identity::{account::Account, profile::Profile},
    storage::StorageError,
};

/// The user of the session.
#[derive(Debug)]
pub struct MeApi;

/// Why there is no profile to show.
#[derive(Debug, thiserror::Error)]
enum MeError {
    #[error("the user of the session does not exist")]
    NotFound,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<MeError> for ApiError {
    fn from(error: MeError) -> Self {
        match error {
            MeError::NotFound => Self::from_status(StatusCode::NOT_FOUND),
            MeError::Storage(error) => Self::internal(error),
        }
    }
}

refusals!(MeError {
    401: "There is no valid session.",
    404: "The user of the session does not exist any more.",
    500: "The server failed.",
});

#[OpenApi(tag = "Tag::Sessions")]
impl MeApi {
    /// The user of the session.
    ///
    /// Counts as use of the session.
    #[oai(path = "/me", method = "get", operation_id = "get_me")]
    async fn me(&self, call: Call<'_>, session: Authenticated) -> Result<Private<Profile>, MeError> {
        let tenant = call.tenant();
        let account = Account::load(&tenant.unit(), session.user_id).await?.ok_or(MeError::NotFound)?;
        Ok(Private(Profile::new(&account, &tenant.config)))
    }
}
