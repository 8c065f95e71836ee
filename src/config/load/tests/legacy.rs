//! Files of the v2 line.

use super::*;
use crate::config::{IpExtractor, Span, UserVerification, show};

/// The messages about one key.
fn about(key: &str, yaml: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let loaded = load(yaml, variables).unwrap_or_else(|error| panic!("{yaml}\n{error}"));
    loaded.warnings.into_iter().filter(|warning| warning.key == key).map(|warning| warning.message).collect()
}

/// Covers V2-053, V2-002, V2-003, V2-008, V2-009.
#[test]
fn the_worked_example_gives_the_column_both() {
    let yaml = r#"
convert_legacy_config: true
database: { url: "postgres://app:pw@db.internal:5432/auth" }
secrets:
  keys: ["first-long-secret-0001"]
server:
  public:
    cors: { allow_origins: ["https://shop.example"] }
smtp: { host: mail.internal, port: "587", user: mailer, password: hunter2 }
email: { limit: 3, passcode_ttl: 600 }
passcode: { ttl: 120 }
password: { min_length: 12 }
session:
  acquire_ip_address: false
  server_side: { enabled: true }
"#;
    let loaded = bare(yaml, &[]).unwrap_or_else(|error| panic!("{error}"));
    let config = &loaded.config;
    assert_eq!(config.secret_keys, config.secrets.keys);
    assert_eq!(config.secret_keys[0].expose(), "first-long-secret-0001");
    assert_eq!(config.cors.allow_origins, ["https://shop.example"]);
    assert_eq!(config.email_delivery.server(), Some(("mail.internal", 587)));
    assert_eq!(config.email_delivery.smtp.user, "mailer");
    assert_eq!((config.email.limit, config.email.passcode_ttl), (3, 120));
    assert_eq!(config.password.min_length, 12);
    assert_eq!(config.passkey.user_verification, UserVerification::Preferred);
    assert_eq!(config.session.limit, 100);
    assert!(!config.session.acquire_ip_address && config.session.acquire_user_agent);
    let mut warned: Vec<_> = loaded.warnings.iter().map(|warning| warning.key.as_str()).collect();
    warned.sort_unstable();
    assert_eq!(
        warned,
        [
            "convert_legacy_config",
            "passcode.ttl",
            "secrets.keys",
            "server.public.cors.allow_origins",
            "session.server_side.enabled",
            "smtp.host",
            "smtp.password",
            "smtp.port",
            "smtp.user",
        ]
    );
    let told: String = loaded.warnings.iter().map(ToString::to_string).collect();
    assert!(!told.contains("hunter2") && !told.contains("first-long-secret"), "{told}");
    assert!(told.contains("passcode.ttl (config.yaml:11): is used as email.passcode_ttl; the different value of"));
    let shown = show(config);
    for absent in ["convert_legacy", "\"smtp\":{\"host\":\"localhost\"", "\"passcode\"", "server_side", "emails"] {
        assert!(!shown.contains(absent), "{absent}");
    }
}

/// Covers V2-001, V2-002, V2-004, V2-005, V2-006, V2-010, V2-031.
#[test]
fn keys_without_effect_are_mentioned_once_and_never_wrong() {
    let file = r#"
server: {admin: {cors: {allow_origins: ["*"], unsafe_wildcard_origin_allowed: maybe}}}
convert_legacy_config: false
convert_legacy_server_side_session_config: false
smtp: {host: "", port: [], user: {}, password: hunter2}
emails: {require_verification: maybe, max_num_of_addresses: x}
passcode: {ttl: soon}
password: {min_password_length: -5}
webauthn: {timeout: soon, user_verification: perhaps}
session: {server_side: {enabled: perhaps, limit: -1}}
"#;
    let warned = |loaded: Loaded| {
        assert_eq!(loaded.config, config(""));
        let mut keys: Vec<_> = loaded.warnings.iter().map(|warning| warning.key.clone()).collect();
        assert!(!loaded.warnings.iter().any(|warning| warning.to_string().contains("hunter2")));
        keys.sort_unstable();
        keys
    };
    let expected: Vec<_> = {
        let keys = super::super::legacy::KEYS.iter().map(|(key, _)| *key);
        let mut keys: Vec<_> = keys.filter(|key| !key.starts_with("server.public.")).collect();
        keys.sort_unstable();
        keys
    };
    assert_eq!(warned(load(file, &[]).unwrap()), expected);
    let variables: Vec<_> = super::super::legacy::KEYS
        .iter()
        .filter(|(key, _)| !key.starts_with("server.public."))
        .map(|(key, variable)| (*variable, if key.starts_with("convert") { "false" } else { "hunter2" }))
        .collect();
    assert!(variables.contains(&("SESSION_SERVERSIDE_ENABLED", "hunter2")));
    assert!(variables.contains(&("SESSION_SERVERSIDE_LIMIT", "hunter2")));
    assert_eq!(warned(load("", &variables).unwrap()), expected);
    assert!(warnings("email: {limit: 5}\ncors: {allow_origins: []}", &[]).is_empty());
}

