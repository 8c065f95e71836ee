//! The events of the audit log (spec chapter 06 section 7.3): what happened, who did it, and its details.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::mask::{mask_email, mask_username};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// An account was registered.
    UserCreated,
    /// An account was deleted by its owner.
    UserDeleted,
    /// A session was ended by its owner.
    UserLoggedOut,
    /// A session was issued.
    LoginSuccess,
    /// A credential was refused, or an identifier is unknown.
    LoginFailure,
    /// TOTP was set up outside a registration.
    OtpCreated,
    /// A passkey was saved outside a registration.
    PasskeyCreated,
    /// A security key was saved outside a registration.
    SecurityKeyCreated,
    /// A passkey was removed.
    PasskeyDeleted,
    /// An address was added.
    EmailCreated,
    /// An address was verified.
    EmailVerified,
    /// An address was removed.
    EmailDeleted,
    /// Another address became the primary one.
    PrimaryEmailChanged,
    /// A username was set or changed.
    UsernameChanged,
    /// A username was removed.
    UsernameDeleted,
    /// A password was set or changed.
    PasswordChanged,
    /// A password was removed.
    PasswordDeleted,
    /// A security notification was made.
    SecurityNotificationSent,
    /// An account was created with a third party.
    ThirdpartySignupSucceeded,
    /// Somebody signed in with a third party.
    ThirdpartySigninSucceeded,
    /// An account was linked to a third party.
    ThirdpartyLinkingSucceeded,
    /// A third party's answer was refused.
    ThirdpartySigninSignupFailed,
}

/// Who did it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Actor {
    /// Nobody who is known.
    #[default]
    None,
    /// A user, without the address.
    Id(Uuid),
    /// A user with the primary address, if there is one.
    Full(Uuid, Option<String>),
}

/// The name of a detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// `admin`: the admin API did it.
    Api,
    /// Where a password was changed: `profile` or `recovery`.
    Context,
    /// The id of a removed credential.
    CredentialId,
    /// Whether a mail was delivered by this server, as text.
    DeliveredByHanko,
    /// An address. Masked.
    Email,
    /// The recipient of a mail. Masked.
    EmailAddress,
    /// The flow in which it happened.
    FlowId,
    /// How somebody signed in.
    LoginMethod,
    /// The second factor that was used.
    MfaMethod,
    /// The id of a TOTP secret.
    OtpSecret,
    /// The id of a passkey.
    Passkey,
    /// `true`: the account has a password.
    Password,
    /// The id of a security key.
    SecurityKey,
    /// The template of a mail.
    Template,
    /// A username. Masked.
    Username,
}

/// The details of an event, by their names.
pub type Details = BTreeMap<Detail, Value>;

/// Something worth recording.
#[derive(Clone, PartialEq)]
pub struct AuditEvent {
    pub(super) event_type: EventType,
    pub(super) actor: Actor,
    pub(super) error: Option<String>,
    pub(super) details: Details,
}

impl AuditEvent {
    /// An event of a type, so far without actor, error and details.
    #[must_use]
    pub const fn new(event_type: EventType) -> Self {
        Self { event_type, actor: Actor::None, error: None, details: Details::new() }
    }

    /// Says who did it.
    #[must_use]
    pub fn by(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    /// Says what went wrong.
    #[must_use]
    pub fn error(self, text: impl Into<String>) -> Self {
        Self { error: Some(text.into()), ..self }
    }

    /// Adds a detail.
    #[must_use]
    pub fn detail(mut self, name: Detail, value: impl Into<Value>) -> Self {
        self.details.insert(name, value.into());
        self
    }

    /// The event without readable addresses and usernames.
    pub(super) fn masked(mut self) -> Self {
        if let Actor::Full(_, Some(email)) = &mut self.actor {
            *email = mask_email(email);
        }
        for (name, value) in &mut self.details {
            if let Value::String(text) = value {
                match name {
                    Detail::Email | Detail::EmailAddress => *text = mask_email(text),
                    Detail::Username => *text = mask_username(text),
                    _ => {}
                }
            }
        }
        self
    }
}

impl fmt::Debug for AuditEvent {
    /// Shows no address and no username: whether they may be seen is for the audit log to decide.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditEvent").field("event_type", &self.event_type).finish_non_exhaustive()
    }
}
