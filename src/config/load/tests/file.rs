//! The file over the defaults.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use super::{super::load_or, *};
use crate::config::{Acquire, EmailDelivery, Limit, SameSite, Span, UserVerification, reference, schema};

fn json_of(config: &Config) -> Value {
    serde_json::to_value(config).unwrap()
}

/// Covers CFG-1, DEF-1, DEF-2, DEF-3, DEF-4, DEF-5, DEF-7, DEF-8, DEF-9, DEF-10, DEF-11, DEF-12, DEF-13, DEF-14.
#[test]
fn has_the_defaults_of_the_reference() {
    let config = config("");
    assert_eq!(json_of(&config)["server"]["public"]["address"], ":8000");
    assert_eq!(json_of(&config)["server"]["admin"]["address"], ":8001");
    assert_eq!(json_of(&config)["server"]["management"]["address"], ":8002");
    assert_eq!(json_of(&config)["server"]["ip"], json!({"extractor": "direct", "trusted_proxies": []}));
    assert_eq!(config.database.url, "postgres://hanko:hanko@localhost:5432/hanko");
    assert_eq!((config.database.pool, config.database.idle_pool), (5, 0));
    assert!(!config.debug && !config.multi_tenancy.enabled && !config.log.log_health_and_metrics);
    assert_eq!(
        json_of(&config)["audit_log"],
        json!({
            "console_output": {"enabled": true, "output": "stdout"},
            "mask": true,
            "storage": {"enabled": false},
            "retention": "720h",
        })
    );
    let limiter = &config.rate_limiter;
    let limits = [&limiter.otp_limits, &limiter.passcode_limits, &limiter.token_limits, &limiter.password_limits];
    assert_eq!(limits.map(|limit| limit.tokens), [3, 3, 3, 5]);
    assert_eq!(limiter.guess_limits, Limit { tokens: 30, interval: Span::from_secs(3600) });
    assert!(limiter.enabled && limits.iter().all(|limit| limit.interval == Span::from_secs(60)));
    assert!(config.flow_locker.enabled && config.flow_locker.ttl == Span::ZERO);
    assert_eq!(config.default_email_delivery, EmailDelivery::nothing());
    assert_eq!((config.email.max_length, config.email.acquire_on_login), (120, true));
    assert_eq!(config.mfa.device_trust_cookie_name, "hanko-device-token");
    assert!(!config.saml.options.sign_authn_requests && !config.saml.options.validate_encryption_cert);
    assert!(config.third_party.providers.all().iter().all(|(_, provider)| provider.allow_linking));
    assert!(!config.account.allow_deletion && config.account.allow_signup && !config.username.enabled);
    assert_eq!(config.password.acquire_on_login, Acquire::Never);
    assert_eq!(config.passkey.acquire_on_login, Acquire::Always);
    assert_eq!(config.mfa.security_keys.user_verification, UserVerification::Discouraged);
    assert_eq!(config.passkey.user_verification, UserVerification::Preferred);
    let cookie = json!({
        "name": "", "domain": "", "http_only": true, "secure": true, "same_site": "strict", "retention": "persistent",
    });
    assert_eq!(json_of(&config)["session"]["cookie"], cookie);
    let custom = super::config("third_party: {custom_providers: {corp: {}}}").third_party.custom_providers;
    assert!(!custom["corp"].allow_linking && !custom["corp"].use_discovery && !custom["corp"].enabled);
}

/// Covers CFG-2, CFG-3.
#[test]
fn the_default_file_may_be_absent_or_present() {
    let directory = tempfile::tempdir().unwrap();
    let default = directory.path().join("config.yaml");
    let environment = environment(&NEEDED);
    let same = default.to_str().unwrap().to_owned();
    for named in [None, Some(""), Some(same.as_str())] {
        let loaded = load_or(&default, named.map(Path::new), &environment).unwrap();
        assert_eq!(loaded.source, None);
        assert_eq!(loaded.config, super::config(""));
    }
    fs::write(&default, "service: {name: Shop}\n").unwrap();
    for named in [None, Some(""), Some(same.as_str())] {
        let loaded = load_or(&default, named.map(Path::new), &environment).unwrap();
        assert_eq!(loaded.source, Some(default.clone()));
        assert_eq!(loaded.config.service.name, "Shop");
    }
}

