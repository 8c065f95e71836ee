//! Everything that requests work with, put together once at start. A request carries its tenant; nothing is global.

pub mod cleanup;
mod start;
mod unsupported;

use std::{fmt, ops::Deref, sync::Arc, time::Duration};

use self::cleanup::CleanupWorker;
pub use self::start::{Parts, StartError};
use crate::{actions::Authentication, clock::Clock, engine::Engine, random::Random, services::Services};

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
    cleanup: Option<CleanupWorker>,
}

/// One tenant: what the domain works with, and the flows.
pub struct Tenant {
    /// What the domain works with.
    pub services: Arc<Services>,
    /// Runs the flows.
    pub engine: Engine<Authentication>,
}

impl Deref for Tenant {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenant").field("id", &self.services.id).finish_non_exhaustive()
    }
}

impl App {
    /// The tenant that a request is for. Without multi-tenancy there is one.
    #[must_use]
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// Ends background work and closes the database; requests must have ended before.
    pub async fn stop(&self) {
        if let Some(cleanup) = &self.cleanup {
            cleanup.shutdown(WIND_DOWN).await;
        }
        tokio::join!(self.tenant.mail.shutdown(WIND_DOWN), self.tenant.webhooks.shutdown(WIND_DOWN));
        if tokio::time::timeout(WIND_DOWN, self.tenant.database.close()).await.is_err() {
            tracing::warn!("the database connections did not close in time");
        }
        self.tenant.audit.finish();
    }
}
