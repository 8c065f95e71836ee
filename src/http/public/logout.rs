//! `POST /logout` (spec chapter 04 section 5.5).

use poem_openapi::{ApiResponse, OpenApi};

use crate::{
    http::{
        error::{ApiError, refusals},
        request::Call,
        session::{Authenticated, removed_session_cookie},
        tags::Tag,
    },
    identity::sessions::SessionError,
};

/// The end of a session.
#[derive(Debug)]
pub struct LogoutApi;

/// Why a session could not be ended.
#[derive(Debug, thiserror::Error)]
enum LogoutError {
    #[error(transparent)]
    Session(#[from] SessionError),
}

impl From<LogoutError> for ApiError {
    fn from(error: LogoutError) -> Self {
        Self::internal(error)
    }
}

refusals!(LogoutError { 401: "There is no valid session.", 500: "The server failed." });

#[derive(Debug, ApiResponse)]
enum Answer {
    /// The session has ended; the cookie is removed.
    #[oai(status = 204)]
    LoggedOut(#[oai(header = "Set-Cookie")] Option<String>),
}

#[OpenApi(tag = "Tag::Sessions")]
impl LogoutApi {
    /// End the session.
    ///
    /// Other sessions of the user go on.
    #[oai(path = "/logout", method = "post", operation_id = "logout")]
    async fn logout(&self, call: Call<'_>, session: Authenticated) -> Result<Answer, LogoutError> {
        let tenant = call.tenant();
        tenant.sessions().log_out(&session.session, &call.meta()).await?;
        let cookie = removed_session_cookie(&tenant.config.session);
        Ok(Answer::LoggedOut(cookie.and_then(|cookie| cookie.to_str().ok().map(ToOwned::to_owned))))
    }
}
