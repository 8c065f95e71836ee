//! What follows from the values, and the rules that they have to keep.

use super::*;
use crate::config::{EVENTS, PasscodeCharset};

/// The keys of all problems.
fn broken(yaml: &str) -> Vec<String> {
    match load(yaml, &[]) {
        Err(ConfigErrors::Problems(problems)) => problems.into_iter().map(|problem| problem.key).collect(),
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    }
}

#[track_caller]
fn breaks(yaml: &str, key: &str) {
    assert_eq!(broken(yaml), [key], "{yaml}");
}

#[track_caller]
fn passes(yaml: &str) {
    assert_eq!(problems(yaml, &[]), Vec::<String>::new(), "{yaml}");
}

/// Covers VAL-1, VAL-2, VAL-3.
#[test]
fn listen_addresses() {
    breaks("server: {public: {address: ' '}}", "server.public.address");
    breaks("server: {admin: {address: ''}}", "server.admin.address");
    breaks("server: {management: {address: ''}}", "server.management.address");
    breaks("server: {public: {address: localhost}}", "server.public.address");
    passes("server: {public: {address: '[::]:80'}, admin: {address: 'localhost:0'}}");
}

/// Covers VAL-4, VAL-5, VAL-6, VAL-7.
#[test]
fn client_addresses() {
    breaks("server: {ip: {extractor: cookie}}", "server.ip.extractor");
    breaks("server: {ip: {extractor: x_forwarded_for}}", "server.ip.trusted_proxies");
    breaks("server: {ip: {extractor: x_real_ip, trusted_proxies: [10.0.0.1]}}", "server.ip.trusted_proxies");
    passes("server: {ip: {extractor: x_real_ip, trusted_proxies: [10.0.0.0/8, 'fd00::/8']}}");
    passes("server: {ip: {extractor: '', trusted_proxies: [nonsense]}}");
    let ip = config("server: {ip: {extractor: x_real_ip, trusted_proxies: [10.0.0.0/8]}}").server.ip;
    assert_eq!(ip.trusted_networks(), ["10.0.0.0/8".parse().unwrap()]);
}

/// Covers VAL-8, VAL-9, VAL-10, VAL-11.
#[test]
fn shared_state() {
    for section in ["rate_limiter", "flow_locker"] {
        breaks(&format!("{section}: {{store: redis}}"), &format!("{section}.redis_config.address"));
        for address in ["redis", "':6379'", "'redis://host:6379'"] {
            let yaml = format!("{section}: {{store: redis, redis_config: {{address: {address}}}}}");
            breaks(&yaml, &format!("{section}.redis_config.address"));
        }
        breaks(&format!("{section}: {{store: disk}}"), &format!("{section}.store"));
        breaks(&format!("{section}: {{store: ''}}"), &format!("{section}.store"));
        passes(&format!("{section}: {{store: redis, redis_config: {{address: 'redis:6379'}}}}"));
        let off = format!("{section}: {{enabled: false, store: disk}}");
        passes(&off);
        assert_eq!(warnings(&off, &[]).len(), 1);
        passes(&format!("{section}: {{enabled: false, store: redis}}"));
    }
}

/// Covers VAL-12, VAL-13, VAL-14.
#[test]
fn databases() {
    for member in ["database", "user", "host", "port", "dialect"] {
        breaks(&format!("database: {{{member}: ''}}"), &format!("database.{member}"));
        passes(&format!("database: {{{member}: '', url: 'postgres://a:b@c:1/d'}}"));
    }
    breaks("database: {dialect: oracle}", "database.dialect");
    for url in ["oracle://a", "nonsense", "postgres:a", "postgres://[", "http://x"] {
        breaks(&format!("database: {{url: '{url}'}}"), "database.url");
    }
    breaks("database: {port: 'tcp://10.0.0.1:5432'}", "database.port");
    breaks("database: {host: 'a b'}", "database.host");
    let secret = problem("database: {url: 'oracle://app:hunter2@db'}");
    assert!(!secret.contains("hunter2"), "{secret}");
}

#[test]
fn database_urls() {
    for (yaml, url) in [
        ("{}", "postgres://hanko:hanko@localhost:5432/hanko"),
        ("{dialect: mariadb, port: 3306, password: 'p@ss/w?rd'}", "mysql://hanko:p%40ss%2Fw%3Frd@localhost:3306/hanko"),
        ("{dialect: cockroach, host: '::1', password: ''}", "postgres://hanko@[::1]:5432/hanko"),
        ("{url: 'postgresql://a:b@c/d?sslmode=require'}", "postgres://a:b@c/d?sslmode=require"),
        ("{url: 'cockroach://a:b@c/d'}", "postgres://a:b@c/d"),
        ("{url: 'mariadb://a:b@c:1/d', dialect: sqlite}", "mysql://a:b@c:1/d"),
        ("{url: 'sqlite://x.db'}", "sqlite://x.db?mode=rwc"),
        ("{url: 'sqlite:///x.db?cache=shared'}", "sqlite:///x.db?cache=shared&mode=rwc"),
        ("{url: 'sqlite://x.db?mode=ro'}", "sqlite://x.db?mode=ro"),
        ("{url: 'sqlite::memory:'}", "sqlite::memory:"),
        ("{dialect: sqlite, database: 'a b?#%.db', user: '', host: '', port: ''}", "sqlite://a b%3F%23%25.db?mode=rwc"),
    ] {
        assert_eq!(config(&format!("database: {yaml}")).database.url, url, "{yaml}");
    }
}