/// Covers CFG-4, CFG-5, CFG-6.
#[test]
fn every_other_trouble_with_a_file_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let default = directory.path().join("config.yaml");
    let environment = environment(&NEEDED);
    let missing = directory.path().join("other.yaml");
    let error = load_or(&default, Some(&missing), &environment).unwrap_err();
    assert!(matches!(&error, ConfigErrors::Unreadable { path, .. } if *path == missing), "{error}");
    let error = load_or(&default, Some(directory.path()), &environment).unwrap_err();
    assert!(matches!(error, ConfigErrors::Unreadable { .. }), "{error}");
    fs::create_dir(&default).unwrap();
    let error = load_or(&default, None, &environment).unwrap_err();
    assert!(matches!(error, ConfigErrors::Unreadable { .. }), "{error}");
    fs::remove_dir(&default).unwrap();
    for (yaml, line) in [("service:\n  name: [Shop\n", 2), ("service: {}\ndebug: true\nservice: {}\n", 3)] {
        fs::write(&default, yaml).unwrap();
        let error = load_or(&default, None, &environment).unwrap_err();
        assert!(matches!(&error, ConfigErrors::Syntax { line: at, .. } if *at >= line), "{error}");
    }
    assert!(error_text("service: {}\ndebug: true\nservice: {}\n").contains("config.yaml:3"));
    assert!(error_text("service: {}\ndebug: true\nservice: {}\n").contains("the key \"service\" is given twice"));
}

fn error_text(yaml: &str) -> String {
    load(yaml, &[]).unwrap_err().to_string()
}

/// Covers CFG-7, CFG-14, CFG-15.
#[test]
fn lays_mappings_over_the_defaults_and_replaces_lists() {
    let config = config(
        "email: {limit: 3}\nwebauthn: {relying_party: {origins: [https://a.test, https://b.test]}}\n\
         cors: {allow_origins: []}\n",
    );
    assert_eq!((config.email.limit, config.email.max_length, config.email.passcode_ttl), (3, 120, 300));
    assert_eq!(config.webauthn.relying_party.origins, ["https://a.test", "https://b.test"]);
    assert_eq!(config.webauthn.relying_party.id, "localhost");
    assert!(config.cors.allow_origins.is_empty());
}

/// Covers CFG-12, CFG-13.
#[test]
fn null_keeps_the_default() {
    let changed = config("email:\nservice: {name: ~}\ncors: {allow_origins: null}\nwebhooks: {hooks: }\nsmtp:\n");
    assert_eq!(changed, config(""));
    assert_eq!(warnings("emial:\nsmtp: {host: ~}", &[]).len(), 1);
}

/// Covers CFG-10.
#[test]
fn unknown_keys_are_warned_about_with_what_was_probably_meant() {
    assert_eq!(
        warnings(
            "sevrice: {name: x}\nemail:\n  limt: 3\n  passcode_lifetime_in_seconds: 5\nx: 1\nallow_signup: false\n",
            &[]
        ),
        [
            "sevrice (config.yaml:1): is no known key and has no effect; did you mean service?",
            "email.limt (config.yaml:3): is no known key and has no effect; did you mean email.limit?",
            "email.passcode_lifetime_in_seconds (config.yaml:4): is no known key and has no effect",
            "x (config.yaml:5): is no known key and has no effect",
            "allow_signup (config.yaml:6): is no known key and has no effect; did you mean account.allow_signup?",
        ]
    );
    let yaml =
        "webhooks: {hooks: [{callback: 'http://h', event: [user]}]}\nthird_party: {custom_providers: {a: {x: 1}}}";
    let warnings = warnings(yaml, &[]);
    assert!(warnings[0].starts_with("webhooks.hooks[0].event (config.yaml:1)"), "{warnings:?}");
    assert!(warnings[0].ends_with("did you mean webhooks.hooks[0].events?"), "{warnings:?}");
    assert!(warnings[1].starts_with("third_party.custom_providers.a.x (config.yaml:2)"), "{warnings:?}");
}

