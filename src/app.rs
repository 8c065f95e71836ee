//! Everything that requests work with, put together once at start. A request carries its tenant; nothing is global.

use std::{path::PathBuf, sync::Arc};

use uuid::Uuid;

use crate::{
    clock::Clock,
    config::Config,
    identity::{
        passcodes::PasscodeHasher,
        passwords::{Parameters, PasswordError, PasswordHasher},
        sessions::Sessions,
        webauthn::{AuthenticatorNames, RelyingParty, RelyingPartyError},
    },
    keys::{ClaimTemplates, KeyRing, KeyRingError, SecretBox, SecretBoxError},
    notify::{audit::AuditLog, mail::Mailbox},
    random::Random,
    storage::{DEFAULT_TENANT, Database, StorageError, UnitOfWork},
};

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
