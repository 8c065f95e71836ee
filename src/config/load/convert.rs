//! What the keys of the v2 line do (spec chapter 09, sections 2.2 to 2.5): after file and environment, before anything is
//! derived or checked. Every such key that was given is mentioned in exactly one warning.

use serde_json::{Value, json};

use super::{
    super::keys::{Kind, keys},
    Draft,
    legacy::{self, Given, Raw},
    report::Warning,
    scalar,
};

/// Applies and mentions the keys of the v2 line.
pub(super) fn convert(draft: &mut Draft) {
    let mut converter = Converter { draft };
    converter.cors();
    converter.legacy_config();
    converter.server_side_sessions();
    converter.secrets();
    converter.dead_keys();
}

struct Converter<'a> {
    draft: &'a mut Draft,
}

/// Single keys that `convert_legacy_config` copies, and where to.
const COPIED: [(&str, &[&str]); 6] = [
    ("emails.max_num_of_addresses", &["email.limit"]),
    ("emails.require_verification", &["email.require_verification"]),
    ("passcode.ttl", &["email.passcode_ttl"]),
    ("password.min_password_length", &["password.min_length"]),
    ("webauthn.user_verification", &["passkey.user_verification"]),
    ("webauthn.timeout", &["webauthn.timeouts.login", "webauthn.timeouts.registration"]),
];

/// The mail server that `convert_legacy_config` copies as a whole, with the values of members that are not given.
const SMTP: [(&str, &str, &str); 4] = [
    ("smtp.host", "email_delivery.smtp.host", "localhost"),
    ("smtp.port", "email_delivery.smtp.port", "465"),
    ("smtp.user", "email_delivery.smtp.user", ""),
    ("smtp.password", "email_delivery.smtp.password", ""),
];

const SERVER_SIDE: &str = "session.server_side.enabled";
const SERVER_SIDE_LIMIT: &str = "session.server_side.limit";

