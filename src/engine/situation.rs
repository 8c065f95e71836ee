//! What a flow offers at the moment and what not, with the reasons, for those who write graphs.

use super::{
    domain::Domain,
    error::Failure,
    graph::{self, Action},
    guard::Reason,
    run::Run,
};

/// Where a flow is, seen from inside.
#[derive(Debug, Clone)]
pub struct Situation {
    /// The state.
    pub state: String,
    /// The actions of the state in the order of the graph, offered or not.
    pub offers: Vec<Offer>,
}

/// An action of the present state.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The name on the wire.
    pub action: String,
    /// Whether it is offered.
    pub offered: bool,
    /// The condition of the offer as it was written.
    pub condition: Option<String>,
    /// What decided the condition.
    pub reason: Option<Reason>,
}

impl<D: Domain> Run<'_, D> {
    /// Explains the present state.
    pub(super) fn situation(&self) -> Result<Situation, Failure> {
        let state = self.graph.state(&self.document.place.state)?;
        let offers = state.actions.values().map(|action| self.offer(action)).collect::<Result<_, Failure>>()?;
        Ok(Situation { state: state.name.clone(), offers })
    }

    fn offer(&self, action: &Action<D>) -> Result<Offer, Failure> {
        let offered = self.is_offered(action)?;
        // What stands in the way of going back is that there is nothing to go back to, not the condition.
        let stuck = matches!(action.run, graph::Run::Back) && !self.document.is_revertible();
        let reason = match &action.condition {
            Some(condition) if !stuck => Some(self.graph.guards.explain(condition, &self.facts()?)?),
            _ => None,
        };
        Ok(Offer { action: action.name.clone(), offered, condition: action.condition.clone(), reason })
    }
}
