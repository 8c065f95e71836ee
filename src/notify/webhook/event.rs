//! What webhooks tell of (spec chapter 06 section 6.2). Knows neither hooks nor data.

use serde::{Deserialize, Serialize};

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// An account was created.
    #[serde(rename = "user.create")]
    UserCreate,
    /// Somebody signed in.
    #[serde(rename = "user.login")]
    UserLogin,
    /// An account was deleted.
    #[serde(rename = "user.delete")]
    UserDelete,
    /// An address was added to an account.
    #[serde(rename = "user.update.email.create")]
    EmailCreate,
    /// Another address became the primary one.
    #[serde(rename = "user.update.email.primary")]
    EmailPrimary,
    /// An address was removed from an account.
    #[serde(rename = "user.update.email.delete")]
    EmailDelete,
    /// An account got a username.
    #[serde(rename = "user.update.username.create")]
    UsernameCreate,
    /// The username of an account was changed.
    #[serde(rename = "user.update.username.update")]
    UsernameUpdate,
    /// The username of an account was removed.
    #[serde(rename = "user.update.username.delete")]
    UsernameDelete,
    /// The password of an account was replaced.
    #[serde(rename = "user.update.password.update")]
    PasswordUpdate,
    /// A mail was sent, or would have been if the configuration wanted it.
    #[serde(rename = "email.send")]
    EmailSend,
    /// A session began at the end of a flow.
    #[serde(rename = "session.create.flow")]
    SessionCreateFlow,
    /// A session was ended by logging out.
    #[serde(rename = "session.delete.explicit.logout")]
    SessionLogout,
    /// A session was ended by its user from another one.
    #[serde(rename = "session.delete.explicit.revoke")]
    SessionRevoke,
    /// A session ended because it was idle for too long.
    #[serde(rename = "session.delete.passive.expire")]
    SessionExpire,
    /// A session ended because its user began one more than they may have.
    #[serde(rename = "session.delete.passive.limit")]
    SessionLimit,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 16] = [
        Self::UserCreate,
        Self::UserLogin,
        Self::UserDelete,
        Self::EmailCreate,
        Self::EmailPrimary,
        Self::EmailDelete,
        Self::UsernameCreate,
        Self::UsernameUpdate,
        Self::UsernameDelete,
        Self::PasswordUpdate,
        Self::EmailSend,
        Self::SessionCreateFlow,
        Self::SessionLogout,
        Self::SessionRevoke,
        Self::SessionExpire,
        Self::SessionLimit,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserCreate => "user.create",
            Self::UserLogin => "user.login",
            Self::UserDelete => "user.delete",
            Self::EmailCreate => "user.update.email.create",
            Self::EmailPrimary => "user.update.email.primary",
            Self::EmailDelete => "user.update.email.delete",
            Self::UsernameCreate => "user.update.username.create",
            Self::UsernameUpdate => "user.update.username.update",
            Self::UsernameDelete => "user.update.username.delete",
            Self::PasswordUpdate => "user.update.password.update",
            Self::EmailSend => "email.send",
            Self::SessionCreateFlow => "session.create.flow",
            Self::SessionLogout => "session.delete.explicit.logout",
            Self::SessionRevoke => "session.delete.explicit.revoke",
            Self::SessionExpire => "session.delete.passive.expire",
            Self::SessionLimit => "session.delete.passive.limit",
        }
    }

    /// Whether a subscription stands for the event: it is the beginning of the name.
    #[must_use]
    pub fn is_meant_by(self, subscription: &str) -> bool {
        self.name().starts_with(subscription)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EVENTS;

    #[test]
    fn names_are_those_that_can_be_subscribed_to() {
        for event in Event::ALL {
            assert!(EVENTS.contains(&event.name()), "{event:?}");
            assert_eq!(serde_json::to_value(event).unwrap(), event.name());
        }
    }

    /// Covers HOOK-2.
    #[test]
    fn a_subscription_stands_for_every_event_that_begins_with_it() {
        let meant = |subscription: &str| {
            Event::ALL.into_iter().filter(|event| event.is_meant_by(subscription)).map(Event::name).collect::<Vec<_>>()
        };
        assert_eq!(meant("user").len(), 10);
        assert!(meant("user").iter().all(|name| name.starts_with("user.")));
        assert_eq!(
            meant("session.delete"),
            [
                "session.delete.explicit.logout",
                "session.delete.explicit.revoke",
                "session.delete.passive.expire",
                "session.delete.passive.limit"
            ]
        );
        assert_eq!(meant("session.create"), ["session.create.flow"]);
        assert_eq!(meant("user.update.username.update"), ["user.update.username.update"]);
    }
}
