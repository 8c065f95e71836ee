//! What can be scheduled while a flow is in a state, as far as the graph alone tells.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{
    domain::Domain,
    graph::{End, Graph, Rule, visit_rules},
};

/// What is scheduled, and where.
pub(super) struct Plans<'g> {
    /// The agendas that something in the graph carries out.
    pub(super) agendas: BTreeSet<&'g str>,
    /// The states that follow one state for certain when it leads to `next`.
    following: BTreeMap<&'g str, &'g str>,
}

impl<'g> Plans<'g> {
    pub(super) fn of<D: Domain>(graph: &'g Graph<D>, reached: &BTreeSet<&str>) -> Self {
        let agendas = carried_out(graph, reached);
        let following = following(graph, &agendas);
        Self { agendas, following }
    }

    /// The only state that can be next after `state`.
    pub(super) fn following(&self, state: &str) -> Option<&'g str> {
        self.following.get(state).copied()
    }
}

fn carried_out<'g, D: Domain>(graph: &'g Graph<D>, reached: &BTreeSet<&str>) -> BTreeSet<&'g str> {
    let mut waiting: Vec<&str> = graph.on_leave_subflow.values().map(String::as_str).collect();
    for state in graph.states.values().filter(|state| reached.contains(state.name.as_str())) {
        for (_, rules) in state.actions.values().flat_map(|action| action.transitions()) {
            visit_rules(rules, &mut |rule: &'g Rule<D>| waiting.extend(rule.agenda.as_deref()));
        }
    }
    let mut agendas = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if let Some(agenda) = graph.agendas.get(name).filter(|_| agendas.insert(name)) {
            waiting.extend(agenda.agendas());
        }
    }
    agendas
}

/// A state that only the start of the flow leads to, and never an agenda, is followed by the next state of the start.
fn following<'g, D: Domain>(graph: &'g Graph<D>, agendas: &BTreeSet<&'g str>) -> BTreeMap<&'g str, &'g str> {
    let planned = agendas.iter().filter_map(|name| graph.agendas.get(*name)).flat_map(|agenda| agenda.schedules());
    let elsewhere = planned.map(|state| led_to(graph, state)).fold(BTreeSet::new(), |all, states| &all | &states);
    let starts: Vec<&str> = std::iter::once(&graph.start).chain(&graph.scheduled).map(String::as_str).collect();
    let mut following: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for (index, start) in starts.iter().enumerate() {
        for state in led_to(graph, start) {
            let next = starts.get(index + 1).copied().filter(|_| !elsewhere.contains(state));
            // Two starts that lead to the same state leave open which of them it was.
            following
                .entry(state)
                .and_modify(|known| *known = known.filter(|known| Some(*known) == next))
                .or_insert(next);
        }
    }
    following.into_iter().filter_map(|(state, next)| Some((state, next?))).collect()
}

/// The states that can be reached from a state, itself included, before anything scheduled is asked for.
fn led_to<'g, D: Domain>(graph: &'g Graph<D>, state: &'g str) -> BTreeSet<&'g str> {
    let (mut waiting, mut states) = (vec![state], BTreeSet::new());
    while let Some(name) = waiting.pop() {
        let Some(state) = graph.states.get(name).filter(|_| states.insert(name)) else { continue };
        for (_, rules) in state.actions.values().flat_map(|action| action.transitions()) {
            visit_rules(rules, &mut |rule: &'g Rule<D>| {
                if let End::To(target) = &rule.end {
                    waiting.push(target);
                }
            });
        }
    }
    states
}
