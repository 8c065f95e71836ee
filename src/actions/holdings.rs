//! What the account of a session has in detail, for the flows in which people change it. It is read from the database in
//! each request and never stored with the flow.

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{identity::account::Account, storage::entities::sessions};

/// What the account of a session has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Holdings {
    /// The other active sessions, newest first.
    pub other_sessions: Vec<Uuid>,
    /// How many addresses there are besides the primary one.
    pub secondary_emails: usize,
    /// How many passkeys there are.
    pub passkeys: usize,
    /// How many security keys there are.
    pub security_keys: usize,
}

impl Holdings {
    /// What `account` has, of which `active` are the active sessions and `current` is the one of the request.
    #[must_use]
    pub fn of(account: &Account, active: &[sessions::Model], current: Uuid) -> Self {
        let security_keys = account.credentials.iter().filter(|credential| credential.row.mfa_only).count();
        Self {
            other_sessions: active.iter().map(|session| session.id.0).filter(|id| *id != current).collect(),
            secondary_emails: account.emails.iter().filter(|email| !account.is_primary(email)).count(),
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
    /// How many addresses there are besides the primary one.
    pub secondary_emails: i64,
    /// How many passkeys there are.
    pub passkeys: i64,
    /// How many security keys there are.
    pub security_keys: i64,
}

impl From<&Holdings> for ProfileFacts {
    fn from(holdings: &Holdings) -> Self {
        let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
        Self {
            other_sessions: number(holdings.other_sessions.len()),
            secondary_emails: number(holdings.secondary_emails),
            passkeys: number(holdings.passkeys),
            security_keys: number(holdings.security_keys),
        }
    }
}