/// Covers VAL-15, VAL-16.
#[test]
fn mail_server() {
    assert_eq!(problems("", &[("EMAIL_DELIVERY_SMTP_HOST", " ")]).len(), 1);
    breaks("email_delivery: {smtp: {port: ''}}", "email_delivery.smtp.port");
    passes("email_delivery: {enabled: false, smtp: {port: ''}}");
    assert!(problems("email_delivery: {enabled: false}", &[("EMAIL_DELIVERY_SMTP_HOST", "")]).is_empty());
    assert_eq!(warnings("email_delivery: {from_address: nobody}", &[]).len(), 1);
}

/// Covers VAL-17, VAL-18.
#[test]
fn key_management() {
    breaks("secrets: {key_management: {type: vault}}", "secrets.key_management.type");
    let aws = "secrets: {key_management: {type: aws_kms, key_id: k, region: r}}";
    passes(aws);
    breaks(&aws.replace("key_id: k", "key_id: ''"), "secrets.key_management.key_id");
    breaks(&aws.replace("region: r", "region: ''"), "secrets.key_management.region");
}

/// Covers VAL-19, VAL-20, VAL-40, VAL-43, VAL-44, VAL-45, DEF-15.
#[test]
fn single_values() {
    breaks("service: {name: '  '}", "service.name");
    breaks("session: {lifespan: forever}", "session.lifespan");
    breaks("session: {lifespan: 12}", "session.lifespan");
    breaks("session: {idle_timeout: 1d}", "session.idle_timeout");
    breaks("session: {idle_timeout: -5m}", "session.idle_timeout");
    breaks("session: {limit: 0}", "session.limit");
    breaks("session: {cookie: {same_site: sometimes}}", "session.cookie.same_site");
    breaks("session: {cookie: {retention: ''}}", "session.cookie.retention");
    breaks("mfa: {device_trust_policy: sometimes}", "mfa.device_trust_policy");
    breaks("email: {passcode_charset: emoji}", "email.passcode_charset");
    breaks("audit_log: {retention: 30d}", "audit_log.retention");
    breaks("password: {min_length: 73}", "password.min_length");
    breaks("password: {acquire_on_login: sometimes}", "password.acquire_on_login");
    breaks("password: {hashing: {memory_kib: 8, lanes: 2}}", "password.hashing.memory_kib");
    breaks("username: {enabled: true, min_length: 40}", "username.min_length");
    breaks("flows: {directory: /nowhere/at/all}", "flows.directory");
    passes("session: {lifespan: -1h, cookie: {same_site: none, secure: false}}");
    assert_eq!(warnings("session: {lifespan: -1h, cookie: {same_site: none, secure: false}}", &[]).len(), 2);
    assert_eq!(config("flows: {directory: ''}").flows.directory, None);
}

/// Covers MT-1.
#[test]
fn several_tenants_are_refused() {
    assert!(problem("multi_tenancy: {enabled: true}").contains("is not supported yet"));
}

const PROVIDER: &str = "third_party: {redirect_url: https://a.test/thirdparty/callback, \
                        error_redirect_url: https://a.test/err, allowed_redirect_urls: ['https://a.test/**'], \
                        default_redirect_url: https://a.test, \
                        providers: {github: {enabled: true, client_id: i, secret: s}}}";

/// Covers VAL-21, VAL-22, VAL-23, VAL-24, VAL-25, VAL-26.
#[test]
fn providers() {
    passes(PROVIDER);
    let without = |text: &str, by: &str| PROVIDER.replace(text, by);
    breaks(&without("redirect_url: https://a.test/thirdparty/callback, ", ""), "third_party.redirect_url");
    breaks(&without("error_redirect_url: https://a.test/err, ", ""), "third_party.error_redirect_url");
    breaks(&without("['https://a.test/**']", "[]"), "third_party.allowed_redirect_urls");
    for (text, key) in [
        ("https://a.test/**'", "third_party.allowed_redirect_urls"),
        ("https://a.test/err", "third_party.error_redirect_url"),
        ("default_redirect_url: https://a.test", "third_party.default_redirect_url"),
    ] {
        let slash = match text.strip_suffix('\'') {
            Some(bare) => format!("{bare}/'"),
            None => format!("{text}/"),
        };
        breaks(&without(text, &slash), key);
        passes(&without(text, &slash).replace("enabled: true", "enabled: false"));
    }
    breaks(&without("client_id: i", "client_id: ''"), "third_party.providers.github.client_id");
    breaks(&without("secret: s", "secret: ''"), "third_party.providers.github.secret");
}

