//! Creating users with their addresses and username, all or nothing.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    random::Random,
    storage::{StorageError, UnitOfWork},
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
