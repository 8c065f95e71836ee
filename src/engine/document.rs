//! Where a flow is: what is stored between two requests.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// How many points of the way are kept. A flow that goes on for a day must not grow with every step.
const KEPT: usize = 32;

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
    /// The states of the points that are not kept any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub passed: BTreeSet<String>,
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
    /// Adds a point to the way. Of a long way the oldest points are forgotten, except that their states were visited.
    pub fn remember(&mut self, snapshot: Snapshot<S>) {
        self.history.push(snapshot);
        let excess = self.history.len().saturating_sub(KEPT);
        self.passed.extend(self.history.drain(..excess).map(|snapshot| snapshot.place.state));
    }

    /// The states that were visited on the way, some of them repeatedly.
    pub fn visited(&self) -> impl Iterator<Item = &str> {
        let kept = self.history.iter().map(|snapshot| snapshot.place.state.as_str());
        self.passed.iter().map(String::as_str).chain(kept)
    }

    /// Whether `back` is possible.
    pub fn is_revertible(&self) -> bool {
        self.history.last().is_some_and(|snapshot| snapshot.revertible)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(state: String) -> Snapshot<()> {
        let place = Place { state, previous: None, scheduled: Vec::new(), done: Vec::new(), stash: () };
        Snapshot { place, revertible: true }
    }

    #[test]
    fn a_long_way_is_forgotten_except_for_what_was_visited() {
        let Snapshot { place, .. } = snapshot("here".into());
        let (flow, graph) = ("shop".into(), "hash".into());
        let mut document = Document { flow, graph, place, history: Vec::new(), passed: BTreeSet::new() };
        for number in 0..KEPT + 2 {
            document.remember(snapshot(format!("state{number}")));
        }
        assert_eq!(document.history.len(), KEPT);
        assert_eq!(document.history[0].place.state, "state2");
        assert_eq!(document.visited().collect::<BTreeSet<_>>().len(), KEPT + 2);
        let stored = serde_json::to_string(&document).unwrap();
        assert_eq!(serde_json::from_str::<Document<()>>(&stored).unwrap(), document);
    }
}
