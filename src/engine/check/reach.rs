//! Which states lead where: every state can be reached, and from every state an end.

use std::collections::{BTreeMap, BTreeSet};

use super::Places;
use crate::engine::{
    domain::Domain,
    graph::{ERROR_STATE, End, Graph, Rule, visit_rules},
    problem::Problem,
    source::Parsed,
};

/// The states that the transitions of each state can lead to.
fn edges<D: Domain>(graph: &Graph<D>) -> BTreeMap<&str, BTreeSet<&str>> {
    let scheduled = schedulable(graph);
    let edges = graph.states.values().map(|state| {
        let mut targets = BTreeSet::new();
        for (_, rules) in state.actions.values().flat_map(|action| action.transitions()) {
            visit_rules(rules, &mut |rule: &Rule<D>| targets.extend(ends(&rule.end, &scheduled)));
        }
        (state.name.as_str(), targets)
    });
    edges.collect()
}

/// The states that a rule can lead to, without the state that it starts from.
pub(super) fn ends<'g, D: Domain>(end: &'g End<D>, scheduled: &BTreeSet<&'g str>) -> Vec<&'g str> {
    match end {
        End::To(target) => vec![target],
        End::Next => scheduled.iter().copied().collect(),
        End::Refuse(error) if !(400..500).contains(&error.status) => vec![ERROR_STATE],
        End::Stay | End::Refuse(_) | End::Choose(_) => Vec::new(),
    }
}

/// The states that can be scheduled: at the start, or by an agenda that something in the graph carries out.
pub(super) fn schedulable<D: Domain>(graph: &Graph<D>) -> BTreeSet<&str> {
    let mut waiting: Vec<&str> = graph.on_leave_subflow.values().map(String::as_str).collect();
    for (_, rules) in
        graph.states.values().flat_map(|state| state.actions.values()).flat_map(|action| action.transitions())
    {
        visit_rules(rules, &mut |rule: &Rule<D>| waiting.extend(rule.agenda.as_deref()));
    }
    let mut states: BTreeSet<&str> = graph.scheduled.iter().map(String::as_str).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if let Some(agenda) = graph.agendas.get(name).filter(|_| seen.insert(name)) {
            states.extend(agenda.schedules());
            waiting.extend(agenda.agendas());
        }
    }
    states
}

/// The states that a flow can reach.
pub(crate) fn reached<D: Domain>(graph: &Graph<D>) -> BTreeSet<&str> {
    let edges = edges(graph);
    let mut reached = BTreeSet::from([graph.start.as_str(), ERROR_STATE]);
    let mut waiting = vec![graph.start.as_str()];
    while let Some(state) = waiting.pop() {
        waiting.extend(edges.get(state).into_iter().flatten().copied().filter(|target| reached.insert(target)));
    }
    reached
}

/// The states from which a flow can come to a good end.
fn ending<D: Domain>(graph: &Graph<D>) -> BTreeSet<&str> {
    let edges = edges(graph);
    let ends = graph.states.values().filter(|state| state.is_final() && state.name != ERROR_STATE);
    let mut ending: BTreeSet<&str> = ends.map(|state| state.name.as_str()).collect();
    loop {
        let leads = |targets: &BTreeSet<&str>| targets.iter().any(|target| ending.contains(target));
        let more = edges.iter().filter(|(state, targets)| !ending.contains(*state) && leads(targets));
        let more: Vec<&str> = more.map(|(state, _)| *state).collect();
        if more.is_empty() {
            return ending;
        }
        ending.extend(more);
    }
}

pub(super) fn problems<D: Domain>(graph: &Graph<D>, places: &Places<'_>) -> Vec<Problem> {
    let (reached, ending, flow) = (reached(graph), ending(graph), &graph.name);
    let mut problems = Vec::new();
    for name in graph.states.keys().map(String::as_str).filter(|name| *name != ERROR_STATE) {
        if !reached.contains(name) {
            // A sub-flow may offer more than one flow uses; see `unreached`.
            if graph.states[name].owner == graph.name {
                let problem = places.state(name, format!("in the flow `{flow}` nothing leads to the state `{name}`"));
                let help = "lead an outcome to it, schedule it in an agenda, or remove it";
                problems.push(problem.help(help.to_owned()));
            }
        } else if !ending.contains(name) {
            let message = format!("in the flow `{flow}` no way leads from the state `{name}` to an end");
            let help = "lead one of its outcomes on: towards a state without actions, or to `next`";
            problems.push(places.state(name, message).help(help.to_owned()));
        }
    }
    problems
}

/// The states of a sub-flow that no flow reaches.
pub(crate) fn unreached<D: Domain>(file: &Parsed, graphs: &[Graph<D>]) -> Vec<Problem> {
    let owned = |graph: &Graph<D>, name: &str| graph.states.get(name).is_some_and(|state| state.owner == file.name());
    let is_reached = |name: &str| graphs.iter().any(|graph| owned(graph, name) && reached(graph).contains(name));
    let states = file.file.states.keys().filter(|name| !file.is_flow() && !is_reached(&name.value));
    states
        .map(|name| {
            let problem = file.problem(name.line, format!("in no flow anything leads to the state `{}`", name.value));
            problem.help("lead an outcome to it, schedule it in an agenda, or remove it".to_owned())
        })
        .collect()
}