/// Covers VAL-27, VAL-28, VAL-29, VAL-30, POST-4.
#[test]
fn custom_providers() {
    let custom = |members: &str| {
        PROVIDER.replace(
            "providers: {github: {enabled: true, client_id: i, secret: s}}",
            &format!("custom_providers: {{Corp: {{{members}}}}}"),
        )
    };
    let discovery =
        "enabled: true, display_name: d, client_id: c, secret: s, scopes: [openid], use_discovery: true, issuer: i";
    let manual = "enabled: true, display_name: d, client_id: c, secret: s, scopes: [openid], authorization_endpoint: a, token_endpoint: t, userinfo_endpoint: u";
    passes(&custom(discovery));
    passes(&custom(manual));
    for member in ["display_name: d", "client_id: c", "secret: s", "issuer: i"] {
        let name = member.split(':').next().unwrap();
        breaks(
            &custom(&discovery.replace(member, &format!("{name}: ''"))),
            &format!("third_party.custom_providers.corp.{name}"),
        );
    }
    breaks(&custom(&discovery.replace("[openid]", "[]")), "third_party.custom_providers.corp.scopes");
    for member in ["authorization_endpoint: a", "token_endpoint: t", "userinfo_endpoint: u"] {
        let name = member.split(':').next().unwrap();
        breaks(
            &custom(&manual.replace(member, &format!("{name}: ''"))),
            &format!("third_party.custom_providers.corp.{name}"),
        );
    }
    passes(&custom("enabled: false"));
    let ids: Vec<_> = config(&custom(manual)).third_party.custom().map(|(id, _)| id).collect();
    assert_eq!(ids, ["custom_corp"]);
    assert_eq!(warnings("third_party: {custom_providers: {Corp: {}, corp: {}}}", &[]).len(), 1);
}

const SAML: &str = "saml: {enabled: true, endpoint_url: https://a.test, audience_uri: urn:a, \
                    default_redirect_url: https://a.test, allowed_redirect_urls: ['https://*.a.test/**'], \
                    identity_providers: [{enabled: true, name: n, domain: d.test, metadata_url: https://d.test/m}]}";

/// Covers VAL-31, VAL-32, VAL-33, VAL-34, VAL-35, VAL-36, VAL-37.
#[test]
fn saml() {
    passes(SAML);
    let but = |text: &str, by: &str| SAML.replace(text, by);
    let off = |yaml: String| passes(&yaml.replace("saml: {enabled: true", "saml: {enabled: false"));
    for (text, by, key) in [
        ("endpoint_url: https://a.test", "endpoint_url: ' '", "saml.endpoint_url"),
        ("audience_uri: urn:a", "audience_uri: ''", "saml.audience_uri"),
        ("endpoint_url: https://a.test", "endpoint_url: 'https://['", "saml.endpoint_url"),
        ("https://*.a.test/**", "a.test", "saml.allowed_redirect_urls"),
        ("{enabled: true, name: n, domain: d.test, metadata_url: https://d.test/m}", "", "saml.identity_providers"),
        ("domain: d.test", "domain: ''", "saml.identity_providers[0].domain"),
        ("domain: d.test", "domain: 'd test'", "saml.identity_providers[0].domain"),
        ("name: n", "name: ''", "saml.identity_providers[0].name"),
        ("metadata_url: https://d.test/m", "metadata_url: ''", "saml.identity_providers[0].metadata_url"),
        ("metadata_url: https://d.test/m", "metadata_url: 'https://['", "saml.identity_providers[0].metadata_url"),
    ] {
        breaks(&but(text, by), key);
        off(but(text, by));
    }
    let twice = |enabled| {
        but(
            "metadata_url: https://d.test/m}",
            &format!(
                "metadata_url: https://d.test/m}}, {{enabled: {enabled}, name: n, domain: d.test, metadata_url: https://d.test/m}}"
            ),
        )
    };
    breaks(&twice(true), "saml.identity_providers[1].domain");
    passes(&twice(false));
    passes(&but("{enabled: true, name: n, domain: d.test,", "{name: '', domain: '',"));
}

