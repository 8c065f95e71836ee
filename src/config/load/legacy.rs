//! Keys of the v2 line: which there are, and what was given for them (spec chapter 09, section 2). What they do is in
//! [`super::convert`]; here nothing is converted, so that a key without effect cannot be wrong.

use std::collections::BTreeMap;

use super::{node::Node, report::Origin};

/// Keys of the v2 line with their environment variables.
pub(super) const KEYS: [(&str, &str); 18] = [
    ("server.public.cors.allow_origins", "SERVER_PUBLIC_CORS_ALLOW_ORIGINS"),
    ("server.public.cors.unsafe_wildcard_origin_allowed", "SERVER_PUBLIC_CORS_UNSAFE_WILDCARD_ORIGIN_ALLOWED"),
    ("server.admin.cors.allow_origins", "SERVER_ADMIN_CORS_ALLOW_ORIGINS"),
    ("server.admin.cors.unsafe_wildcard_origin_allowed", "SERVER_ADMIN_CORS_UNSAFE_WILDCARD_ORIGIN_ALLOWED"),
    ("convert_legacy_config", "CONVERT_LEGACY_CONFIG"),
    ("convert_legacy_server_side_session_config", "CONVERT_LEGACY_SERVER_SIDE_SESSION_CONFIG"),
    ("smtp.host", "SMTP_HOST"),
    ("smtp.port", "SMTP_PORT"),
    ("smtp.user", "SMTP_USER"),
    ("smtp.password", "SMTP_PASSWORD"),
    ("emails.require_verification", "EMAILS_REQUIRE_VERIFICATION"),
    ("emails.max_num_of_addresses", "EMAILS_MAX_NUM_OF_ADDRESSES"),
    ("passcode.ttl", "PASSCODE_TTL"),
    ("password.min_password_length", "PASSWORD_MIN_PASSWORD_LENGTH"),
    ("webauthn.timeout", "WEBAUTHN_TIMEOUT"),
    ("webauthn.user_verification", "WEBAUTHN_USER_VERIFICATION"),
    ("session.server_side.enabled", "SESSION_SERVERSIDE_ENABLED"),
    ("session.server_side.limit", "SESSION_SERVERSIDE_LIMIT"),
];

/// Keys of older documentation that had no effect on the v2 line either, and what to use instead.
pub(super) const DEAD: [(&str, &str); 15] = [
    ("webauthn.relying_party.origin", "webauthn.relying_party.origins"),
    ("email_delivery.email.from_address", "email_delivery.from_address"),
    ("email_delivery.email.from_name", "email_delivery.from_name"),
    ("passcode.email.from_address", "email_delivery.from_address"),
    ("passcode.email.from_name", "email_delivery.from_name"),
    ("passcode.smtp.host", "email_delivery.smtp.host"),
    ("passcode.smtp.port", "email_delivery.smtp.port"),
    ("passcode.smtp.user", "email_delivery.smtp.user"),
    ("passcode.smtp.password", "email_delivery.smtp.password"),
    ("server.cors.allow_origins", "cors.allow_origins"),
    ("server.cors.unsafe_wildcard_origin_allowed", "cors.unsafe_wildcard_origin_allowed"),
    ("server.cors.enabled", ""),
    ("server.cors.allow_credentials", ""),
    ("server.public.cors.enabled", ""),
    ("server.public.cors.allow_credentials", ""),
];

/// What a path is on the v2 line.
pub(super) enum Recognized {
    Key(&'static str),
    Section,
    Nothing,
}

/// Looks a path up among the keys of the v2 line, without regard to case.
pub(super) fn recognize(path: &str) -> Recognized {
    let path = path.to_lowercase();
    let paths = || KEYS.iter().chain(&DEAD).map(|(key, _)| *key);
    if let Some(key) = paths().find(|key| *key == path) {
        return Recognized::Key(key);
    }
    let inside = |key: &str| key.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('.'));
    if paths().any(inside) { Recognized::Section } else { Recognized::Nothing }
}

/// The variables of the v2 line and the keys that they set.
pub(super) fn variables() -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYS.iter().map(|(key, variable)| (*variable, *key))
}

/// The keys of the v2 line that were given, unread.
#[derive(Debug, Default)]
pub(super) struct Legacy {
    given: BTreeMap<&'static str, Given>,
}

/// A value as it was given.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub value: Raw,
    pub origin: Origin,
}

#[derive(Debug, Clone)]
pub(super) enum Raw {
    Node(Node),
    Text(String),
}

impl Legacy {
    pub(super) fn file(&mut self, key: &'static str, value: Node, origin: Origin) {
        self.given.insert(key, Given { value: Raw::Node(value), origin });
    }

    /// Variables come after the file and win over it.
    pub(super) fn variable(&mut self, key: &'static str, value: String, origin: Origin) {
        self.given.insert(key, Given { value: Raw::Text(value), origin });
    }

    pub(super) fn get(&self, key: &str) -> Option<Given> {
        self.given.get(key).cloned()
    }
}
