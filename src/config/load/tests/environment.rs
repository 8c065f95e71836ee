//! Variables over file and defaults.

use serde_json::json;

use super::{
    super::{
        super::keys::{Kind, keys},
        Draft, environment,
    },
    *,
};
use crate::config::{Span, Stream};

/// Covers ENV-20.
#[test]
fn every_variable_of_the_reference_sets_its_key() {
    let table: BTreeMap<_, _> =
        include_str!("variables.txt").lines().map(|line| line.split_once(' ').unwrap()).collect();
    let shared = keys().leaves().into_iter().filter(|key| key.variable.is_some());
    for key in shared.filter(|key| !table.contains_key(key.variable.as_deref().unwrap())) {
        let own = [
            "server.public.page",
            "flows.",
            "cleanup.",
            "development",
            "password.hashing.",
            "webhooks.allow_private_addresses",
            "webhooks.signing_secrets",
        ];
        assert!(own.iter().any(|own| key.path.starts_with(own)) || key.path.ends_with(".smtp.tls"), "{}", key.path);
    }
    for (variable, path) in table {
        let key = keys().find(path).unwrap_or_else(|| panic!("{path}"));
        assert_eq!(key.variable.as_deref(), Some(variable));
        let (text, value) = match &key.kind {
            Kind::Bool => ("T", json!(true)),
            Kind::Integer { .. } => ("0x11", json!(17)),
            Kind::Text { .. } => (" a,b ", json!(" a,b ")),
            Kind::Duration { .. } => ("90m", json!("1h30m")),
            Kind::Texts => ("a, b", json!(["a", " b"])),
            Kind::Choice { allowed, .. } => {
                let last = allowed.last().unwrap();
                (last.value.as_str(), json!(last.value))
            }
            Kind::Entries(_) => ("{\"callback\":\"x\"}", json!([{"callback": "x"}])),
            other => panic!("{path} {other:?}"),
        };
        let mut draft = Draft::default();
        environment::overlay(&mut draft, &super::environment(&[(variable, text)]));
        assert_eq!(draft.get(path), Some(&value), "{variable}");
        assert!(draft.report.explicit(path) && draft.report.problems.is_empty(), "{variable}");
    }
}

/// Covers CFG-8, CFG-9, ENV-15.
#[test]
fn variables_win_over_the_file_even_when_empty() {
    let file = "email: {limit: 3}\nsession: {issuer: me}\nsecret_keys: [another-sufficiently-long-one]\n";
    let variables =
        [("EMAIL_LIMIT", "4"), ("SESSION_ISSUER", ""), ("SECRET_KEYS", "first-long-secret-1,second-long-secret")];
    let config = config_with(file, &variables);
    assert_eq!((config.email.limit, config.session.issuer.as_str()), (4, ""));
    let secrets: Vec<_> = config.secret_keys.iter().map(|secret| secret.expose().as_str()).collect();
    assert_eq!(secrets, ["first-long-secret-1", "second-long-secret"]);
}

/// Covers ENV-1, ENV-2, ENV-5, ENV-6, ENV-7, ENV-8, ENV-9, ENV-10, ENV-11, ENV-12, ENV-13, ENV-14.
#[test]
fn irregular_names_set_their_keys() {
    let config = config_with(
        "",
        &[
            ("EMAIL_DELIVERY_SMTP_HOST", "mail.internal"),
            ("WEBAUTHN_RELYING_PARTY_ORIGINS", "https://a.example,https://b.example"),
            ("MFA_DEVICETRUSTDURATION", "1h"),
            ("FLOWLOCKER_REDIS_ADDRESS", "locks:6379"),
            ("RATE_LIMITER_REDIS_ADDRESS", "limits:6379"),
            ("RATE_LIMITER_OTP_LIMITS_TOKENS", "9"),
            ("AUDIT_LOG_CONSOLE_OUTPUT_OUTPUT_STREAM", "stderr"),
            ("SAML_ENDPOINT", "https://saml.example"),
            ("SECURITYNOTIFICATIONS_NOTIFICATIONS_MFADELETE_ENABLED", "false"),
            ("SESSION_ACQUIREIPADDRESS", "false"),
            ("SESSION_ALLOWREVOCATION", "false"),
            ("SESSION_SHOWONPROFILE", "false"),
            ("EMAIL_USEASLOGINIDENTIFIER", "false"),
            ("EMAIL_USEFORAUTHENTICATION", "false"),
            ("THIRD_PARTY_PROVIDERS_GITHUB_CLIENT_ID", "gh"),
        ],
    );
    assert_eq!(config.email_delivery.smtp.host, "mail.internal");
    assert_eq!(config.webauthn.relying_party.origins, ["https://a.example", "https://b.example"]);
    assert_eq!(config.mfa.device_trust_duration, Span::from_hours(1));
    assert_eq!(config.flow_locker.redis_config.address, "locks:6379");
    assert_eq!(config.rate_limiter.redis_config.address, "limits:6379");
    assert_eq!(config.rate_limiter.otp_limits.tokens, 9);
    assert_eq!(config.audit_log.console_output.output, Stream::Stderr);
    assert_eq!(config.saml.endpoint_url, "https://saml.example");
    let notifications = &config.security_notifications.notifications;
    assert!(!notifications.mfa_delete.enabled && notifications.mfa_create.enabled);
    let session = &config.session;
    assert!(!session.acquire_ip_address && !session.allow_revocation && !session.show_on_profile);
    assert!(!config.email.use_as_login_identifier && !config.email.use_for_authentication);
    assert_eq!(config.third_party.providers.github.client_id, "gh");
}

