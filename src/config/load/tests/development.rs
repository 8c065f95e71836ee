//! What runs without configuration, and what refuses to.

use super::*;

const NOTHING: &[(&str, &str)] = &[];

fn without_file(variables: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    read(None, &environment(variables))
}

#[test]
fn runs_without_any_configuration() {
    let loaded = without_file(NOTHING).unwrap();
    let config = &loaded.config;
    assert!(config.development && config.serves_page());
    assert_eq!(config.database.url, "sqlite://sealflow.db?mode=rwc");
    assert_eq!(config.webauthn.relying_party.id, "localhost");
    assert_eq!(config.webauthn.relying_party.origins, ["http://localhost:8888", "http://localhost:8000"]);
    assert!(!config.session.cookie.secure);
    assert_eq!(config.email_delivery.server(), None);
    assert!(config.secret_keys.is_empty());
    assert_eq!(loaded.secret_file.as_deref(), Some(Path::new("sealflow.secret")));
    assert!(loaded.warnings.is_empty() && loaded.source.is_none());
}

#[test]
fn settings_of_a_developer_keep_development_mode() {
    let variables = [
        ("SERVER_PUBLIC_ADDRESS", ":9000"),
        ("SESSION_COOKIE_SECURE", "true"),
        ("DATABASE_URL", "sqlite:///tmp/x/y.db"),
        ("DATABASE_POOL", "3"),
    ];
    let loaded = without_file(&variables).unwrap();
    assert!(loaded.config.development && loaded.config.session.cookie.secure);
    assert_eq!(loaded.config.database.url, "sqlite:///tmp/x/y.db?mode=rwc");
    assert_eq!(loaded.config.webauthn.relying_party.origins[1], "http://localhost:9000");
    assert_eq!(loaded.secret_file.as_deref(), Some(Path::new("/tmp/x/sealflow.secret")));
    let origins = [("WEBAUTHN_RELYING_PARTY_ORIGINS", "http://localhost:3000")];
    assert_eq!(without_file(&origins).unwrap().config.webauthn.relying_party.origins, ["http://localhost:3000"]);
}

/// Covers SEC-6, V2-024, VAL-41.
#[test]
fn a_configuration_for_others_needs_secrets_and_a_mail_server() {
    let needs = |yaml: &str, variables: &[(&str, &str)]| -> Vec<String> {
        match bare(yaml, variables) {
            Err(ConfigErrors::Problems(problems)) => problems.into_iter().map(|problem| problem.key).collect(),
            other => panic!("{other:?}"),
        }
    };
    let (mail, secret) = ("email_delivery.smtp.host", "secret_keys");
    assert_eq!(needs("service: {name: Shop}", NOTHING), [mail, secret]);
    assert_eq!(needs("", NOTHING), [mail, secret]);
    assert_eq!(needs("secret_keys: [a-sufficiently-long-secret]", NOTHING), [mail]);
    assert_eq!(needs("email_delivery: {enabled: false}", NOTHING), [secret]);
    assert_eq!(needs("email_delivery: {smtp: {port: 25}}\nsecret_keys: []", NOTHING), [mail, secret]);
    assert_eq!(needs("email_delivery: {enabled: false}", &[("SECRET_KEYS", ""), ("SECRETS_KEYS", " ")]), [secret]);
    let production =
        bare("email_delivery: {enabled: false}", &[("SECRET_KEYS", "a-sufficiently-long-secret")]).unwrap();
    assert!(!production.config.development && !production.config.serves_page());
    assert!(production.config.session.cookie.secure);
}

