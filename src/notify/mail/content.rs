//! What a mail says: the twelve templates and the values that each of them shows (spec chapter 06 section 5.3). Knows
//! no texts and no languages.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::config::Notifications;

/// A notification whose reader must act on it soon is useless later; after a day it would only puzzle.
const NOTIFICATION_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The name of a mail's template: `type` of a passcode mail and `data.template` of a security notification in the
/// webhook `email.send`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// The passcode of a login.
    Login,
    /// The passcode that verifies an address.
    EmailVerification,
    /// The passcode of a password recovery.
    Recovery,
    /// Somebody tried to sign in with an address that has no account.
    EmailLoginAttempted,
    /// Somebody tried to register an address that has an account.
    EmailRegistrationAttempted,
    /// The password was changed.
    PasswordUpdate,
    /// Another address became the primary one.
    PrimaryEmailUpdate,
    /// An address was added.
    EmailCreate,
    /// An address was removed.
    EmailDelete,
    /// A passkey was added.
    PasskeyCreate,
    /// A second factor was added.
    MfaCreate,
    /// A second factor was removed.
    MfaDelete,
}

impl Template {
    /// Every template.
    pub const ALL: [Self; 12] = [
        Self::Login,
        Self::EmailVerification,
        Self::Recovery,
        Self::EmailLoginAttempted,
        Self::EmailRegistrationAttempted,
        Self::PasswordUpdate,
        Self::PrimaryEmailUpdate,
        Self::EmailCreate,
        Self::EmailDelete,
        Self::PasskeyCreate,
        Self::MfaCreate,
        Self::MfaDelete,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::EmailVerification => "email_verification",
            Self::Recovery => "recovery",
            Self::EmailLoginAttempted => "email_login_attempted",
            Self::EmailRegistrationAttempted => "email_registration_attempted",
            Self::PasswordUpdate => "password_update",
            Self::PrimaryEmailUpdate => "primary_email_update",
            Self::EmailCreate => "email_create",
            Self::EmailDelete => "email_delete",
            Self::PasskeyCreate => "passkey_create",
            Self::MfaCreate => "mfa_create",
            Self::MfaDelete => "mfa_delete",
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The templates of passcode mails, as a flow remembers them (`passcode_template` in its stash).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasscodeTemplate {
    /// See [`Template::Login`].
    Login,
    /// See [`Template::EmailVerification`].
    EmailVerification,
    /// See [`Template::Recovery`].
    Recovery,
    /// See [`Template::EmailLoginAttempted`]. The mail does not show the passcode.
    EmailLoginAttempted,
    /// See [`Template::EmailRegistrationAttempted`]. The mail does not show the passcode.
    EmailRegistrationAttempted,
}

impl PasscodeTemplate {
    /// Whether the mail shows the passcode. Nobody learns the passcode of the others: it exists only so that the flow
    /// looks the same from outside.
    #[must_use]
    pub const fn shows_code(self) -> bool {
        matches!(self, Self::Login | Self::EmailVerification | Self::Recovery)
    }
}

impl From<PasscodeTemplate> for Template {
    fn from(template: PasscodeTemplate) -> Self {
        match template {
            PasscodeTemplate::Login => Self::Login,
            PasscodeTemplate::EmailVerification => Self::EmailVerification,
            PasscodeTemplate::Recovery => Self::Recovery,
            PasscodeTemplate::EmailLoginAttempted => Self::EmailLoginAttempted,
            PasscodeTemplate::EmailRegistrationAttempted => Self::EmailRegistrationAttempted,
        }
    }
}

/// A security notification: something changed in an account, and its owner should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notification<'a> {
    /// See [`Template::PasswordUpdate`].
    PasswordUpdate,
    /// See [`Template::PrimaryEmailUpdate`].
    PrimaryEmailUpdate {
        /// The address that was the primary one; it receives the mail.
        old: &'a str,
        /// The address that is the primary one now.
        new: &'a str,
    },
    /// See [`Template::EmailCreate`].
    EmailCreate {
        /// The address that was added.
        new: &'a str,
    },
    /// See [`Template::EmailDelete`].
    EmailDelete {
        /// The address that was removed.
        deleted: &'a str,
    },
    /// See [`Template::PasskeyCreate`].
    PasskeyCreate,
    /// See [`Template::MfaCreate`].
    MfaCreate,
    /// See [`Template::MfaDelete`].
    MfaDelete,
}

impl Notification<'_> {
    /// Whether the switches let the mail be sent.
    #[must_use]
    pub const fn is_wanted(self, switches: &Notifications) -> bool {
        let switch = match self {
            Self::PasswordUpdate => &switches.password_update,
            Self::PrimaryEmailUpdate { .. } => &switches.primary_email_update,
            Self::EmailCreate { .. } => &switches.email_create,
            Self::EmailDelete { .. } => &switches.email_delete,
            Self::PasskeyCreate => &switches.passkey_create,
            Self::MfaCreate => &switches.mfa_create,
            Self::MfaDelete => &switches.mfa_delete,
        };
        switch.enabled
    }
}

