//! What the engine must be told about the world in which its graphs live. It is the only thing that the engine knows
//! of that world.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{document::Document, error::Failure};

/// A world for graphs: what is remembered, what guards can ask, what a request carries.
pub trait Domain: Sized + Send + Sync + 'static {
    /// What the operator configured. Guards see it as `config`; it does not change while a graph lives.
    type Settings: Serialize + JsonSchema + Send + Sync + 'static;
    /// What a flow remembers from one request to the next. Never shown to clients.
    type Stash: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static;
    /// What guards can ask besides `config` and `flow`: each member of this structure is a variable. All members are
    /// always present, so that no guard fails on an absent one.
    type Facts: Serialize + JsonSchema;
    /// What a request carries: the database, the services, what to send after the commit.
    type Context: UnitOfWork;

    /// The facts that follow from a stash.
    fn facts(stash: &Self::Stash) -> Self::Facts;

    /// The stash after going back: that of `snapshot`, with what `current` keeps in any case.
    fn revert(snapshot: Self::Stash, current: &Self::Stash) -> Self::Stash;
}

/// The transaction of one step.
#[async_trait]
pub trait UnitOfWork: Send {
    /// Makes everything final that was written, and lets out what was waiting for that.
    async fn commit(&mut self) -> Result<(), Failure>;

    /// Undoes everything that was written, and drops what was waiting. Returns whether another request was in the way: it
    /// wrote what this one could not know of when it looked, and would find if it looked again.
    async fn rollback(&mut self) -> bool;
}

/// A flow as it is stored.
#[derive(Debug, Clone)]
pub struct StoredFlow<S> {
    /// Its id.
    pub id: Uuid,
    /// Counts the steps; guards against two steps at once.
    pub version: i32,
    /// The token that the next request must carry.
    pub csrf_token: String,
    /// When it ends.
    pub expires_at: chrono::DateTime<chrono::Utc>,
    /// Where it is; `None` when it was written by something that this program cannot read.
    pub document: Option<Document<S>>,
}

/// Where flows are kept.
#[async_trait]
pub trait Store<D: Domain>: Send + Sync {
    /// Stores a new flow.
    async fn insert(&self, context: &mut D::Context, flow: &StoredFlow<D::Stash>) -> Result<(), Failure>;

    /// Loads a flow.
    async fn load(&self, context: &mut D::Context, id: Uuid) -> Result<Option<StoredFlow<D::Stash>>, Failure>;

    /// Stores the next version of a flow; false when `flow.version - 1` is not the stored version.
    async fn update(&self, context: &mut D::Context, flow: &StoredFlow<D::Stash>) -> Result<bool, Failure>;
}

/// Keeps two requests from working on one flow at a time.
#[async_trait]
pub trait Locker: Send + Sync {
    /// Takes the lock at once, or `None` when somebody else has it.
    async fn try_lock(&self, flow: Uuid) -> Result<Option<Box<dyn Lock>>, Failure>;
}

/// The lock on a flow. It is released before the answer leaves, so that the client's next request finds it free; a lock
/// that is dropped without that, because the request crashed or was given up, is released as soon as may be.
#[async_trait]
pub trait Lock: Send {
    /// Lets others at the flow.
    async fn release(self: Box<Self>) -> Result<(), Failure>;
}