/// Covers V2-007, V2-043.
#[test]
fn variables_win_over_the_file_for_old_keys_too() {
    let variables = [("CONVERT_LEGACY_CONFIG", "true"), ("PASSCODE_TTL", "60")];
    let config = config_with("passcode: {ttl: 120}\nconvert_legacy_config: false", &variables);
    assert_eq!(config.email.passcode_ttl, 60);
}

/// Covers V2-011, V2-012, V2-020.
#[test]
fn old_origins_are_used_when_no_new_ones_are_given() {
    assert_eq!(config("").cors.allow_origins, ["http://localhost:8888"]);
    let old = "server: {public: {cors: {allow_origins: [https://a.test]}}}";
    assert_eq!(config(old).cors.allow_origins, ["https://a.test"]);
    let variables = [("SERVER_PUBLIC_CORS_ALLOW_ORIGINS", "https://a.test,https://b.test")];
    assert_eq!(config_with("", &variables).cors.allow_origins, ["https://a.test", "https://b.test"]);
    let key = "server.public.cors.allow_origins";
    assert_eq!(about(key, old, &[]), ["is used as cors.allow_origins"]);
    assert_eq!(texts(load("server: {public: {cors: {allow_origins: [[x]]}}}", &[])).len(), 1);
}

/// Covers V2-013, V2-014, V2-015.
#[test]
fn new_origins_win_over_old_ones() {
    let key = "server.public.cors.allow_origins";
    let both =
        "cors: {allow_origins: [https://new.test]}\nserver: {public: {cors: {allow_origins: [https://old.test]}}}";
    assert_eq!(config(both).cors.allow_origins, ["https://new.test"]);
    let messages = about(key, both, &[]);
    assert!(
        messages.len() == 1 && messages[0].contains("cors.allow_origins") && messages[0].ends_with("differs from it")
    );
    let equal = both.replace("old", "new");
    assert!(about(key, &equal, &[])[0].ends_with("is the same"));
    let new = "cors: {allow_origins: [https://new.test]}";
    let variables = [("SERVER_PUBLIC_CORS_ALLOW_ORIGINS", "https://old.test")];
    assert_eq!(config_with(new, &variables).cors.allow_origins, ["https://new.test"]);
}

/// Covers V2-016, V2-017, V2-019, VAL-42.
#[test]
fn a_wildcard_needs_the_permission_of_its_own_section() {
    for refused in [
        "cors: {allow_origins: ['*']}\nserver: {public: {cors: {unsafe_wildcard_origin_allowed: true}}}",
        "server: {public: {cors: {allow_origins: ['*']}}}",
        "cors: {allow_origins: [https://a.test, '*']}",
    ] {
        assert!(problem(refused).contains("\"*\" lets every website act"), "{refused}");
    }
    let allowed = "server: {public: {cors: {allow_origins: ['*'], unsafe_wildcard_origin_allowed: true}}}";
    assert!(config(allowed).cors.unsafe_wildcard_origin_allowed);
    assert_eq!(config("server: {admin: {cors: {allow_origins: ['*']}}}").cors, config("").cors);
}

