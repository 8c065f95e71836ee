//! The configuration: one file per section, [`load`] to read it, [`schema()`] to publish it.
//!
//! Keys, defaults and meanings are those of spec chapter 05; chapter 09 adds the older spellings. A section is a plain
//! struct whose field names are the key names and whose comments are the documentation of the keys. This module knows
//! nothing of the rest of the program.

mod account;
mod audit_log;
mod cleanup;
mod cors;
mod database;
mod development;
mod email;
mod email_delivery;
mod flow_locker;
mod flows;
mod keys;
mod load;
mod log;
mod mfa;
mod multi_tenancy;
mod passkey;
mod password;
mod privacy;
mod rate_limiter;
mod redirects;
mod reference;
mod saml;
mod schema;
mod secrets;
mod security_notifications;
mod server;
mod service;
mod session;
mod show;
mod span;
mod third_party;
mod username;
mod webauthn;
mod webhooks;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    account::Account,
    audit_log::{AuditLog, ConsoleOutput, Storage, Stream},
    cleanup::Cleanup,
    cors::Cors,
    database::{Database, Dialect},
    development::{SecretFileError, development_secret},
    email::{Email, PasscodeCharset},
    email_delivery::{EmailDelivery, Smtp, Tls},
    flow_locker::FlowLocker,
    flows::Flows,
    load::{ConfigErrors, DEFAULT_FILE, Loaded, Origin, Problem, Warning, load, process_environment},
    log::Log,
    mfa::{DeviceTrustPolicy, Mfa, SecurityKeys, Totp},
    multi_tenancy::MultiTenancy,
    passkey::Passkey,
    password::{Acquire, Hashing, Password},
    privacy::Privacy,
    rate_limiter::{Limit, RateLimiter, Redis, Store},
    redirects::{PatternError, Redirects},
    reference::reference,
    saml::{AttributeMap, IdentityProvider, Saml, SamlOptions},
    schema::schema,
    secrets::{KeyManagement, KeyManagementType, MINIMUM_SECRET_LENGTH, PUBLIC_DEFAULT_SECRET, Secrets},
    security_notifications::{Notification, Notifications, SecurityNotifications},
    server::{ClientIp, IpExtractor, Listener, Page, PublicListener, Server, host_and_port},
    service::Service,
    session::{Cookie, JwtTemplate, Retention, SameSite, Session},
    show::{show, show_effective},
    span::{Span, SpanError, parse_nanoseconds},
    third_party::{CustomProvider, Provider, Providers, ThirdParty},
    username::Username,
    webauthn::{AttestationPreference, AuthenticatorAttachment, RelyingParty, Timeouts, UserVerification, WebAuthn},
    webhooks::{EVENTS, Hook, Webhooks, is_of_the_web, signing_key, signing_secret},
};
use self::{load::Report, span::SpanText};
use crate::secret::Secret;

