//! Section `security_notifications`: mails that tell users about changes of their account.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Mails that tell users about changes of their account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SecurityNotifications {
    /// One switch per kind of change.
    pub notifications: Notifications,
}

/// One switch per kind of change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Notifications {
    /// The password was changed in the profile.
    #[schemars(extend("x-env" = "PASSWORDUPDATE"))]
    pub password_update: Notification,
    /// Another address became the primary one.
    #[schemars(extend("x-env" = "PRIMARYEMAILUPDATE"))]
    pub primary_email_update: Notification,
    /// An email address was added.
    #[schemars(extend("x-env" = "EMAILCREATE"))]
    pub email_create: Notification,
    /// An email address was removed.
    #[schemars(extend("x-env" = "EMAILDELETE"))]
    pub email_delete: Notification,
    /// A passkey was added.
    #[schemars(extend("x-env" = "PASSKEYCREATE"))]
    pub passkey_create: Notification,
    /// An authenticator app or a security key was added.
    #[schemars(extend("x-env" = "MFACREATE"))]
    pub mfa_create: Notification,
    /// An authenticator app or a security key was removed.
    #[schemars(extend("x-env" = "MFADELETE"))]
    pub mfa_delete: Notification,
}

/// A kind of notification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Notification {
    /// Send this mail.
    pub enabled: bool,
}

impl Default for Notification {
    fn default() -> Self {
        Self { enabled: true }
    }
}
