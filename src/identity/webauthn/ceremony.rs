//! Ceremonies between their two halves. All that the second half needs is in a row of `webauthn_session_data`, so that
//! any process can finish what another one began.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{challenge::Challenge, credential::CredentialId, error::WebauthnError};
use crate::config::UserVerification;

const REGISTRATION: &str = "registration";
const AUTHENTICATION: &str = "authentication";

/// A registration that waits for the browser's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationCeremony {
    /// What the answer has to contain.
    pub challenge: Challenge,
    /// Who registers.
    pub user_id: Uuid,
    /// Whether the user has to be verified.
    pub user_verification: UserVerification,
    /// When the answer comes too late.
    pub expires_at: DateTime<Utc>,
}

/// An authentication that waits for the browser's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationCeremony {
    /// What the answer has to contain.
    pub challenge: Challenge,
    /// Who may answer.
    pub subject: Subject,
    /// Whether the user has to be verified.
    pub user_verification: UserVerification,
    /// When the answer comes too late.
    pub expires_at: DateTime<Utc>,
}

/// Who may answer an authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Anybody with a discoverable credential: the credential tells who.
    Anyone,
    /// One user, with one of these credentials.
    User {
        /// Who.
        id: Uuid,
        /// With which.
        allowed: Vec<CredentialId>,
    },
}

/// The columns of `webauthn_session_data` and the ids of its `webauthn_session_data_allowed_credentials` (spec chapter
/// 06, 1.6). Key, tenant and row times are the store's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionData {
    /// The challenge in base64url, 43 characters.
    pub challenge: String,
    /// The user; all zero for a discoverable authentication.
    pub user_id: Uuid,
    /// `required`, `preferred`, `discouraged` or empty.
    pub user_verification: String,
    /// `registration` or `authentication`.
    pub operation: String,
    /// When the challenge expires. Rows of early releases have none.
    pub expires_at: Option<DateTime<Utc>>,
    /// The allowed credential ids in base64url.
    pub allowed_credentials: Vec<String>,
}

impl From<&RegistrationCeremony> for SessionData {
    fn from(ceremony: &RegistrationCeremony) -> Self {
        Self {
            challenge: ceremony.challenge.to_string(),
            user_id: ceremony.user_id,
            user_verification: text_of(ceremony.user_verification).to_owned(),
            operation: REGISTRATION.to_owned(),
            expires_at: Some(ceremony.expires_at),
            allowed_credentials: Vec::new(),
        }
    }
}

impl From<&AuthenticationCeremony> for SessionData {
    fn from(ceremony: &AuthenticationCeremony) -> Self {
        let (user_id, allowed_credentials) = match &ceremony.subject {
            Subject::Anyone => (Uuid::nil(), Vec::new()),
            Subject::User { id, allowed } => (*id, allowed.iter().map(ToString::to_string).collect()),
        };
        Self {
            challenge: ceremony.challenge.to_string(),
            user_id,
            user_verification: text_of(ceremony.user_verification).to_owned(),
            operation: AUTHENTICATION.to_owned(),
            expires_at: Some(ceremony.expires_at),
            allowed_credentials,
        }
    }
}

impl TryFrom<SessionData> for RegistrationCeremony {
    type Error = WebauthnError;

    fn try_from(row: SessionData) -> Result<Self, WebauthnError> {
        let (challenge, user_verification, expires_at) = common(&row, REGISTRATION)?;
        Ok(Self { challenge, user_id: row.user_id, user_verification, expires_at })
    }
}

impl TryFrom<SessionData> for AuthenticationCeremony {
    type Error = WebauthnError;

    fn try_from(row: SessionData) -> Result<Self, WebauthnError> {
        let (challenge, user_verification, expires_at) = common(&row, AUTHENTICATION)?;
        let allowed: Option<Vec<_>> = row.allowed_credentials.iter().map(|id| CredentialId::parse(id)).collect();
        let allowed = allowed.ok_or(WebauthnError::UnreadableCeremony("an allowed credential id is not base64url"))?;
        let subject = match (row.user_id.is_nil(), allowed.is_empty()) {
            (true, true) => Subject::Anyone,
            (false, _) => Subject::User { id: row.user_id, allowed },
            (true, false) => return Err(WebauthnError::UnreadableCeremony("it allows credentials of nobody")),
        };
        Ok(Self { challenge, subject, user_verification, expires_at })
    }
}

/// What both ceremonies read from a row that was written for `operation`.
fn common(
    row: &SessionData,
    operation: &'static str,
) -> Result<(Challenge, UserVerification, DateTime<Utc>), WebauthnError> {
    if row.operation != operation {
        return Err(WebauthnError::UnreadableCeremony("it is one of the other kind"));
    }
    let challenge =
        Challenge::parse(&row.challenge).ok_or(WebauthnError::UnreadableCeremony("the challenge is not 32 bytes"))?;
    let user_verification = match row.user_verification.as_str() {
        "required" => UserVerification::Required,
        // WebAuthn's own default, for rows that do not say.
        "preferred" | "" => UserVerification::Preferred,
        "discouraged" => UserVerification::Discouraged,
        _ => return Err(WebauthnError::UnreadableCeremony("the user verification is not a known one")),
    };
    let expires_at = row.expires_at.ok_or(WebauthnError::Expired)?;
    Ok((challenge, user_verification, expires_at))
}

fn text_of(user_verification: UserVerification) -> &'static str {
    match user_verification {
        UserVerification::Required => "required",
        UserVerification::Preferred => "preferred",
        UserVerification::Discouraged => "discouraged",
    }
}