impl From<Notification<'_>> for Template {
    fn from(notification: Notification<'_>) -> Self {
        match notification {
            Notification::PasswordUpdate => Self::PasswordUpdate,
            Notification::PrimaryEmailUpdate { .. } => Self::PrimaryEmailUpdate,
            Notification::EmailCreate { .. } => Self::EmailCreate,
            Notification::EmailDelete { .. } => Self::EmailDelete,
            Notification::PasskeyCreate => Self::PasskeyCreate,
            Notification::MfaCreate => Self::MfaCreate,
            Notification::MfaDelete => Self::MfaDelete,
        }
    }
}

/// What a mail is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// A mail of the passcode family.
    Passcode {
        /// Which one.
        template: PasscodeTemplate,
        /// The passcode.
        code: &'a str,
        /// For how long the passcode is valid.
        ttl: Duration,
    },
    /// A security notification.
    Notification(Notification<'a>),
}

impl Content<'_> {
    /// The template.
    #[must_use]
    pub fn template(&self) -> Template {
        match *self {
            Self::Passcode { template, .. } => template.into(),
            Self::Notification(notification) => notification.into(),
        }
    }

    /// The passcode, if the mail shows it.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match *self {
            Self::Passcode { template, code, .. } if template.shows_code() => Some(code),
            _ => None,
        }
    }

    /// For how long it makes sense to deliver the mail.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        match *self {
            Self::Passcode { ttl, .. } => ttl,
            Self::Notification(_) => NOTIFICATION_LIFETIME,
        }
    }

    /// The values that the texts may show, by the names of their placeholders.
    pub(super) fn values(&self) -> Vec<(&'static str, String)> {
        match *self {
            Self::Passcode { template, code, ttl } if template.shows_code() => {
                vec![("code", code.into()), ("ttl", minutes(ttl).to_string())]
            }
            Self::Passcode { .. } => Vec::new(),
            Self::Notification(notification) => match notification {
                Notification::PrimaryEmailUpdate { old, new } => {
                    vec![("old_email_address", old.into()), ("new_email_address", new.into())]
                }
                Notification::EmailCreate { new } => vec![("new_email_address", new.into())],
                Notification::EmailDelete { deleted } => vec![("deleted_email_address", deleted.into())],
                Notification::PasswordUpdate
                | Notification::PasskeyCreate
                | Notification::MfaCreate
                | Notification::MfaDelete => Vec::new(),
            },
        }
    }
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("template", &self.template()).finish_non_exhaustive()
    }
}

/// Whole minutes, rounded half up.
const fn minutes(span: Duration) -> u64 {
    (span.as_secs() + 30) / 60
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Covers MAIL-10.
    #[test]
    fn tells_the_validity_in_whole_minutes() {
        for (seconds, shown) in [(300, 5), (329, 5), (330, 6), (60, 1), (29, 0)] {
            assert_eq!(minutes(Duration::from_secs(seconds)), shown, "{seconds}");
        }
    }

    /// Covers MAIL-23, MAIL-28.
    #[test]
    fn each_switch_stands_for_one_notification() {
        let address = "ada@example.org";
        let all = [
            Notification::PasswordUpdate,
            Notification::PrimaryEmailUpdate { old: address, new: address },
            Notification::EmailCreate { new: address },
            Notification::EmailDelete { deleted: address },
            Notification::PasskeyCreate,
            Notification::MfaCreate,
            Notification::MfaDelete,
        ];
        for off in all {
            let name = Template::from(off).name();
            let switches: Notifications = serde_json::from_value(json!({ name: { "enabled": false } })).unwrap();
            for notification in all {
                assert_eq!(notification.is_wanted(&switches), notification != off, "{name}: {notification:?}");
            }
        }
    }

    #[test]
    fn names_templates_as_they_are_serialized() {
        for template in Template::ALL {
            assert_eq!(serde_json::to_value(template).unwrap(), template.name());
        }
    }

    #[test]
    fn reads_the_template_that_a_flow_remembers() {
        let template: PasscodeTemplate = serde_json::from_str("\"email_login_attempted\"").unwrap();
        assert_eq!(Template::from(template), Template::EmailLoginAttempted);
        assert!(!template.shows_code());
    }

    #[test]
    fn prints_no_passcode() {
        let content =
            Content::Passcode { template: PasscodeTemplate::Login, code: "123456", ttl: Duration::from_secs(300) };
        assert!(!format!("{content:?}").contains("123456"));
    }
}
