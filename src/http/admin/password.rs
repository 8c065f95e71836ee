//! `POST /users/{user_id}/password` (spec chapter 04 section 7.14).

use poem::http::StatusCode;
use poem_openapi::{OpenApi, param::Path};
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    http::{
        error::{ApiError, refusals},
        json::{JsonBody, Private},
        request::Call,
        tags::Tag,
        uuids,
        validation::Violations,
    },
    identity::{
        objects::Password,
        passwords::MAX_PASSWORD_BYTES,
        users::{self, SetPasswordError},
    },
    secret::Secret,
};

/// Passwords of users.
#[derive(Debug)]
pub struct PasswordApi;

/// The password to be set.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct SetPassword {
    /// The password, at most 72 bytes. No other rule applies.
    #[schemars(required)]
    password: Secret<String>,
}

/// Why the password was not set.
#[derive(Debug, thiserror::Error)]
enum SetError {
    #[error("{0}")]
    Input(ApiError),
    #[error(transparent)]
    Set(#[from] SetPasswordError),
}

impl From<SetError> for ApiError {
    fn from(error: SetError) -> Self {
        match error {
            SetError::Input(error) => error.wrapped(),
            SetError::Set(SetPasswordError::NoSuchUser) => Self::from_status(StatusCode::NOT_FOUND),
            SetError::Set(SetPasswordError::Exists) => Self::from_status(StatusCode::CONFLICT),
            SetError::Set(error) => Self::internal(error),
        }
    }
}

refusals!(SetError {
    400: "The body is not JSON, or breaks a rule.",
    404: "There is no such user.",
    409: "The user has a password already.",
    500: "The server failed.",
});

#[OpenApi(tag = "Tag::Users")]
impl PasswordApi {
    /// Give a user a password.
    ///
    /// Sessions of the user go on. No mail is sent.
    #[oai(path = "/users/:user_id/password", method = "post", operation_id = "create_password")]
    async fn create(
        &self,
        call: Call<'_>,
        /// The user's id, in lower case.
        user_id: Path<String>,
        body: JsonBody<SetPassword>,
    ) -> Result<Private<Password>, SetError> {
        let (user_id, password) = body.0.and_then(|body| validated(&user_id, body)).map_err(SetError::Input)?;
        let tenant = call.tenant();
        let mut unit = tenant.unit();
        let random = tenant.random.as_ref();
        let now = tenant.clock.now();
        let set = users::set_first_password(&mut unit, &tenant.passwords, random, now, user_id, &password).await?;
        unit.commit().await.map_err(SetPasswordError::from)?;
        Ok(Private(set))
    }
}

fn validated(user_id: &str, body: SetPassword) -> Result<(Uuid, Secret<String>), ApiError> {
    let mut violations = Violations::default();
    let id = uuids::strict(user_id);
    if user_id.is_empty() {
        violations.required(false, "UserID");
    } else {
        violations.check(id.is_some(), "UserID", "must be a valid uuid");
    }
    let length = body.password.expose().len();
    violations.required(length > 0, "password");
    violations.check(length <= MAX_PASSWORD_BYTES, "password", "must not be longer than 72 bytes");
    violations.into_result()?;
    Ok((id.unwrap_or_default(), body.password))
}
