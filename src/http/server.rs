//! The servers of a process: which addresses they listen on, what they serve, and how they stop.

use std::{io, net::SocketAddr, sync::Arc};

use poem::Route;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{
    app::{App, Parts, StartError},
    config::{Config, IpExtractor},
    console::Lines,
    flows,
    http::{
        admin,
        listener::{self, ListenError},
        middleware::{AccessLog, ClientIp, Cors, Gateway, Source},
        openapi,
        public::{self, Pages},
    },
};

/// Which servers a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Servers {
    /// The public server.
    Public,
    /// The admin server.
    Admin,
    /// Both.
    All,
}

impl Servers {
    fn public(self) -> bool {
        self != Self::Admin
    }

    fn admin(self) -> bool {
        self != Self::Public
    }
}

/// Why servers cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// What is to be served cannot be put together.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The system does not know the address that it listens on.
    #[error("the system does not know the address that it listens on")]
    Address(#[from] io::Error),
}

/// Servers that answer requests.
#[derive(Debug)]
pub struct Running {
    /// What they serve.
    pub app: Arc<App>,
    /// Where the public server listens.
    pub public: Option<SocketAddr>,
    /// Where the admin server listens.
    pub admin: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
}

/// Opens the addresses and starts to serve; the access log goes to `log`. Requests are answered when this returns.
///
/// # Errors
///
/// [`ServeError`]; nothing is served then.
pub async fn start(config: Config, servers: Servers, parts: Parts, log: &Lines) -> Result<Running, ServeError> {
    // Addresses first: that one is in use shows at once, and before anything is changed in the database.
    let public = match servers.public() {
        true => Some(listener::listen("server.public.address", &config.server.public.address).await?),
        false => None,
    };
    let admin = match servers.admin() {
        true => Some(listener::listen("server.admin.address", &config.server.admin.address).await?),
        false => None,
    };
    let app = Arc::new(Box::pin(App::start(config, Parts { makes_keys: servers.public(), ..parts })).await?);
    let (stop, stopped) = watch::channel(false);
    let mut running =
        Running { public: address(&public)?, admin: address(&admin)?, stop, listeners: JoinSet::new(), app };
    if let Some(listener) = public {
        let gateway = public_gateway(&running.app, log);
        running.listeners.spawn(listener::serve(listener, gateway, stopped.clone()));
    }
    if let Some(listener) = admin {
        let gateway = gateway(&running.app, log, admin::routes());
        running.listeners.spawn(listener::serve(listener, gateway, stopped));
    }
    Ok(running)
}

impl Running {
    /// Takes no more connections, lets running requests finish for a while, then ends background work.
    pub async fn stop(mut self) {
        // The listeners are gone already when nobody hears this.
        let _ = self.stop.send(true);
        while self.listeners.join_next().await.is_some() {}
        self.app.stop().await;
    }
}

fn address(listener: &Option<TcpListener>) -> io::Result<Option<SocketAddr>> {
    listener.as_ref().map(TcpListener::local_addr).transpose()
}

fn public_gateway(app: &Arc<App>, log: &Lines) -> Gateway {
    let config = &app.tenant().config;
    let cors = Cors::new(
        config.cors.allow_origins.clone(),
        config.cors.unsafe_wildcard_origin_allowed,
        config.session.enable_auth_token_header,
    );
    let graphs = app.tenant().engine.graphs();
    let document = openapi::public(graphs.iter().map(AsRef::as_ref), &flows::registry(), config);
    let pages = Pages { built_in: config.serves_page(), openapi: document.to_string().into() };
    let flows = graphs.iter().map(|graph| graph.name.clone());
    gateway(app, log, public::routes(pages, flows)).with_cors(cors).with_debug(config.debug)
}

fn gateway(app: &Arc<App>, log: &Lines, routes: Route) -> Gateway {
    let config = &app.tenant().config;
    let source = match config.server.ip.extractor {
        IpExtractor::Direct => Source::Connection,
        IpExtractor::XForwardedFor => Source::ForwardedFor,
        IpExtractor::XRealIp => Source::RealIp,
    };
    let client_ip = ClientIp::new(source, config.server.ip.trusted_networks());
    let log = AccessLog::new(log.clone(), config.log.log_health_and_metrics);
    Gateway::new(Arc::clone(app), client_ip, log, routes)
}
