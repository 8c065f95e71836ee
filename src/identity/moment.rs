//! The time and the random source of one operation, which the domain is given and never fetches.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::random::Random;

/// When an operation happens, and what it draws its ids and challenges from.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// The time.
    pub now: DateTime<Utc>,
    /// The random source.
    pub random: &'a dyn Random,
}

impl Moment<'_> {
    /// A new id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.random.uuid()
    }
}
