//! `serve` (spec chapter 05 section 5.2).

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Failure, Global, load, logging, runtime};
use crate::{
    app::Parts,
    config::Config,
    console::Lines,
    http::server::{self, Running, Servers},
};

/// Run the servers.
///
/// They speak plain HTTP/1.1; terminate TLS in front of them. SIGTERM and SIGINT stop them: running requests get ten
/// seconds to finish. A second signal ends the process at once.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(subcommand)]
    servers: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// The public server, for browsers and relying parties.
    ///
    /// Makes missing signing keys in the database.
    Public(Authenticators),
    /// The admin server, for the back office.
    ///
    /// It has no authentication: keep it off the internet.
    Admin,
    /// The public and the admin server.
    ///
    /// Makes missing signing keys in the database.
    All(Authenticators),
    /// The management server of an installation with several tenants.
    ///
    /// With a single tenant there is nothing to manage: the command ends at once.
    Management,
}

#[derive(Debug, Args)]
struct Authenticators {
    /// Names of passkey authenticators, instead of the built-in ones.
    ///
    /// A JSON object that maps AAGUIDs (lower case, with hyphens) to objects with a `name`, which new passkeys are called.
    #[arg(long = "auth-meta", value_name = "FILE")]
    names: Option<PathBuf>,
}

impl Serve {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let (servers, names) = match self.servers {
            Which::Public(authenticators) => (Servers::Public, authenticators.names),
            Which::Admin => (Servers::Admin, None),
            Which::All(authenticators) => (Servers::All, authenticators.names),
            Which::Management => return load(global).map(drop),
        };
        logging::start();
        let config = load(global)?;
        let names = names.filter(|file| !file.as_os_str().is_empty());
        let parts = Parts { authenticator_names: names, ..Parts::default() };
        runtime()?.block_on(serve(config, servers, parts))
    }
}

async fn serve(config: Config, servers: Servers, parts: Parts) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let log = Lines::stdout()?;
    let development = config.development;
    let running = tokio::select! {
        running = server::start(config, servers, parts, &log) => running?,
        () = signals.next() => return Ok(()),
    };
    announce(&running, development);
    signals.next().await;
    tracing::info!("stopping");
    tokio::select! {
        () = running.stop() => {
            log.finish();
            Ok(())
        }
        () = signals.next() => Err("stopped at once, requests were cut off".into()),
    }
}

fn announce(running: &Running, development: bool) {
    if let Some(address) = running.public {
        tracing::info!(%address, "the public server is ready");
    }
    if let Some(address) = running.admin {
        tracing::info!(%address, "the admin server is ready");
    }
    if development {
        tracing::warn!("development mode: made for this machine, not for users");
    }
}

/// The signals that stop a server.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        // Where signals cannot be waited for, nothing but the end of the process will come.
        let interrupt = async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        #[cfg(unix)]
        tokio::select! {
            () = interrupt => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        interrupt.await;
    }
}