/// Covers VAL-38, VAL-39.
#[test]
fn webhooks() {
    let hooks =
        |events: &str| format!("webhooks: {{enabled: true, hooks: [{{callback: 'http://h', events: [{events}]}}]}}");
    passes(&hooks(&EVENTS.join(", ")));
    let message = problem(&hooks("user, user.explode"));
    assert!(message.starts_with("webhooks.hooks[0].events[1]"), "{message}");
    assert!(message.contains("\"user.explode\""), "{message}");
    passes(&hooks("user.explode").replace("enabled: true", "enabled: false"));
    breaks("webhooks: {enabled: true, hooks: [{callback: 'http://['}]}", "webhooks.hooks[0].callback");
    passes("webhooks: {signing_secrets: [whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw]}");
    for secret in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa", "whsec_!", "''"] {
        let message = problem(&format!("webhooks: {{signing_secrets: [{secret}]}}"));
        assert!(message.starts_with("webhooks.signing_secrets[0]") && !message.contains("MfKQ"), "{message}");
    }
    assert_eq!(warnings("webhooks: {enabled: true, hooks: [{callback: ''}]}", &[]).len(), 1);
}

/// Covers POST-5, POST-6, POST-7, POST-8.
#[test]
fn relying_party() {
    breaks("webauthn: {relying_party: {id: ''}}", "webauthn.relying_party.id");
    breaks("webauthn: {relying_party: {id: 'a b'}}", "webauthn.relying_party.id");
    breaks("webauthn: {relying_party: {display_name: ''}}", "webauthn.relying_party.display_name");
    breaks("webauthn: {relying_party: {origins: []}}", "webauthn.relying_party.origins");
    breaks("webauthn: {relying_party: {origins: [localhost]}}", "webauthn.relying_party.origins");
    passes("webauthn: {relying_party: {origins: ['android:apk-key-hash:nAvQ9vYlq0pT0yL2wQwQ3m8z']}}");
    assert_eq!(warnings("webauthn: {relying_party: {id: 'https://a.test', icon: x}}", &[]).len(), 2);
    let timeouts = config("webauthn: {timeouts: {login: 0, registration: 0}}").webauthn.timeouts;
    assert_eq!((timeouts.login, timeouts.registration), (300_000, 300_000));
}

/// Covers POST-1, POST-2, POST-3, POST-10, POST-11, V2-067.
#[test]
fn redirects() {
    for section in ["third_party", "saml"] {
        let key = format!("{section}.allowed_redirect_urls");
        breaks(&format!("{section}: {{allowed_redirect_urls: ['https://a.test/[']}}"), &key);
        let dead = format!("{section}: {{allowed_redirect_urls: ['**', 'myapp://**']}}");
        assert_eq!(warnings(&dead, &[]).len(), 2);
        passes(&format!("{section}: {{allowed_redirect_urls: ['myapp://auth']}}"));
    }
    breaks("third_party: {error_redirect_url: 'https://a.test/{'}", "third_party.error_redirect_url");
    breaks("saml: {default_redirect_url: 'https://a.test/{'}", "saml.default_redirect_url");
    let yaml = "third_party: {error_redirect_url: https://a.test/err, default_redirect_url: https://a.test/home, \
                allowed_redirect_urls: ['https://a.test/ok']}\nsaml: {default_redirect_url: https://a.test/home}";
    let config = config(yaml);
    let third_party = config.third_party.redirects().unwrap();
    assert!(third_party.allow("https://a.test/err/") && third_party.allow("https://a.test/ok"));
    assert!(!third_party.allow("https://a.test/home"));
    assert!(config.saml.redirects().unwrap().allow("https://a.test/home"));
    assert!(!config.saml.redirects().unwrap().allow("https://a.test/ok"));
}

/// Covers POST-9, POST-12, POST-13, POST-14.
#[test]
fn derived_values() {
    assert_eq!(config("saml: {endpoint_url: 'https://a.test//'}").saml.endpoint_url, "https://a.test/");
    assert_eq!(config("saml: {endpoint_url: https://a.test}").saml.endpoint_url, "https://a.test");
    assert_eq!(config("email: {passcode_charset: ''}").email.passcode_charset, PasscodeCharset::Numeric);
    assert_eq!(config("webauthn: {relying_party: {id: a.test}}").audience(), ["a.test"]);
    assert_eq!(config("session: {audience: [x, y]}").audience(), ["x", "y"]);
    assert_eq!(config("").session.cookie.effective_name(), "hanko");
    assert_eq!(config("session: {cookie: {name: shop}}").session.cookie.effective_name(), "shop");
    assert_eq!(config("mfa: {device_trust_max_users_per_device: -3}").mfa.device_trust_max_users_per_device, 20);
}

#[test]
fn pages_of_the_server() {
    assert!(config("server: {public: {page: on}}").serves_page());
    assert!(!config("server: {public: {page: off}}\ndevelopment: true").serves_page());
    assert!(config("development: true").serves_page());
}
