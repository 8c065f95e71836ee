//! The audit log: who did what to which account, as rows of the database and as lines on the console (spec chapter 06
//! section 7). An event is recorded inside the unit of work that causes it, and its line is written after the commit.

mod database;
mod event;
mod mask;
mod record;

use std::{fmt, io, sync::Arc};

pub use self::{
    event::{Actor, AuditEvent, Detail, Details, EventType},
    mask::{mask_email, mask_username},
    record::{AuditRecord, RequestMeta},
};
use crate::{clock::Clock, config, config::Stream, console::Lines, random::Random};

/// Where rows of the audit log go: a unit of work.
pub trait AuditStore: Send {
    /// Why a row cannot be written.
    type Error;

    /// Writes a row.
    fn insert(&mut self, record: AuditRecord) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Records events in the configured places.
#[derive(Clone)]
pub struct AuditLog {
    stored: bool,
    masked: bool,
    console: Option<Lines>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// An event's line for the console, to be written when its unit of work is committed.
#[must_use = "hand it to `committed` after the commit"]
#[derive(Debug)]
pub struct AuditTicket(Option<String>);

impl AuditLog {
    /// The audit log as `config` wants it.
    ///
    /// # Errors
    ///
    /// When no thread can be started that writes to the console.
    pub fn new(config: &config::AuditLog, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> io::Result<Self> {
        let console = match (config.console_output.enabled, config.console_output.output) {
            (false, _) => None,
            (true, Stream::Stdout) => Some(Lines::stdout()?),
            (true, Stream::Stderr) => Some(Lines::stderr()?),
        };
        Ok(Self { stored: config.storage.enabled, masked: config.mask, console, clock, random })
    }

    /// Records `event`, which the request `meta` has caused.
    ///
    /// # Errors
    /// If storage is enabled and the row cannot be written to `store`.
    pub async fn record<S: AuditStore>(
        &self,
        store: &mut S,
        meta: &RequestMeta,
        event: AuditEvent,
    ) -> Result<AuditTicket, S::Error> {
        if !self.stored && self.console.is_none() {
            return Ok(AuditTicket(None));
        }
        let event = if self.masked { event.masked() } else { event };
        let record = AuditRecord::new(self.random.uuid(), self.clock.now(), meta, event);
        let line = self.console.is_some().then(|| record.console_line());
        if self.stored {
            store.insert(record).await?;
        }
        Ok(AuditTicket(line))
    }

    /// Writes the lines of a unit of work that is now committed. Never waits for the console: it drops lines, and counts
    /// them, while too many wait there.
    pub fn committed(&self, tickets: impl IntoIterator<Item = AuditTicket>) {
        if let Some(console) = &self.console {
            for mut line in tickets.into_iter().filter_map(|AuditTicket(line)| line) {
                line.push('\n');
                console.write(line.into_bytes());
            }
        }
    }

    /// Waits until all lines so far are written, for a process that is about to end.
    pub fn finish(&self) {
        if let Some(console) = &self.console {
            console.finish();
        }
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog")
            .field("stored", &self.stored)
            .field("masked", &self.masked)
            .field("console", &self.console.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