#[test]
fn variables_alone_can_mean_production() {
    for variables in [
        [("SECRET_KEYS", "a-sufficiently-long-secret")],
        [("EMAIL_DELIVERY_SMTP_HOST", "mail.test")],
        [("DATABASE_URL", "postgres://a:b@c/d")],
        [("DATABASE_DIALECT", "mysql")],
        [("DEVELOPMENT", "false")],
    ] {
        assert!(matches!(without_file(&variables), Err(ConfigErrors::Problems(_))), "{variables:?}");
    }
    let complete = without_file(&NEEDED).unwrap();
    assert!(!complete.config.development && complete.secret_file.is_none());
    assert_eq!(complete.config.database.url, "postgres://hanko:hanko@localhost:5432/hanko");
}

#[test]
fn development_mode_can_be_asked_for() {
    let loaded = bare("development: true\ndatabase: {url: 'postgres://a:b@c/d'}", NOTHING).unwrap();
    assert!(loaded.config.development && loaded.secret_file.is_some());
    assert_eq!(loaded.config.database.url, "postgres://a:b@c/d");
    assert_eq!(loaded.config.email_delivery.server(), None);
    let config = config("development: true");
    assert_eq!(config.email_delivery.server(), Some(("mail.test", 465)));
    assert_eq!(config.database.url, "sqlite://sealflow.db?mode=rwc");
}

/// The configuration that the conformance runner starts a server with, in short.
#[test]
fn the_configuration_of_a_recording_loads() {
    let yaml = r#"
account: {allow_deletion: true, allow_signup: true}
audit_log: {console_output: {enabled: false}, storage: {enabled: true}}
database: {dialect: sqlite, database: /tmp/work/x.db}
email: {acquire_on_login: true, enabled: true, limit: 2, passcode_ttl: 300}
email_delivery:
  enabled: true
  from_address: no-reply@example.test
  from_name: Example
  smtp: {host: 127.0.0.1, port: '34567'}
mfa:
  device_trust_duration: 720h
  device_trust_policy: prompt
  security_keys: {attestation_preference: none, authenticator_attachment: cross-platform, user_verification: discouraged}
  totp: {enabled: true}
passkey: {acquire_on_login: conditional, attestation_preference: none, user_verification: required}
rate_limiter: {enabled: false}
secrets:
  keys: [a-sufficiently-long-secret-key-0123456789]
security_notifications: {notifications: {email_create: {enabled: false}}}
server:
  admin: {address: '127.0.0.1:40001'}
  public: {address: '127.0.0.1:40000'}
service: {name: Example Service}
session: {cookie: {retention: prompt, secure: false}, limit: 1}
third_party:
  allowed_redirect_urls: ['http://localhost:8888', 'http://localhost:8888/**']
  custom_providers:
    found:
      {acr_values: [a, b], allow_linking: true, attribute_mapping: {name: nick}, client_id: found, display_name: Found,
       enabled: true, issuer: 'http://127.0.0.1:5', prompt: consent, scopes: [openid, email], secret: s, use_discovery: true}
  error_redirect_url: http://localhost:8888/error
  redirect_url: http://localhost:8000/thirdparty/callback
webauthn: {relying_party: {display_name: Example, id: localhost, origins: ['http://localhost:8888']}}
webhooks:
  allow_time_expiration: false
  enabled: true
  hooks: [{callback: 'http://127.0.0.1:34568/hook', events: [user, email.send]}]
"#;
    let loaded = bare(yaml, NOTHING).unwrap_or_else(|error| panic!("{error}"));
    let config = &loaded.config;
    assert_eq!(config.database.url, "sqlite:///tmp/work/x.db?mode=rwc");
    assert_eq!(config.email_delivery.server(), Some(("127.0.0.1", 34567)));
    assert_eq!(config.secret_keys[0].expose(), "a-sufficiently-long-secret-key-0123456789");
    assert_eq!(config.webauthn.relying_party.origins, ["http://localhost:8888"]);
    assert!(!config.development && loaded.secret_file.is_none());
    assert!(config.third_party.redirects().unwrap().allow("http://localhost:8888/x/y"));
    let warnings: Vec<_> = loaded.warnings.iter().map(|warning| warning.key.as_str()).collect();
    assert_eq!(warnings, ["secrets.keys"]);
}
