//! What a courier is: the one who knows how to deliver one kind of parcels.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// Delivers one kind of parcels.
pub trait Courier: Send + Sync + 'static {
    /// What is delivered.
    type Item: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The value of the column `kind` of this courier's rows.
    const KIND: &'static str;

    /// For how long it makes sense to deliver the item.
    fn lifetime(item: &Self::Item) -> Duration;

    /// Makes one attempt. Dropping the future in the middle of it must leave nothing half-used behind.
    fn deliver(&self, parcel: &Parcel<Self::Item>) -> impl Future<Output = Result<(), Undelivered>> + Send;

    /// Lets go of what was not used for a while. Called now and then.
    fn tidy(&self) {}

    /// Lets go of everything. Called once, at the end.
    fn close(&self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// An item on its way.
#[derive(Debug, Clone)]
pub struct Parcel<T> {
    /// Identifies the parcel; the same in every attempt.
    pub id: Uuid,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// Which attempt this is, counted from 1. Those that were not made do not count.
    pub attempt: i32,
    /// What is to be delivered.
    pub item: T,
}

/// Why an attempt failed. The text goes to the log: it must hold nothing of the item that is secret.
#[derive(Debug, thiserror::Error)]
pub enum Undelivered {
    /// Another attempt may succeed.
    #[error("{0}")]
    Later(String),
    /// No attempt will ever succeed.
    #[error("{0}")]
    Never(String),
    /// There was no attempt, for a reason that says nothing about the parcel or its receiver. Does not count as one.
    #[error("{0}")]
    Untried(String),
}

impl Undelivered {
    /// A failure that may pass.
    pub fn later(reason: impl fmt::Display) -> Self {
        Self::Later(reason.to_string())
    }

    /// A failure for good.
    pub fn never(reason: impl fmt::Display) -> Self {
        Self::Never(reason.to_string())
    }

    /// A failure to make an attempt at all.
    pub fn untried(reason: impl fmt::Display) -> Self {
        Self::Untried(reason.to_string())
    }
}

/// What a row's payload holds, sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct Contents<T> {
    pub(super) expires_at: DateTime<Utc>,
    pub(super) item: T,
}