/// Covers SEC-4, SEC-5.
#[test]
fn old_secrets_take_the_place_of_absent_new_ones() {
    let mail = ("EMAIL_DELIVERY_SMTP_HOST", "mail.test");
    let effective = |yaml: &str, variables: &[(&str, &str)]| -> (Vec<String>, Vec<String>) {
        let config = bare(yaml, &[&[mail], variables].concat()).unwrap_or_else(|error| panic!("{error}")).config;
        let text = |secret: &crate::secret::Secret<String>| secret.expose().clone();
        (config.secret_keys.iter().map(text).collect(), config.decryption_secrets().map(text).collect())
    };
    let (old, new) = ("old-old-old-old-old", "new-new-new-new-new");
    let only_old = (vec![old.to_owned()], vec![old.to_owned()]);
    assert_eq!(effective("secrets: {keys: [old-old-old-old-old]}", &[]), only_old);
    assert_eq!(effective("", &[("SECRETS_KEYS", old)]), only_old);
    assert_eq!(effective("secrets: {keys: [old-old-old-old-old]}\nsecret_keys: []", &[]), only_old);
    let both = (vec![new.to_owned()], vec![new.to_owned(), old.to_owned()]);
    assert_eq!(effective("secrets: {keys: [old-old-old-old-old]}", &[("SECRET_KEYS", new)]), both);
    assert_eq!(effective("", &[("SECRET_KEYS", new)]).1, [new]);
    let equal = format!("{new},{old}");
    assert_eq!(effective("", &[("SECRET_KEYS", &equal), ("SECRETS_KEYS", &equal)]).1, [new, old]);

    let key = "secrets.keys";
    let secrets = "secrets: {keys: [a-sufficiently-long-secret]}";
    assert!(about(key, secrets, &[])[0].ends_with("holds the same entries"));
    assert!(about(key, "secrets: {keys: [old-old-old-old-old]}", &[])[0].starts_with("differs from secret_keys"));
    assert_eq!(about(key, secrets, &[("SECRET_KEYS", "")]), ["is used as secret_keys"]);
    assert!(about(key, "secrets: {keys: []}", &[]).is_empty());
}

/// Covers V2-030.
#[test]
fn short_secrets_are_refused_and_known_ones_warned_about() {
    let message = problems("", &[("SECRET_KEYS", "a-sufficiently-long-secret,0123456789abcde")]);
    assert_eq!(message, ["secret_keys (SECRET_KEYS): entry 1 has 15 bytes, and needs at least 16"]);
    assert!(about("secret_keys", "", &[("SECRET_KEYS", "abcedfghijklmnopqrstuvwxyz")])[0].contains("well-known"));
}

/// Covers V2-032, V2-033, V2-034, V2-035, V2-036, V2-037, V2-039.
#[test]
fn the_switch_copies_old_keys() {
    let config = config(
        "convert_legacy_config: true\npasscode: {ttl: 120}\nemails: {max_num_of_addresses: 2, require_verification: false}\n\
         password: {min_password_length: 10}\nwebauthn: {user_verification: required, timeout: 5000}\n",
    );
    assert_eq!((config.email.passcode_ttl, config.email.limit, config.email.require_verification), (120, 2, false));
    assert_eq!(config.password.min_length, 10);
    assert_eq!(config.passkey.user_verification, UserVerification::Required);
    assert_eq!((config.webauthn.timeouts.login, config.webauthn.timeouts.registration), (5000, 5000));
    assert!(config.email_delivery.enabled && config.email_delivery.from_address == "noreply@hanko.io");
}

/// Covers V2-038.
#[test]
fn a_mail_server_is_taken_from_one_place() {
    let yaml = "convert_legacy_config: true\nsmtp: {user: old}\n\
                email_delivery: {smtp: {host: new.test, port: 587, user: new, password: new}}\n\
                secret_keys: [a-sufficiently-long-secret]\n";
    let smtp = bare(yaml, &[]).unwrap().config.email_delivery.smtp;
    assert_eq!((smtp.host.as_str(), smtp.port.as_str(), smtp.user.as_str()), ("localhost", "465", "old"));
    assert_eq!(smtp.password.expose(), "");
}

/// Covers V2-040, V2-041, V2-042.
#[test]
fn explicit_new_keys_give_way_to_explicit_old_ones_only() {
    let on = "convert_legacy_config: true\n";
    let both = format!("{on}email: {{limit: 3}}\nemails: {{max_num_of_addresses: 9}}");
    assert_eq!(config(&both).email.limit, 9);
    let messages = about("emails.max_num_of_addresses", &both, &[]);
    assert_eq!(messages, ["is used as email.limit; the different value of email.limit is ignored"]);
    let equal = both.replace('9', "3");
    assert_eq!(about("emails.max_num_of_addresses", &equal, &[]), ["is used as email.limit"]);
    let new = format!("{on}email: {{limit: 3, passcode_ttl: 600}}");
    assert_eq!((config(&new).email.limit, config(&new).email.passcode_ttl), (3, 600));
    assert_eq!(config(on).password.min_length, 8);
    assert!(problem(&format!("{on}password: {{min_password_length: 0}}")).contains("\"0\" is less than 1"));
    let timeouts = format!("{on}webauthn: {{timeout: 1, timeouts: {{login: 1, registration: 2}}}}");
    assert!(
        about("webauthn.timeout", &timeouts, &[])[0].ends_with("value of webauthn.timeouts.registration is ignored")
    );
}

