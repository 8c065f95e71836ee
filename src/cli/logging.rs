//! What the servers say about themselves: on stderr, readable for people at a terminal, as JSON for everybody else.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

const DEFAULT_LEVEL: &str = "info,sqlx=warn,sea_orm=warn,hyper=warn";

/// Starts logging. A second call changes nothing.
pub(super) fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_LEVEL));
    let registry = tracing_subscriber::registry().with(filter);
    let started = if io::stderr().is_terminal() {
        registry.with(fmt::layer().with_writer(io::stderr).with_target(false)).try_init()
    } else {
        registry.with(fmt::layer().with_writer(io::stderr).json().flatten_event(true)).try_init()
    };
    // Somebody else has started it, as tests do.
    drop(started);
}
