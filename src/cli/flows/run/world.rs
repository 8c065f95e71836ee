//! The installation in which a walk takes place: the configured one, but with a database in memory that is gone with the
//! process, and with mails that go nowhere.

use std::{path::PathBuf, sync::Arc};

use serde_json::Value;

use crate::{
    actions::{Authentication, Client, Context, Granted, SESSION, SignedIn, errors},
    app::{App, Parts, Tenant},
    cli::Failure,
    config::{Config, Database, Store},
    engine::{Graph, Reply, Request, Situation},
    identity::{
        account::Account,
        sessions::{Beginning, Verdict},
        users::{self, NewEmail, NewUser},
    },
    notify::{
        audit::RequestMeta,
        mail::{KeptMail, Language},
    },
    random::{ALPHANUMERIC, Random, SystemRandom},
    secret::Secret,
};

/// Where mails and the audit log say that the requests come from.
const ADDRESS: &str = "127.0.0.1";
const USER_AGENT: &str = concat!("sealflow/", env!("CARGO_PKG_VERSION"));

/// The installation, and the one person who walks in it.
pub(super) struct World {
    app: App,
    session: Option<Session>,
    /// The number of the newest mail that was shown.
    shown: u64,
}

/// The session of the person.
struct Session {
    token: String,
    claims: Value,
}

impl World {
    pub(super) async fn start(config: Config, flows: Option<PathBuf>) -> Result<Self, Failure> {
        let config = thrown_away(config, flows);
        let parts = Parts { makes_keys: true, ..Parts::default() };
        let app = Box::pin(App::start(config, parts)).await?;
        Ok(Self { app, session: None, shown: 0 })
    }

    pub(super) async fn stop(self) {
        self.app.stop().await;
    }

    fn tenant(&self) -> &Arc<Tenant> {
        self.app.tenant()
    }

    pub(super) fn config(&self) -> &Config {
        &self.tenant().config
    }

    /// The graph of a flow.
    pub(super) fn graph(&self, flow: &str) -> Option<&Graph<Authentication>> {
        self.tenant().engine.graphs().get(flow).map(Arc::as_ref)
    }

    /// The names of the flows that can begin now.
    pub(super) fn open_flows(&self) -> Vec<&str> {
        let graphs = self.tenant().engine.graphs().iter();
        graphs
            .filter(|graph| self.session.is_some() || !needs_session(graph))
            .map(|graph| graph.name.as_str())
            .collect()
    }

    pub(super) fn flows(&self) -> Vec<&str> {
        self.tenant().engine.graphs().iter().map(|graph| graph.name.as_str()).collect()
    }

    /// What the token of the session says, if there is one.
    pub(super) fn claims(&self) -> Option<&Value> {
        self.session.as_ref().map(|session| &session.claims)
    }

    /// Makes an account with a verified address, and signs it in.
    pub(super) async fn sign_in_as(&mut self, address: &str) -> Result<(), Failure> {
        let tenant = Arc::clone(self.tenant());
        let now = tenant.clock.now();
        let email = NewEmail { address: address.to_lowercase(), is_primary: true, is_verified: true };
        let new = NewUser { id: None, emails: vec![email], username: None, created_at: now };
        let mut unit = tenant.unit();
        let user = users::create(&mut unit, tenant.random.as_ref(), now, new).await?;
        let Some(account) = Account::load(&unit, user).await? else { return Err("the account is not there".into()) };
        let issued = tenant.sessions().begin(&mut unit, &account, Beginning::default()).await?;
        unit.commit().await?;
        self.session = Some(Session { token: issued.token, claims: serde_json::to_value(&issued.claims)? });
        Ok(())
    }

    /// Begins a flow.
    pub(super) async fn begin(&mut self, flow: &str) -> Result<Reply, Failure> {
        self.ask(flow, None).await
    }

    /// Takes an action.
    pub(super) async fn act(&mut self, flow: &str, request: Request) -> Result<Reply, Failure> {
        self.ask(flow, Some(request)).await
    }

    async fn ask(&mut self, flow: &str, request: Option<Request>) -> Result<Reply, Failure> {
        let tenant = Arc::clone(self.tenant());
        let mut context = self.context();
        if self.graph(flow).is_some_and(needs_session) {
            match self.signed_in().await? {
                None => return Ok(tenant.engine.reject(errors::UNAUTHORIZED.because("there is no good session"))),
                signed_in => context = context.of(signed_in),
            }
        }
        let reply = match request {
            None => tenant.engine.start(flow, &mut context).await,
            Some(request) => tenant.engine.advance(flow, request, &mut context).await,
        };
        if let Some(Granted { issued, .. }) = context.granted.take() {
            self.session = Some(Session { token: issued.token, claims: serde_json::to_value(&issued.claims)? });
        }
        if context.signed_out {
            self.session = None;
        }
        Ok(reply)
    }

    /// What is offered in a flow and what not.
    pub(super) async fn explain(&self, reply: &Reply) -> Result<Option<Situation>, Failure> {
        let Some(flow) = reply.flow else { return Ok(None) };
        Box::pin(self.tenant().engine.explain(flow, &mut self.context())).await
    }

    /// The mails since the last call, oldest first.
    pub(super) fn new_mails(&mut self) -> Vec<Arc<KeptMail>> {
        let mut mails = self.tenant().mailbox.as_ref().map(|mailbox| mailbox.list()).unwrap_or_default();
        mails.retain(|kept| kept.number > self.shown);
        mails.reverse();
        self.shown = mails.last().map_or(self.shown, |kept| kept.number);
        mails
    }

    fn context(&self) -> Context {
        let services = Arc::clone(&self.tenant().services);
        let meta = RequestMeta {
            request_id: services.random.uuid().to_string(),
            ip: ADDRESS.to_owned(),
            user_agent: USER_AGENT.to_owned(),
        };
        Context::new(services, Client { meta, language: Language::default(), language_header: String::new() })
    }

    async fn signed_in(&self) -> Result<Option<SignedIn>, Failure> {
        let Some(session) = &self.session else { return Ok(None) };
        Ok(match self.tenant().sessions().accept(&session.token).await? {
            Verdict::Good(good) => Some(SignedIn { user: good.session.user_id.0, session: good.session.id.0 }),
            Verdict::Idle(_) | Verdict::Unknown => None,
        })
    }
}

/// Whether a flow takes only requests that come with a session.
pub(super) fn needs_session(graph: &Graph<Authentication>) -> bool {
    graph.requires.iter().any(|name| name == SESSION)
}

/// The configuration of a walk: what decides where flows lead stays, what reaches out into the world does not.
fn thrown_away(mut config: Config, flows: Option<PathBuf>) -> Config {
    let random: &dyn Random = &SystemRandom;
    config.database = Database { url: "sqlite::memory:".to_owned(), ..Database::default() };
    config.secret_keys = vec![Secret::new(random.text(ALPHANUMERIC, 43))];
    config.development = true;
    config.debug = true;
    config.email_delivery.enabled = true;
    config.email_delivery.smtp.host.clear();
    config.flow_locker.enabled = false;
    config.rate_limiter.store = Store::InMemory;
    config.audit_log.console_output.enabled = false;
    config.cleanup.enabled = false;
    config.flows.directory = flows.or(config.flows.directory);
    config
}