impl Converter<'_> {
    /// The two members of `cors` are taken from one place: a permission never meets a list it was not given for.
    fn cors(&mut self) {
        let moved = self.draft.report.explicit("cors");
        for member in ["allow_origins", "unsafe_wildcard_origin_allowed"] {
            let (source, target) = (format!("server.public.cors.{member}"), format!("cors.{member}"));
            let Some(given) = self.draft.legacy.get(&source) else { continue };
            if !moved {
                if let Some(value) = self.read(&source, &target, &given) {
                    self.set(&target, value, &given);
                    self.warn(&source, &given, format!("is used as {target}"));
                }
                continue;
            }
            let same = value_of(&target, &given).is_ok_and(|value| self.draft.get(&target) == Some(&value));
            let relation = if same { "is the same" } else { "differs from it" };
            self.warn(&source, &given, format!("has no effect, because {target} is used: it {relation}"));
        }
    }

    fn legacy_config(&mut self) {
        let switch = "convert_legacy_config";
        let on = self.switch(switch, false);
        for (source, targets) in COPIED {
            let Some(given) = self.draft.legacy.get(source) else { continue };
            if !on {
                self.without_switch(source, targets, &given);
                continue;
            }
            let mut overridden = Vec::new();
            let mut failed = false;
            for target in targets {
                // Both targets of a key have the same type, so that one message is enough.
                let Some(value) = (!failed).then(|| self.read(source, target, &given)).flatten() else {
                    failed = true;
                    continue;
                };
                if self.draft.report.explicit(target) && self.draft.get(target) != Some(&value) {
                    overridden.push(*target);
                }
                self.set(target, value, &given);
            }
            let difference = match overridden.as_slice() {
                [] => String::new(),
                targets => format!("; the different value of {} is ignored", targets.join(" and ")),
            };
            if !failed {
                self.warn(source, &given, format!("is used as {}{difference}", targets.join(" and ")));
            }
        }
        self.smtp(on);
    }

    fn smtp(&mut self, on: bool) {
        let given = SMTP.map(|(source, ..)| self.draft.legacy.get(source));
        let Some(any) = given.iter().flatten().next().cloned() else { return };
        for ((source, target, default), given) in SMTP.into_iter().zip(given) {
            match given {
                Some(given) if !on => self.without_switch(source, &[target], &given),
                Some(given) => {
                    let Some(value) = self.read(source, target, &given) else { continue };
                    let overridden = self.draft.report.explicit(target) && self.draft.get(target) != Some(&value);
                    let difference = if overridden { "; the different value there is ignored" } else { "" };
                    self.set(target, value, &given);
                    self.warn(source, &given, format!("is used as {target}{difference}"));
                }
                // A mail server is never put together from two places.
                None if on => self.set(target, json!(default), &any),
                None => {}
            }
        }
    }

    fn server_side_sessions(&mut self) {
        let enabled = self.draft.legacy.get(SERVER_SIDE);
        let limit = self.draft.legacy.get(SERVER_SIDE_LIMIT);
        let switch = "convert_legacy_server_side_session_config";
        if !self.switch(switch, true) {
            for (source, given) in [(SERVER_SIDE, enabled), (SERVER_SIDE_LIMIT, limit)] {
                if let Some(given) = given {
                    self.warn(source, &given, format!("has no effect, because {switch} is false"));
                }
            }
            return;
        }
        let on = enabled.as_ref().and_then(|given| self.boolean(SERVER_SIDE, given)).unwrap_or(false);
        if let (true, Some(given)) = (on, &enabled) {
            for target in ["allow_revocation", "acquire_ip_address", "acquire_user_agent", "show_on_profile"] {
                let target = format!("session.{target}");
                if !self.draft.report.explicit(&target) {
                    self.set(&target, json!(true), given);
                }
            }
            let message = "is used: session.allow_revocation, session.acquire_ip_address, session.acquire_user_agent \
                           and session.show_on_profile are true unless they are given";
            self.warn(SERVER_SIDE, given, message.into());
            self.server_side_limit(given, limit);
            return;
        }
        if let Some(given) = enabled {
            self.warn(SERVER_SIDE, &given, "has no effect: sessions are always kept on the server".into());
        }
        if let Some(given) = limit {
            self.warn(SERVER_SIDE_LIMIT, &given, format!("has no effect, because {SERVER_SIDE} is not true"));
        }
    }

    fn server_side_limit(&mut self, enabled: &Given, limit: Option<Given>) {
        const TARGET: &str = "session.limit";
        let explicit = self.draft.report.explicit(TARGET);
        match limit {
            Some(given) if explicit => {
                self.warn(SERVER_SIDE_LIMIT, &given, format!("has no effect, because {TARGET} is used"));
            }
            Some(given) => {
                if let Some(value) = self.read(SERVER_SIDE_LIMIT, TARGET, &given) {
                    self.set(TARGET, value, &given);
                    self.warn(SERVER_SIDE_LIMIT, &given, format!("is used as {TARGET}"));
                }
            }
            None if !explicit => self.set(TARGET, json!(100), enabled),
            None => {}
        }
    }

    /// `secrets.keys` is a key of both lines; which of its values encrypt is derived later.
    fn secrets(&mut self) {
        let entries = |path: &str| self.draft.get(path).and_then(Value::as_array).filter(|list| !list.is_empty());
        let message = match (entries("secret_keys"), entries("secrets.keys")) {
            (_, None) => return,
            (None, Some(_)) => "is used as secret_keys",
            (Some(new), Some(old)) if new == old => "has no effect: secret_keys holds the same entries",
            (Some(_), Some(_)) => "differs from secret_keys, which encrypts, and only reads what it encrypted before",
        };
        self.draft.report.warn("secrets.keys", message);
    }

    fn dead_keys(&mut self) {
        for (source, instead) in legacy::DEAD {
            if let Some(given) = self.draft.legacy.get(source) {
                let message = match instead {
                    "" => "has no effect: credentials are always allowed, for the origins of cors.allow_origins".into(),
                    instead => format!("has no effect: use {instead}"),
                };
                self.warn(source, &given, message);
            }
        }
        for member in ["allow_origins", "unsafe_wildcard_origin_allowed"] {
            let source = format!("server.admin.cors.{member}");
            if let Some(given) = self.draft.legacy.get(&source) {
                self.warn(
                    &source,
                    &given,
                    "has no effect: browsers of other origins have no access to the admin API".into(),
                );
            }
        }
    }

    fn without_switch(&mut self, source: &str, targets: &[&str], given: &Given) {
        let targets = targets.join(" and ");
        self.warn(source, given, format!("has no effect without convert_legacy_config: use {targets}"));
    }

    /// A switch of the v2 line, and the warning that mentions it.
    fn switch(&mut self, path: &str, default: bool) -> bool {
        let Some(given) = self.draft.legacy.get(path) else { return default };
        let Some(on) = self.boolean(path, &given) else { return default };
        let effect = if on { "is on: keys of the v2 line are converted" } else { "is off: no key is converted" };
        self.warn(path, &given, effect.into());
        on
    }

    fn boolean(&mut self, path: &str, given: &Given) -> Option<bool> {
        match raw(&Kind::Bool, given) {
            Ok(value) => value.as_bool(),
            Err(rule) => {
                self.refuse(path, given, false, &rule);
                None
            }
        }
    }

    /// Reads a value as the type of its target.
    fn read(&mut self, source: &str, target: &str, given: &Given) -> Option<Value> {
        match value_of(target, given) {
            Ok(value) => Some(value),
            Err(rule) => {
                self.refuse(source, given, keys().find(target).is_some_and(|key| key.secret), &rule);
                None
            }
        }
    }

    fn refuse(&mut self, source: &str, given: &Given, secret: bool, rule: &str) {
        let value = match &given.value {
            Raw::Node(node) => node.to_string(),
            Raw::Text(text) => text.clone(),
        };
        let report = &mut self.draft.report;
        report.origins.insert(source.to_owned(), given.origin.clone());
        if secret {
            report.missing(source, rule);
        } else {
            report.problem(source, &value, rule);
        }
        report.origins.remove(source);
    }

    fn set(&mut self, target: &str, value: Value, given: &Given) {
        self.draft.report.origins.insert(target.to_owned(), given.origin.clone());
        self.draft.set(target, value);
    }

    fn warn(&mut self, source: &str, given: &Given, message: String) {
        let warning = Warning { key: source.to_owned(), message, origin: Some(given.origin.clone()) };
        self.draft.report.warnings.push(warning);
    }
}

/// The value as the type of the key at `target`.
fn value_of(target: &str, given: &Given) -> Result<Value, String> {
    keys().find(target).ok_or_else(String::new).and_then(|key| raw(&key.kind, given))
}

fn raw(kind: &Kind, given: &Given) -> Result<Value, String> {
    match &given.value {
        Raw::Node(node) => scalar::from_node(kind, node),
        Raw::Text(text) => scalar::from_text(kind, text),
    }
}
