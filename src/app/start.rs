//! Putting the application together: what must hold before the first request, as fast as it can be found out.

use std::{num::NonZero, path::PathBuf, sync::Arc, thread};

use super::{App, Tenant, cleanup::CleanupWorker, unsupported};
use crate::{
    actions::{Authentication, DatabaseFlows},
    clock::{Clock, SystemClock},
    config::{Config, Hashing, Store},
    engine::{Engine, Graph, Graphs, Locker, Problems},
    flows,
    identity::{
        passcodes::PasscodeHasher,
        passwords::{Parameters, PasswordError, PasswordHasher},
        webauthn::{AuthenticatorNames, RelyingParty, RelyingPartyError},
    },
    keys::{ClaimTemplates, KeyRing, KeyRingError, SecretBox, SecretBoxError},
    limits::{FlowLocks, RateLimiter, RedisError, RedisLocks, RedisServer},
    notify::{
        audit::AuditLog,
        mail::{MailDelivery, Mailbox, Smtp, SmtpError, Templates},
        outbox::{Courier, Equipment, Outbox, Pace, Seal},
        webhook::{self, Caller, Webhooks},
    },
    random::{Random, SystemRandom},
    services::{DatabaseKeys, Services},
    storage::{
        DEFAULT_TENANT, Database, StorageError,
        schema::{self, SchemaError},
    },
};

/// What an application is made of, besides its configuration.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Whether missing signing keys are made. The admin server alone makes none.
    pub makes_keys: bool,
    /// Whether mails and webhooks are delivered and expired rows removed. A command that does one thing leaves that to
    /// servers: what it cannot deliver it records all the same.
    pub works_in_background: bool,
    /// How fast webhooks are delivered.
    pub webhook_pace: Pace,
    /// A file with the names of authenticators, instead of the built-in ones.
    pub authenticator_names: Option<PathBuf>,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            makes_keys: false,
            works_in_background: true,
            webhook_pace: webhook::pace(),
            authenticator_names: None,
        }
    }
}

