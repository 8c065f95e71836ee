//! Everything that requests work with, put together once at start. A request carries its tenant; nothing is global.

mod start;

use std::{sync::Arc, time::Duration};

use uuid::Uuid;

pub use self::start::{Parts, StartError};
use crate::{
    clock::Clock,
    config::Config,
    identity::{
        passcodes::PasscodeHasher,
        passwords::PasswordHasher,
        sessions::Sessions,
        webauthn::{AuthenticatorNames, RelyingParty},
    },
    keys::{ClaimTemplates, KeyRing, SecretBox},
    notify::{audit::AuditLog, mail::Mailbox},
    random::Random,
    storage::{Database, UnitOfWork},
};

/// How long background work gets to finish when the process stops.
const WIND_DOWN: Duration = Duration::from_secs(5);

/// The process: its tenants and what they share.
#[derive(Debug)]
pub struct App {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    tenant: Arc<Tenant>,
}

/// One tenant: its rules, its data and its keys.
#[derive(Debug)]
pub struct Tenant {
    /// Which rows are the tenant's.
    pub id: Uuid,
    /// The rules.
    pub config: Arc<Config>,
    /// The data.
    pub database: Database,
    /// The signing keys.
    pub keys: KeyRing,
    /// Encryption at rest.
    pub secrets: Arc<SecretBox>,
    /// Additional claims of session tokens.
    pub claim_templates: ClaimTemplates,
    /// Hashes passwords.
    pub passwords: PasswordHasher,
    /// Hashes passcodes.
    pub passcodes: PasscodeHasher,
    /// The party that passkeys are made for.
    pub relying_party: RelyingParty,
    /// The names of authenticators.
    pub authenticator_names: AuthenticatorNames,
    /// Records security events.
    pub audit: AuditLog,
    /// Where mails end up in development mode.
    pub mailbox: Option<Mailbox>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl App {
    /// The tenant that a request is for. Without multi-tenancy there is one.
    #[must_use]
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// Ends background work and closes the database; requests must have ended before.
    pub async fn stop(&self) {
        if tokio::time::timeout(WIND_DOWN, self.tenant.database.close()).await.is_err() {
            tracing::warn!("the database connections did not close in time");
        }
    }
}

impl Tenant {
    /// A view of the tenant's data for one request.
    #[must_use]
    pub fn unit(&self) -> UnitOfWork {
        self.database.unit(self.id)
    }

    /// The tenant's sessions.
    #[must_use]
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions {
            database: &self.database,
            tenant: self.id,
            config: &self.config,
            keys: &self.keys,
            templates: &self.claim_templates,
            audit: &self.audit,
            clock: self.clock.as_ref(),
            random: self.random.as_ref(),
        }
    }
}