#[test]
fn regular_names_work_too_but_the_shared_ones_win() {
    let config = config_with(
        "",
        &[
            ("MFA_DEVICE_TRUST_DURATION", "1h"),
            ("SESSION_ALLOW_REVOCATION", "false"),
            ("DATABASE_IDLE_POOL", "7"),
            ("DATABASE_IDLEPOOL", "8"),
            ("PASSWORD_HASHING_PASSES", "3"),
        ],
    );
    assert_eq!(config.mfa.device_trust_duration, Span::from_hours(1));
    assert!(!config.session.allow_revocation);
    assert_eq!(config.database.idle_pool, 8);
    assert_eq!(config.password.hashing.passes, 3);
}

/// Covers ENV-3, ENV-4.
#[test]
fn lists_are_split_at_commas_and_not_trimmed() {
    let config = config_with("session: {audience: [x]}", &[("SESSION_AUDIENCE", "a, b,")]);
    assert_eq!(config.session.audience, ["a", " b", ""]);
    let config = config_with("session: {audience: [x]}", &[("SESSION_AUDIENCE", "  ")]);
    assert!(config.session.audience.is_empty());
}

/// Covers ENV-16, ENV-17.
#[test]
fn hooks_are_json_objects_separated_by_semicolons() {
    let hooks = |text: &str| load("webhooks: {enabled: true}", &[("WEBHOOKS_HOOKS", text)]);
    let text = r#"{"callback":"http://h/a;b","events":["user"]};{"callback":"http://h2"}"#;
    let loaded = hooks(text).unwrap().config.webhooks.hooks;
    assert_eq!(
        json!(loaded),
        json!([{"callback": "http://h/a;b", "events": ["user"]}, {"callback": "http://h2", "events": []}])
    );
    for bad in ["", "{", "{};", "{} {}", "not json", "[1]", "{\"callback\": [1]}", "5"] {
        let problems = texts(hooks(bad));
        assert!(problems.len() == 1 && problems[0].contains("(WEBHOOKS_HOOKS)"), "{bad} {problems:?}");
    }
}

/// Covers ENV-18, ENV-19.
#[test]
fn a_value_of_the_wrong_type_names_the_variable() {
    assert_eq!(problems("", &[("DEBUG", "maybe")]), ["debug (DEBUG): \"maybe\" is not true or false"]);
    for (name, rule) in [
        ("DEBUG", "is not true or false"),
        ("EMAIL_LIMIT", "is not an integer"),
        ("MFA_DEVICETRUSTDURATION", "is not a duration such as"),
    ] {
        let problems = problems("", &[(name, "")]);
        assert!(problems.len() == 1 && problems[0].contains(name) && problems[0].contains(rule), "{problems:?}");
    }
}

/// Covers ENV-21, ENV-22.
#[test]
fn some_names_have_no_effect() {
    let variables = [
        ("THIRD_PARTY_PROVIDERS_GITHUB_ID", "x"),
        ("THIRD_PARTY_PROVIDERS_GITHUB_DISPLAYNAME", "x"),
        ("SAML_IDENTITYPROVIDERS", "x"),
        ("THIRD_PARTY_CUSTOMPROVIDERS", "x:y"),
        ("SESSION_JWTTEMPLATE_CLAIMS", "x:y"),
        ("WEBAUTHN_HANDLER_X", "x"),
    ];
    assert_eq!(config_with("", &variables), config(""));
    let warned: Vec<_> = load("", &variables).unwrap().warnings.into_iter().map(|warning| warning.key).collect();
    assert_eq!(warned, ["saml.identity_providers", "third_party.custom_providers", "session.jwt_template.claims"]);
}
