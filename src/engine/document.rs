//! Where a flow is: what is stored between two requests.

use serde::{Deserialize, Serialize};

/// The state of a flow between two requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document<S> {
    /// The flow that it belongs to.
    pub flow: String,
    /// The graph on which it began, by its hash.
    pub graph: String,
    /// Where it is now.
    #[serde(flatten)]
    pub place: Place<S>,
    /// The way that led there, oldest first; what `back` uses.
    #[serde(default, rename = "hist", skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Snapshot<S>>,
}

/// A point on the way of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place<S> {
    /// The state.
    pub state: String,
    /// The state before, if there was one.
    #[serde(default, rename = "prev_state", skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// The states to visit next, the next one first.
    #[serde(default)]
    pub scheduled: Vec<String>,
    /// The agendas that were carried out and are not carried out again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<String>,
    /// What is remembered.
    #[serde(rename = "data")]
    pub stash: S,
}

/// A point that can be gone back to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot<S> {
    /// The point.
    #[serde(flatten)]
    pub place: Place<S>,
    /// Whether `back` may lead there.
    pub revertible: bool,
}

impl<S> Document<S> {
    /// Whether `back` is possible.
    pub fn is_revertible(&self) -> bool {
        self.history.last().is_some_and(|snapshot| snapshot.revertible)
    }
}