/// The configuration of a Sealflow server. Every key has a default; a file names what differs. Environment variables
/// win over the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Config {
    /// Listen addresses of the APIs, and how the address of a client is found.
    pub server: Server,
    /// The database: SQLite, PostgreSQL or MySQL/MariaDB.
    pub database: Database,
    /// Secrets, of at least 16 bytes each, that encrypt signing keys in the database and the state of third-party
    /// sign-ins. The first one encrypts, all of them decrypt. To rotate, put a new one in front: the next start makes a
    /// new signing key.
    pub secret_keys: Vec<Secret<String>>,
    /// Several tenants in one installation.
    #[schemars(extend("x-env" = "MULTITENANCY"))]
    pub multi_tenancy: MultiTenancy,
    /// Add internal error texts to the answers of the public API. Not for production.
    pub debug: bool,
    /// The access log.
    pub log: Log,
    /// The trail of security events.
    pub audit_log: AuditLog,
    /// How often a client may try.
    pub rate_limiter: RateLimiter,
    /// One action at a time on a flow.
    #[schemars(extend("x-env" = "FLOWLOCKER"))]
    pub flow_locker: FlowLocker,
    /// Has no effect: meant for tenants without an email_delivery of their own.
    pub default_email_delivery: EmailDelivery,
    /// The sender of mails and the server that takes them.
    pub email_delivery: EmailDelivery,
    /// Whether accounts come and go by themselves.
    pub account: Account,
    /// What strangers learn about accounts.
    pub privacy: Privacy,
    /// The service that users sign in to.
    pub service: Service,
    /// Which web origins may call the public API from a browser.
    pub cors: Cors,
    /// Email addresses of users, and passcodes sent to them.
    pub email: Email,
    /// Usernames.
    pub username: Username,
    /// Passwords.
    pub password: Password,
    /// Passkeys.
    pub passkey: Passkey,
    /// The second factor.
    pub mfa: Mfa,
    /// The relying party of passkeys and security keys.
    pub webauthn: WebAuthn,
    /// Sessions and their tokens.
    pub session: Session,
    /// HTTP calls to other systems when something happens.
    pub webhooks: Webhooks,
    /// Mails that tell users about changes of their account.
    #[schemars(extend("x-env" = "SECURITYNOTIFICATIONS"))]
    pub security_notifications: SecurityNotifications,
    /// OAuth and OpenID Connect providers to sign in with.
    pub third_party: ThirdParty,
    /// SAML 2.0 single sign-on.
    pub saml: Saml,
    /// Where tokens are signed, and the older spelling of secret_keys.
    pub secrets: Secrets,
    /// The flows.
    #[schemars(extend("x-sealflow" = true))]
    pub flows: Flows,
    /// Removal of expired rows by the server itself.
    #[schemars(extend("x-sealflow" = true))]
    pub cleanup: Cleanup,
    /// Development mode: a server for this machine that runs without any configuration. Unless said otherwise, it uses
    /// an SQLite file and a generated secret in the working directory, writes mails to the log, serves the built-in page,
    /// accepts the server's own origin for passkeys, and sets cookies without `Secure`. When the key is absent, the mode is on
    /// if there is no configuration file and neither secrets, nor a mail server, nor a database server are named.
    #[schemars(extend("x-sealflow" = true))]
    pub development: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            server: Server::default(),
            database: Database::default(),
            secret_keys: Vec::new(),
            multi_tenancy: MultiTenancy::default(),
            debug: false,
            log: Log::default(),
            audit_log: AuditLog::default(),
            rate_limiter: RateLimiter::default(),
            flow_locker: FlowLocker::default(),
            default_email_delivery: EmailDelivery::nothing(),
            email_delivery: EmailDelivery::default(),
            account: Account::default(),
            privacy: Privacy::default(),
            service: Service::default(),
            cors: Cors::default(),
            email: Email::default(),
            username: Username::default(),
            password: Password::default(),
            passkey: Passkey::default(),
            mfa: Mfa::default(),
            webauthn: WebAuthn::default(),
            session: Session::default(),
            webhooks: Webhooks::default(),
            security_notifications: SecurityNotifications::default(),
            third_party: ThirdParty::default(),
            saml: Saml::default(),
            secrets: Secrets::default(),
            flows: Flows::default(),
            cleanup: Cleanup::default(),
            development: false,
        }
    }
}

impl Config {
    /// The audience of session and webhook tokens: the configured one, else the relying party id.
    #[must_use]
    pub fn audience(&self) -> &[String] {
        match self.session.audience.as_slice() {
            [] => std::slice::from_ref(&self.webauthn.relying_party.id),
            audience => audience,
        }
    }

    /// Whether the built-in page is served.
    #[must_use]
    pub fn serves_page(&self) -> bool {
        match self.server.public.page {
            Page::Auto => self.development,
            Page::On => true,
            Page::Off => false,
        }
    }

    fn check(&self, secret_is_generated: bool, report: &mut Report) {
        self.server.check(report);
        self.rate_limiter.check(report);
        self.flow_locker.check(report);
        self.multi_tenancy.check(report);
        self.email_delivery.check(self.development, report);
        self.secrets.check(&self.secret_keys, !secret_is_generated, report);
        self.service.check(report);
        self.cors.check(report);
        self.username.check(report);
        self.password.check(report);
        self.webauthn.check(report);
        self.session.check(report);
        self.third_party.check(report);
        self.saml.check(report);
        self.webhooks.check(report);
        self.flows.check(report);
        self.cleanup.check(report);
        if self.default_email_delivery != EmailDelivery::nothing() {
            report.warn("default_email_delivery", "has no effect: use email_delivery");
        }
    }
}