/// Covers V2-044, V2-045, V2-046, V2-057, V2-058.
#[test]
fn only_effective_values_are_checked() {
    let on = "convert_legacy_config: true\n";
    let verification = "webauthn: {user_verification: perhaps}\n";
    assert_eq!(config(verification), config(""));
    assert!(
        problem(&format!("{on}{verification}")).starts_with("webauthn.user_verification (config.yaml:2): \"perhaps\"")
    );
    let blank = "smtp: {host: ' '}\n";
    assert_eq!(config(blank), config(""));
    assert!(problem(&format!("{on}{blank}")).starts_with("email_delivery.smtp.host"));
    config(&format!("{on}{blank}email_delivery: {{enabled: false}}"));
    let blank = [("EMAIL_DELIVERY_SMTP_HOST", "")];
    assert!(problems("", &blank)[0].starts_with("email_delivery.smtp.host (EMAIL_DELIVERY_SMTP_HOST)"));
    config_with("email_delivery: {enabled: false}", &blank);
    assert_eq!(
        problem("email_delivery: {smtp: {port: smtp}}"),
        "email_delivery.smtp.port (config.yaml:1): \"smtp\" is not a port number"
    );
    config("email_delivery: {enabled: false, smtp: {port: smtp}}");
}

/// Covers V2-047, V2-048, V2-049, V2-050, V2-051, V2-052.
#[test]
fn server_side_sessions_of_the_old_line() {
    let session = |members: &str| config(&format!("session: {members}")).session;
    assert_eq!(session("{server_side: {enabled: true, limit: 7}}").limit, 7);
    assert_eq!(session("{server_side: {enabled: true}}").limit, 100);
    assert_eq!(session("{limit: 3, server_side: {enabled: true, limit: 7}}").limit, 3);
    let kept = session("{acquire_ip_address: false, show_on_profile: false, server_side: {enabled: true}}");
    assert!(!kept.acquire_ip_address && !kept.show_on_profile && kept.acquire_user_agent && kept.allow_revocation);
    let off =
        config("convert_legacy_server_side_session_config: false\nsession: {server_side: {enabled: true, limit: 7}}");
    assert_eq!(off.session.limit, 5);
    assert_eq!(session("{server_side: {enabled: false, limit: 7}}"), config("").session);
    assert_eq!(
        problem("session: {server_side: {enabled: true, limit: 0}}"),
        "session.server_side.limit (config.yaml:1): \"0\" is less than 1"
    );
}

/// Covers V2-054, V2-055, V2-059, V2-060, V2-061.
#[test]
fn an_old_file_has_the_defaults_of_new_keys() {
    let config = config(
        "secrets: {keys: [old-old-old-old-old]}\nwebhooks: {enabled: true, hooks: [{callback: 'http://h', events: [user.update.email.primary]}]}",
    );
    assert_eq!(config.server.management.address, ":8002");
    assert!(!config.multi_tenancy.enabled);
    assert_eq!(config.server.ip.extractor, IpExtractor::Direct);
    assert!(config.session.idle_timeout.is_zero());
    let database = &config.database;
    assert_eq!((database.pool, database.idle_pool), (5, 0));
    assert_eq!((database.conn_max_idletime, database.conn_max_lifetime), (Span::from_secs(300), Span::from_hours(1)));
}

/// Covers V2-062.
#[test]
fn keys_that_never_worked_are_mentioned() {
    let yaml = r#"
webauthn: {relying_party: {origin: "https://a.test"}}
email_delivery: {email: {from_address: a@b.test, from_name: A}}
passcode: {email: {from_address: a@b.test, from_name: A}, smtp: {host: h, port: 1, user: u, password: p}}
server:
  cors: {allow_origins: ["*"], unsafe_wildcard_origin_allowed: true, enabled: true, allow_credentials: true}
  public: {cors: {enabled: true, allow_credentials: true}}
smtp: not-a-section
"#;
    assert_eq!(config(yaml), config(""));
    let warnings = warnings(yaml, &[]);
    assert_eq!(warnings.len(), super::super::legacy::DEAD.len() + 1, "{warnings:#?}");
    let expected = "webauthn.relying_party.origin (config.yaml:2): has no effect: use webauthn.relying_party.origins";
    assert!(warnings.iter().any(|warning| warning == expected), "{warnings:#?}");
    assert!(warnings.iter().all(|warning| warning.contains("has no effect")), "{warnings:#?}");
}
