//! The audit log's lines on the standard streams. Knows nothing of what is in a line.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use crate::config::Stream;

/// A stream that takes lines. Clones share it.
#[derive(Clone)]
pub(super) struct Console(Arc<Mutex<Box<dyn Write + Send>>>);

impl Console {
    pub(super) fn new(stream: Stream) -> Self {
        match stream {
            Stream::Stdout => Self::to(io::stdout()),
            Stream::Stderr => Self::to(io::stderr()),
        }
    }

    pub(super) fn to(stream: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(stream))))
    }

    /// Writes a line in one piece. A console that is gone must not fail a request that has already happened.
    pub(super) fn write(&self, line: &str) {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let written = stream.write_all(format!("{line}\n").as_bytes()).and_then(|()| stream.flush());
        if let Err(error) = written {
            tracing::error!(%error, "cannot write to the console of the audit log");
        }
    }
}
