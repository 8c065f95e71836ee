//! The configuration (the part that storage needs).

use std::time::Duration;

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

/// `database`: where the data is.
#[derive(Debug, Clone)]
pub struct Database {
    /// `sqlite://…`, `postgres://…` or `mysql://…`.
    pub url: String,
    /// Maximum number of open connections; 0 = unlimited.
    pub pool: u32,
    /// Maximum number of idle connections; 0 = unlimited.
    pub idle_pool: u32,
    /// Connections idle for longer are closed; 0 = never.
    pub conn_max_idletime: Span,
    /// Connections older than this are closed; 0 = never.
    pub conn_max_lifetime: Span,
}