/// Covers CFG-11.
#[test]
fn keys_match_without_regard_to_case_unless_there_is_an_exact_match() {
    let config = config("EMAIL: {Enabled: false, LIMIT: 7, limit: 3}\n");
    assert_eq!((config.email.enabled, config.email.limit), (false, 3));
    assert_eq!(warnings("email: {LIMIT: 7, limit: 3}", &[]).len(), 1);
}

/// Covers CFG-23, CFG-29.
#[test]
fn reads_lists_entries_and_free_mappings() {
    let config = config(
        "session:\n  audience: a,b\n  jwt_template:\n    claims:\n      \"https://shop.test/meta.x\": {n: 1.5, l: [~, true]}\n\
         webhooks: {hooks: {callback: http://h, events: user}}\n\
         third_party: {custom_providers: {Corp: {attribute_mapping: {sub: 5, name: ~}}}}\n",
    );
    assert_eq!(config.session.audience, ["a", "b"]);
    let claims = json!({"https://shop.test/meta.x": {"n": 1.5, "l": [null, true]}});
    assert_eq!(Value::Object(config.session.jwt_template.claims), claims);
    assert_eq!(config.webhooks.hooks[0].events, ["user"]);
    let corp = &config.third_party.custom_providers["corp"];
    assert_eq!(corp.attribute_mapping, [("sub".to_owned(), "5".to_owned())].into());
}

#[test]
fn reports_every_wrong_value_with_its_place() {
    assert_eq!(
        problems(
            "email:\n  limit: many\nsession:\n  cookie: {same_site: Lax}\nmfa: 5\nwebhooks:\n  hooks: now\n\
             database:\n  password: [hunter2]\nsession_: {}\nthird_party:\n  custom_providers: {a: {enabled: maybe}}\n",
            &[("DEBUG", "perhaps"), ("EMAIL_OPTIONAL", "")],
        ),
        [
            "email.limit (config.yaml:2): \"many\" is not an integer",
            "session.cookie.same_site (config.yaml:4): \"Lax\" is not one of strict, lax, none",
            "mfa (config.yaml:5): \"5\" is not a mapping of keys to values",
            "webhooks.hooks (config.yaml:7): \"now\" is not a list",
            "database.password (config.yaml:9): is not a text",
            "third_party.custom_providers.a.enabled (config.yaml:12): \"maybe\" is not true or false",
            "debug (DEBUG): \"perhaps\" is not true or false",
            "email.optional (EMAIL_OPTIONAL): \"\" is not true or false",
        ]
    );
    assert_eq!(problem("[1, 2]"), "the file (config.yaml:1): \"[…]\" is not a mapping of keys to values");
}

/// Covers SCH-5.
#[test]
fn the_complete_example_loads_and_fits_the_schema() {
    let example = include_str!("complete.yaml");
    let loaded = bare(example, &[]).unwrap_or_else(|error| panic!("{error}"));
    let warnings: Vec<_> = loaded.warnings.iter().map(|warning| warning.key.as_str()).collect();
    assert_eq!(warnings, ["default_email_delivery"]);
    assert_eq!(loaded.config.session.cookie.same_site, SameSite::Lax);
    assert_eq!(loaded.config.database.url, "postgres://auth:change-me@db.internal:5432/auth");
    assert!(!loaded.config.development && loaded.secret_file.is_none());
    let document: Value = serde_saphyr::from_str(example).unwrap();
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn the_schema_refuses_what_loading_refuses() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for document in [
        json!({"sevrice": {}}),
        json!({"email": {"limit": -1}}),
        json!({"session": {"limit": 0}}),
        json!({"session": {"cookie": {"same_site": "Lax"}}}),
        json!({"session": {"lifespan": "1d"}}),
        json!({"third_party": {"custom_providers": {"a": {"scope": []}}}}),
        json!({"webhooks": {"hooks": [{"events": ["user.explode"]}]}}),
    ] {
        assert!(!validator.is_valid(&document), "{document}");
    }
}

#[test]
fn the_documented_defaults_are_the_defaults() {
    let loaded = bare(&reference(), &[("SECRET_KEYS", "a-sufficiently-long-secret")]).unwrap();
    let warnings: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, Vec::<String>::new());
    let mut expected = config("");
    expected.email_delivery.smtp.host = "localhost".into();
    assert_eq!(loaded.config, expected);
    assert_eq!(loaded.source, Some(PathBuf::from("config.yaml")));
}
