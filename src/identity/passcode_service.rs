//! Passcodes as rows: issuing them and taking attempts at them (spec chapter 02, section 17.1). A code works once, and
//! three wrong attempts end it, however many requests come at once.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    moment::Moment,
    passcodes::{Charset, PasscodeHasher, generate},
    passwords::{PasswordError, PasswordHasher},
};
use crate::{
    secret::Secret,
    storage::{StorageError, UnitOfWork, entities::passcodes::Model, passcodes},
};

/// The number of wrong attempts that end a passcode.
const MAX_ATTEMPTS: i32 = 3;

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It is the code. It is used up now.
    Right,
    /// It is not the code.
    Wrong,
    /// It is not the code, or was not tried any more: there were too many attempts.
    Exhausted,
    /// The code is no longer valid.
    Expired,
    /// There is no such passcode.
    Missing,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Right => "passcode valid",
            Self::Wrong => "passcode invalid",
            Self::Exhausted => "the passcode was entered wrong too many times",
            Self::Expired => "passcode is expired",
            Self::Missing => "passcode not found",
        })
    }
}

/// Why a passcode could not be issued or tried.
#[derive(Debug, thiserror::Error)]
pub enum PasscodeError {
    /// There is no secret to hash it with.
    #[error("there is no secret to hash passcodes with")]
    NoSecret,
    /// A hash of an existing installation cannot be checked.
    #[error(transparent)]
    Hash(#[from] PasswordError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Issues a passcode that is valid for `ttl` seconds. Gives the id of its row and the code.
///
/// # Errors
///
/// When the row cannot be written.
pub async fn issue(
    unit: &mut UnitOfWork,
    hasher: &PasscodeHasher,
    charset: Charset,
    ttl: u32,
    moment: Moment<'_>,
) -> Result<(Uuid, Secret<String>), PasscodeError> {
    let (id, code) = (moment.id(), generate(charset, moment.random));
    let hash = hasher.hash(id, &code);
    let ttl = i32::try_from(ttl).unwrap_or(i32::MAX);
    passcodes::insert(unit, id, ttl, Secret::new(hash), moment.now).await?;
    Ok((id, code))
}

/// Whether a code that was sent can still be entered.
///
/// # Errors
///
/// When the database fails.
pub async fn is_usable(unit: &UnitOfWork, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError> {
    let found = passcodes::by_id(unit, id).await?;
    Ok(found.is_some_and(|row| !is_expired(&row, now) && row.try_count < MAX_ATTEMPTS))
}

/// Takes an attempt at a passcode.
///
/// # Errors
///
/// When the database fails.
pub async fn attempt(
    unit: &mut UnitOfWork,
    hasher: &PasscodeHasher,
    passwords: &PasswordHasher,
    id: Uuid,
    code: &Secret<String>,
    now: DateTime<Utc>,
) -> Result<Attempt, PasscodeError> {
    let Some(row) = passcodes::by_id(unit, id).await? else { return Ok(Attempt::Missing) };
    if is_expired(&row, now) {
        return Ok(Attempt::Expired);
    }
    if row.try_count >= MAX_ATTEMPTS {
        return Ok(Attempt::Exhausted);
    }
    if hasher.verify(passwords, id, code, row.code.expose()).await? {
        // Of several requests with the right code only the one that removes the row has it right.
        let removed = passcodes::delete_if_present(unit, id).await?;
        return Ok(if removed { Attempt::Right } else { Attempt::Missing });
    }
    Ok(match passcodes::count_failure(unit, id, now).await? {
        Some(count) if count >= MAX_ATTEMPTS => Attempt::Exhausted,
        Some(_) => Attempt::Wrong,
        None => Attempt::Missing,
    })
}

fn is_expired(row: &Model, now: DateTime<Utc>) -> bool {
    row.created_at.0 + TimeDelta::seconds(row.ttl.into()) < now
}