/// Why the application cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration asks for what this version cannot be.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The database cannot be reached.
    #[error(transparent)]
    Database(#[from] StorageError),
    /// The tables are missing, or are not those of this program.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The secrets cannot be used.
    #[error("secret_keys: {0}")]
    Secrets(#[from] SecretBoxError),
    /// There is no secret.
    #[error("secret_keys: there is no secret")]
    NoSecret,
    /// The signing keys cannot be read or made.
    #[error(transparent)]
    Keys(#[from] KeyRingError),
    /// The cost of password hashes is impossible.
    #[error("password.hashing: {0}")]
    Passwords(#[from] PasswordError),
    /// The graphs of the flows have mistakes.
    #[error("flows.directory: the graphs cannot be used\n{0}")]
    Flows(#[from] Problems),
    /// The mail server cannot be used as it is configured.
    #[error("email_delivery: {0}")]
    Mail(#[from] SmtpError),
    /// The Redis server cannot be used as it is configured.
    #[error("{section}.redis_config.address: {error}")]
    Redis {
        /// The section of the configuration.
        section: &'static str,
        /// What is wrong.
        error: RedisError,
    },
    /// No thread can be started that writes to the console.
    #[error("audit_log.console_output: {0}")]
    Console(#[from] std::io::Error),
    /// Passkeys cannot be made for this relying party.
    #[error("webauthn.relying_party: {0}")]
    RelyingParty(#[from] RelyingPartyError),
}

impl App {
    /// Connects to the database, makes sure that its tables and the signing keys are as they must be, and prepares what
    /// requests need. In development mode missing tables are made.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub async fn start(config: Config, parts: Parts) -> Result<Self, StartError> {
        // The steps together are a large future that lives only once.
        Box::pin(Self::assemble(config, parts)).await
    }

    async fn assemble(config: Config, parts: Parts) -> Result<Self, StartError> {
        let Parts { clock, random, makes_keys, works_in_background, webhook_pace, authenticator_names } = parts;
        if let Some(text) = unsupported::refused(&config) {
            return Err(StartError::Unsupported(text));
        }
        for text in unsupported::without_effect(&config) {
            tracing::warn!("this version leaves out {text}");
        }
        let secrets = SecretBox::new(&config.secret_keys, Arc::clone(&random))?.with_published_default()?;
        let secrets = Arc::new(secrets);
        let Hashing { memory_kib, passes, lanes, concurrency } = config.password.hashing;
        let parameters = Parameters { memory_kib, passes, lanes };
        let passwords = PasswordHasher::new(parameters, at_once(concurrency), Arc::clone(&random))?;
        let relying_party = RelyingParty::new(&config.webauthn)?;
        let rate_limiter = RateLimiter::new(&config.rate_limiter)
            .map_err(|error| StartError::Redis { section: "rate_limiter", error })?;
        let locker = locker(&config, &random).map_err(|error| StartError::Redis { section: "flow_locker", error })?;
        let registry = flows::registry();
        let graphs = flows::graphs(&config, config.flows.directory.as_deref(), &registry)?;

        let database = Database::connect(&config.database).await?;
        if config.development {
            schema::up(&database).await?;
        }
        if let Some(warning) = schema::require_current(&database).await? {
            tracing::warn!("{warning}");
        }
        let store = Arc::new(DatabaseKeys::new(database.clone(), DEFAULT_TENANT));
        let keys = KeyRing::new(store, Arc::clone(&secrets), Arc::clone(&clock), Arc::clone(&random));
        if makes_keys {
            keys.ensure().await?;
        }

        let config = Arc::new(config);
        let mailbox = keeps_mails(&config).then(|| Mailbox::new(Arc::clone(&clock)));
        let equipment = || Equipment {
            store: database.clone(),
            seal: Arc::clone(&secrets) as Arc<dyn Seal>,
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
        };
        let mail = match (&mailbox, config.email_delivery.server()) {
            (Some(mailbox), _) => MailDelivery::Mailbox(mailbox.clone()),
            (None, Some(_)) => {
                let smtp = Smtp::new(&config.email_delivery)?;
                MailDelivery::Server(outbox(works_in_background, equipment(), smtp, Pace::default()))
            }
            (None, None) => MailDelivery::Off,
        };
        let caller =
            Caller::new(database.clone(), DEFAULT_TENANT, Arc::clone(&config), keys.clone(), Arc::clone(&clock));
        let calls = outbox(works_in_background, equipment(), caller, webhook_pace);
        let webhooks = Webhooks::new(&config.webhooks, calls, Arc::clone(&clock));
        let services = Services {
            id: DEFAULT_TENANT,
            database,
            keys,
            secrets,
            claim_templates: ClaimTemplates::compile(&config.session.jwt_template.claims),
            passwords,
            passcodes: PasscodeHasher::new(&config.secret_keys).ok_or(StartError::NoSecret)?,
            relying_party,
            authenticator_names: authenticators(authenticator_names),
            rate_limiter,
            audit: AuditLog::new(&config.audit_log, Arc::clone(&clock), Arc::clone(&random))?,
            mail_templates: Templates::default(),
            mail,
            webhooks,
            mailbox,
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            config: Arc::clone(&config),
        };
        let services = Arc::new(services);
        let engine = engine(&services, graphs, locker);
        let cleanup = works_in_background.then(|| {
            let database = services.database.clone();
            CleanupWorker::start(database, &config.cleanup, &config.audit_log, Arc::clone(&clock), Arc::clone(&random))
        });
        Ok(Self { clock, random, tenant: Arc::new(Tenant { services, engine }), cleanup })
    }
}

fn outbox<C: Courier>(works: bool, equipment: Equipment<Database>, courier: C, pace: Pace) -> Outbox<Database, C> {
    if works { Outbox::start(equipment, courier, pace) } else { Outbox::without_worker(equipment, pace) }
}

/// What keeps two requests from one flow, if anything is to.
fn locker(config: &Config, random: &Arc<dyn Random>) -> Result<Option<Arc<dyn Locker>>, RedisError> {
    let locker = &config.flow_locker;
    Ok(match (locker.enabled, locker.store) {
        (false, _) => None,
        (true, Store::InMemory) => Some(Arc::new(FlowLocks::default())),
        (true, Store::Redis) => {
            let server = RedisServer::new(&locker.redis_config)?;
            Some(Arc::new(RedisLocks::new(server, locker.expiry(), Arc::clone(random))))
        }
    })
}

fn engine(
    services: &Arc<Services>,
    graphs: Vec<Graph<Authentication>>,
    locker: Option<Arc<dyn Locker>>,
) -> Engine<Authentication> {
    let (config, clock, random) = (&services.config, &services.clock, &services.random);
    let store = Arc::new(DatabaseFlows::new(Arc::clone(clock)));
    let engine = Engine::new(
        Graphs::new(graphs),
        Arc::clone(config),
        store,
        Arc::clone(clock),
        Arc::clone(random),
        config.debug,
    );
    match locker {
        Some(locker) => engine.with_locker(locker),
        None => engine,
    }
}

/// Mails that are to be sent but have no server to go to stay here, where a developer can read them.
fn keeps_mails(config: &Config) -> bool {
    config.development && config.email_delivery.enabled && config.email_delivery.server().is_none()
}

fn at_once(concurrency: u32) -> u32 {
    match concurrency {
        0 => thread::available_parallelism().map_or(1, NonZero::get).try_into().unwrap_or(u32::MAX),
        concurrency => concurrency,
    }
}

/// A file that cannot be read costs the names, not the start (spec chapter 05 section 5.2).
fn authenticators(file: Option<PathBuf>) -> AuthenticatorNames {
    let Some(file) = file else { return AuthenticatorNames::built_in() };
    AuthenticatorNames::from_file(&file).unwrap_or_else(|error| {
        tracing::warn!(file = %file.display(), %error, "authenticators will have no names");
        AuthenticatorNames::default()
    })
}
