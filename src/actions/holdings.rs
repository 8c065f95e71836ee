//! What the account of a session has in detail, for the flows in which people change it. It is read from the database in
//! each request and never stored with the flow.

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    identity::account::Account,
    storage::entities::{emails, sessions},
};

/// What the account of a session has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Holdings {
    /// The other active sessions, newest first.
    pub other_sessions: Vec<Uuid>,
    /// The addresses, oldest first.
    pub emails: Vec<OwnEmail>,
    /// How many WebAuthn credentials of any kind there are.
    pub credentials: usize,
    /// How many passkeys there are.
    pub passkeys: usize,
    /// How many security keys there are.
    pub security_keys: usize,
}

/// An address of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEmail {
    /// Its id.
    pub id: Uuid,
    /// The address.
    pub address: String,
    /// Mails go there.
    pub is_primary: bool,
    /// The person proved that it is theirs.
    pub is_verified: bool,
}

impl Holdings {
    /// The address with this id, if it is one of the account.
    #[must_use]
    pub fn email(&self, id: &str) -> Option<&OwnEmail> {
        let id = Uuid::try_parse(id).ok()?;
        self.emails.iter().find(|email| email.id == id)
    }

    /// What `account` has, of which `active` are the active sessions and `current` is the one of the request.
    #[must_use]
    pub fn of(account: &Account, active: &[sessions::Model], current: Uuid) -> Self {
        let own = |email: &emails::Model| OwnEmail {
            id: email.id.0,
            address: email.address.clone(),
            is_primary: account.is_primary(email),
            is_verified: email.verified,
        };
        let security_keys = account.credentials.iter().filter(|credential| credential.row.mfa_only).count();
        Self {
            other_sessions: active.iter().map(|session| session.id.0).filter(|id| *id != current).collect(),
            emails: account.emails.iter().map(own).collect(),
            credentials: account.credentials.len(),
            passkeys: account.credentials.len() - security_keys,
            security_keys,
        }
    }
}

/// What the account of the session has, for guards.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProfileFacts {
    /// How many other active sessions there are.
    pub other_sessions: i64,
    /// How many addresses there are.
    pub emails: i64,
    /// How many addresses there are besides the primary one.
    pub secondary_emails: i64,
    /// How many addresses the person did not prove to be theirs.
    pub unverified_emails: i64,
    /// How many WebAuthn credentials of any kind there are.
    pub credentials: i64,
    /// How many passkeys there are.
    pub passkeys: i64,
    /// How many security keys there are.
    pub security_keys: i64,
}

impl From<&Holdings> for ProfileFacts {
    fn from(holdings: &Holdings) -> Self {
        let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
        let emails =
            |filter: &dyn Fn(&OwnEmail) -> bool| number(holdings.emails.iter().filter(|email| filter(email)).count());
        Self {
            other_sessions: number(holdings.other_sessions.len()),
            emails: number(holdings.emails.len()),
            secondary_emails: emails(&|email| !email.is_primary),
            unverified_emails: emails(&|email| !email.is_verified),
            credentials: number(holdings.credentials),
            passkeys: number(holdings.passkeys),
            security_keys: number(holdings.security_keys),
        }
    }
}
