//! `POST /users` (spec chapter 04 section 7.2).

use std::collections::HashSet;

use poem::http::StatusCode;
use poem_openapi::OpenApi;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    http::{
        error::{ApiError, refusals},
        json::{JsonBody, Private},
        request::Call,
        tags::Tag,
        uuids::LenientUuid,
        validation::Violations,
    },
    identity::{
        account::Account,
        emails::is_address,
        objects::User,
        usernames::{self, InvalidUsername},
        users::{self, CreateUserError, NewEmail, NewUser},
    },
    notify::webhook::{Event, WebhookError},
    storage::StorageError,
    timestamp::Timestamp,
};

/// Accounts.
#[derive(Debug)]
pub struct UsersApi;

/// The user to be created: at least an email address or a username.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct CreateUser {
    /// The user's id; drawn at random when it is missing or nil.
    id: Option<LenientUuid>,
    /// Email addresses, exactly one of them primary.
    emails: Vec<CreateEmail>,
    /// The username; empty is the same as missing.
    username: Option<String>,
    /// When the user was created; now when it is missing.
    created_at: Option<Timestamp>,
}

/// An email address of the user.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct CreateEmail {
    /// The address; stored in lower case.
    #[schemars(required)]
    address: String,
    /// Whether it is the one that mails go to.
    is_primary: bool,
    /// Whether it is known to be the user's.
    is_verified: bool,
}

/// Why the user was not created.
#[derive(Debug, thiserror::Error)]
enum CreateError {
    #[error("{0}")]
    Body(ApiError),
    #[error("at least one of [Emails, Username] must be set")]
    NothingToSignInWith,
    #[error("at least one primary email must be provided")]
    NoPrimary,
    #[error("only one primary email is allowed")]
    SeveralPrimaries,
    #[error(transparent)]
    Username(#[from] InvalidUsername),
    #[error(transparent)]
    Create(#[from] CreateUserError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Webhooks(#[from] WebhookError),
    #[error("the new user cannot be read back")]
    Vanished,
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Body(error) => error,
            CreateError::NothingToSignInWith
            | CreateError::NoPrimary
            | CreateError::SeveralPrimaries
            | CreateError::Username(_) => Self::bad_request(error.to_string()),
            CreateError::Create(CreateUserError::Storage(_))
            | CreateError::Storage(_)
            | CreateError::Webhooks(_)
            | CreateError::Vanished => Self::internal(error),
            CreateError::Create(conflict) => Self::new(StatusCode::CONFLICT, conflict.to_string()),
        }
    }
}

refusals!(CreateError {
    400: "The body is not JSON, or breaks a rule.",
    409: "The id, an address or the username is taken.",
    415: "The body is of another media type than JSON.",
    500: "The server failed; nothing was created.",
});

#[OpenApi(tag = "Tag::Users")]
impl UsersApi {
    /// Create a user.
    ///
    /// Limits of the configuration, such as `email.limit`, do not apply. No mail is sent.
    #[oai(path = "/users", method = "post", operation_id = "create_user")]
    async fn create(&self, call: Call<'_>, body: JsonBody<CreateUser>) -> Result<Private<User>, CreateError> {
        let new = body.0.and_then(validated).map_err(CreateError::Body)?;
        let tenant = call.tenant();
        let now = tenant.clock.now();
        let new = checked(new, |created_at| created_at.map_or(now, |time| time.0))?;
        let mut unit = tenant.unit();
        let user_id = users::create(&mut unit, tenant.random.as_ref(), now, new).await?;
        let account = Account::load(&unit, user_id).await?.ok_or(CreateError::Vanished)?;
        let user = User::from(&account);
        let told = tenant.webhooks.announce(&mut unit, Event::UserCreate, &user).await?;
        unit.commit().await?;
        tenant.webhooks.committed(told);
        Ok(Private(user))
    }
}

/// The rules of single fields.
fn validated(new: CreateUser) -> Result<CreateUser, ApiError> {
    let mut violations = Violations::default();
    let distinct: HashSet<&str> = new.emails.iter().map(|email| email.address.as_str()).collect();
    violations.check(distinct.len() == new.emails.len(), "emails", "entries are not unique");
    for email in &new.emails {
        violations.required(!email.address.is_empty(), "address");
        violations.check(
            email.address.is_empty() || is_address(&email.address),
            "address",
            "must be a valid email address",
        );
    }
    violations.into_result()?;
    Ok(new)
}

/// The rules that tie fields together.
fn checked(
    new: CreateUser,
    created_at: impl Fn(Option<Timestamp>) -> chrono::DateTime<chrono::Utc>,
) -> Result<NewUser, CreateError> {
    let username = new.username.filter(|username| !username.trim().is_empty());
    if new.emails.is_empty() && username.is_none() {
        return Err(CreateError::NothingToSignInWith);
    }
    match new.emails.iter().filter(|email| email.is_primary).count() {
        0 if !new.emails.is_empty() => return Err(CreateError::NoPrimary),
        0 | 1 => {}
        _ => return Err(CreateError::SeveralPrimaries),
    }
    Ok(NewUser {
        id: new.id.map(|id| id.0).filter(|id| !id.is_nil()),
        emails: new.emails.into_iter().map(NewEmail::from).collect(),
        username: username.as_deref().map(usernames::normalized).transpose()?,
        created_at: created_at(new.created_at),
    })
}

impl From<CreateEmail> for NewEmail {
    fn from(email: CreateEmail) -> Self {
        Self { address: email.address.to_lowercase(), is_primary: email.is_primary, is_verified: email.is_verified }
    }
}
