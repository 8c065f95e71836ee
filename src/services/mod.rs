//! What the domain works with for one tenant, put together once at start: its rules, its data, its keys, and the tools
//! around them. Nothing of it is global.

mod key_store;

use std::sync::Arc;

use uuid::Uuid;

pub use key_store::DatabaseKeys;

use crate::{
    clock::Clock,
    config::Config,
    identity::{
        moment::Moment,
        passcodes::PasscodeHasher,
        passwords::PasswordHasher,
        sessions::Sessions,
        webauthn::{AuthenticatorNames, RelyingParty},
    },
    keys::{ClaimTemplates, KeyRing, SecretBox},
    limits::RateLimiter,
    notify::{
        audit::AuditLog,
        mail::{MailDelivery, Mailbox, Templates},
        webhook::Webhooks,
    },
    random::Random,
    storage::{Database, UnitOfWork},
};

/// What the domain works with for one tenant.
pub struct Services {
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
    /// Counts attempts.
    pub rate_limiter: RateLimiter,
    /// Records security events.
    pub audit: AuditLog,
    /// The texts of mails.
    pub mail_templates: Templates,
    /// Delivers mails.
    pub mail: MailDelivery<Database>,
    /// Tells other systems what happened.
    pub webhooks: Webhooks,
    /// Where mails end up in development mode.
    pub mailbox: Option<Mailbox>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Services {
    /// A view of the tenant's data for one request.
    #[must_use]
    pub fn unit(&self) -> UnitOfWork {
        self.database.unit(self.id)
    }

    /// The present moment.
    #[must_use]
    pub fn moment(&self) -> Moment<'_> {
        Moment { now: self.clock.now(), random: self.random.as_ref() }
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
            webhooks: &self.webhooks,
            clock: self.clock.as_ref(),
            random: self.random.as_ref(),
        }
    }
}
