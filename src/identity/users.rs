//! Creating users with their addresses and username, all or nothing.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    identity::{
        objects::Password,
        passwords::{PasswordError, PasswordHasher},
    },
    random::Random,
    secret::Secret,
    storage::{
        StorageError, UnitOfWork, emails, password_credentials, primary_emails, usernames,
        users::{self, PersonalData},
    },
};

/// A user to be created.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The id; `None` draws one.
    pub id: Option<Uuid>,
    /// The addresses, in lower case, exactly one of them primary when there are any.
    pub emails: Vec<NewEmail>,
    /// The username, normalized.
    pub username: Option<String>,
    /// When the user was created.
    pub created_at: DateTime<Utc>,
}

/// An address of a user to be created.
#[derive(Debug, Clone)]
pub struct NewEmail {
    /// The address, in lower case.
    pub address: String,
    /// Whether it is the primary one.
    pub is_primary: bool,
    /// Whether it is known to be the user's.
    pub is_verified: bool,
}

/// Why a user was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// The id is taken, by any tenant.
    #[error("failed to create user with id '{0}': user already exists")]
    UserExists(Uuid),
    /// An address is taken.
    #[error("failed to create email '{address}' for user '{user_id}': email already exists")]
    EmailExists {
        /// The address.
        address: String,
        /// The user that it was to be of.
        user_id: Uuid,
    },
    /// The username is taken.
    #[error("failed to create username '{username}' for user '{user_id}': username already exists")]
    UsernameExists {
        /// The username.
        username: String,
        /// The user that it was to be of.
        user_id: Uuid,
    },
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Creates the user in the caller's unit of work, which must be rolled back on failure.
///
/// # Errors
///
/// [`CreateUserError`].
pub async fn create(
    unit: &mut UnitOfWork,
    random: &dyn Random,
    now: DateTime<Utc>,
    new: NewUser,
) -> Result<Uuid, CreateUserError> {
    let user_id = new.id.unwrap_or_else(|| random.uuid());
    users::insert(unit, user_id, PersonalData::default(), new.created_at, now)
        .await
        .map_err(|error| conflict(error, || CreateUserError::UserExists(user_id)))?;
    for email in new.emails {
        create_email(unit, random, now, user_id, email).await?;
    }
    if let Some(username) = new.username {
        usernames::insert(unit, random.uuid(), user_id, &username, now)
            .await
            .map_err(|error| conflict(error, || CreateUserError::UsernameExists { username, user_id }))?;
    }
    Ok(user_id)
}

async fn create_email(
    unit: &mut UnitOfWork,
    random: &dyn Random,
    now: DateTime<Utc>,
    user_id: Uuid,
    email: NewEmail,
) -> Result<(), CreateUserError> {
    let NewEmail { address, is_primary, is_verified } = email;
    let email_id = random.uuid();
    emails::insert(unit, email_id, Some(user_id), &address, is_verified, now)
        .await
        .map_err(|error| conflict(error, || CreateUserError::EmailExists { address, user_id }))?;
    if is_primary {
        primary_emails::set(unit, random.uuid(), user_id, email_id, now).await?;
    }
    Ok(())
}

/// What a failed insert means: something is taken, or the database failed.
fn conflict(error: StorageError, taken: impl FnOnce() -> CreateUserError) -> CreateUserError {
    if error.is_unique_violation() { taken() } else { error.into() }
}

/// Why a user did not get a password.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// There is no such user.
    #[error("there is no such user")]
    NoSuchUser,
    /// The user has a password.
    #[error("the user has a password already")]
    Exists,
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] PasswordError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Gives a user without password one, in the caller's unit of work. No rule for passwords is applied.
///
/// # Errors
///
/// [`SetPasswordError`].
pub async fn set_first_password(
    unit: &mut UnitOfWork,
    hasher: &PasswordHasher,
    random: &dyn Random,
    now: DateTime<Utc>,
    user_id: Uuid,
    password: &Secret<String>,
) -> Result<Password, SetPasswordError> {
    if users::by_id(unit, user_id).await?.is_none() {
        return Err(SetPasswordError::NoSuchUser);
    }
    if password_credentials::of_user(unit, user_id).await?.is_some() {
        return Err(SetPasswordError::Exists);
    }
    let id = random.uuid();
    let hash = Secret::new(hasher.hash(password).await?);
    // Somebody else may have been faster while the password was hashed.
    password_credentials::insert(unit, id, user_id, hash, now)
        .await
        .map_err(|error| if error.is_unique_violation() { SetPasswordError::Exists } else { error.into() })?;
    Ok(Password { id, tenant_id: unit.tenant(), created_at: now.into(), updated_at: now.into() })
}
