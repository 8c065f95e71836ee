//! What can be proven about a graph before it runs: every state can be reached and can end, no rule is in the shadow of
//! another, and what actions and effects rely on is there.

mod payload;
mod reach;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::{
    action::Registry,
    definition::At,
    domain::Domain,
    graph::{ERROR_STATE, EffectCall, Graph, Rule, Run, visit_rules},
    guard::Cover,
    problem::{Problem, suggestion},
    source::Parsed,
};
pub(crate) use reach::{reached, unreached};

/// Rules that are never reached, in a list of which the first rule that applies decides: those after a rule without a
/// condition, and those whose condition holds only where an earlier one holds.
pub(crate) fn first_match(file: &Parsed, rules: &[(usize, Option<&At<String>>)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut earlier: Vec<(usize, bool, Cover)> = Vec::new();
    for (line, condition) in rules {
        // What cannot be read is reported elsewhere.
        let Some(cover) = condition.map_or_else(|| Some(Cover::always()), |source| Cover::of(&source.value)) else {
            continue;
        };
        if let Some((first, conditional, wide)) = earlier.iter().find(|(_, _, wide)| wide.covers(&cover)) {
            let (why, help) = match (conditional, cover.covers(wide)) {
                (false, _) => ("has no condition", "put the rule without a condition last"),
                (true, true) => ("has the same condition", "remove one of them"),
                (true, false) => ("applies whenever this one would", "put the narrower rule first"),
            };
            let message = format!("this rule is never reached: the rule on line {first} {why}");
            problems.push(file.problem(*line, message).help(help.to_owned()));
        }
        earlier.push((*line, condition.is_some(), cover));
    }
    problems
}

/// What is wrong with a graph of which every name is known.
pub(crate) fn graph<D: Domain>(
    graph: &Graph<D>,
    flow: &Parsed,
    files: &[&Parsed],
    registry: &Registry<D>,
) -> Vec<Problem> {
    let places = Places { flow, files };
    let mut problems = error_state(graph, &places);
    problems.extend(circles(graph, &places));
    if !problems.is_empty() {
        return problems;
    }
    problems.extend(reach::problems(graph, &places));
    problems.extend(payload::problems(graph, &places));
    problems.extend(needs(graph, &places, registry));
    problems
}

/// Finds where a name was written.
struct Places<'a> {
    flow: &'a Parsed,
    files: &'a [&'a Parsed],
}

impl Places<'_> {
    fn state(&self, name: &str, message: impl Into<String>) -> Problem {
        for file in self.files {
            if let Some(key) = file.file.states.keys().find(|key| key.value == name) {
                return file.problem(key.line, message);
            }
        }
        self.flow.problem(self.flow.line(), message)
    }

    fn agenda(&self, name: &str, message: impl Into<String>) -> Problem {
        for file in self.files {
            if let Some(key) = file.file.agendas.keys().find(|key| key.value == name) {
                return file.problem(key.line, message);
            }
        }
        self.flow.problem(self.flow.line(), message)
    }

    fn action(&self, state: &str, action: &str, message: impl Into<String>) -> Problem {
        for file in self.files {
            let found = file.file.states.iter().find(|(key, _)| key.value == state);
            if let Some(key) = found.and_then(|(_, state)| state.actions.keys().find(|key| key.value == action)) {
                return file.problem(key.line, message);
            }
        }
        self.state(state, message)
    }
}

fn error_state<D: Domain>(graph: &Graph<D>, places: &Places<'_>) -> Vec<Problem> {
    match graph.states.get(ERROR_STATE) {
        Some(state) if state.is_final() => Vec::new(),
        Some(_) => {
            let problem = places.state(ERROR_STATE, "the state `error` has actions, but a flow that failed ends there");
            vec![problem.help("remove its actions".to_owned())]
        }
        None => {
            let message =
                format!("the flow `{}` has no state `error`, in which it ends when the server fails", graph.name);
            let problem = places.flow.problem(places.flow.line(), message);
            vec![problem.help("add `error: {}` to its states".to_owned())]
        }
    }
}

/// Agendas that carry themselves out without end.
fn circles<D: Domain>(graph: &Graph<D>, places: &Places<'_>) -> Vec<Problem> {
    let way = |start: &str| {
        let (mut ways, mut seen) = (vec![vec![start.to_owned()]], BTreeSet::new());
        while let Some(way) = ways.pop() {
            let inner = way.last().and_then(|last| graph.agendas.get(last)).map(|agenda| agenda.agendas());
            for next in inner.unwrap_or_default() {
                let longer = [way.as_slice(), &[next.to_owned()]].concat();
                if next == start {
                    return Some(longer.join(" -> "));
                }
                if seen.insert(next) {
                    ways.push(longer);
                }
            }
        }
        None
    };
    let problem = |name: &String| {
        let message = format!("the agenda `{name}` carries itself out without end: {}", way(name)?);
        Some(places.agenda(name, message).help("take one of these steps out".to_owned()))
    };
    graph.agendas.keys().filter_map(problem).collect()
}

/// Every effect that an action relies on is somewhere in the flow.
fn needs<D: Domain>(graph: &Graph<D>, places: &Places<'_>, registry: &Registry<D>) -> Vec<Problem> {
    let reached = reached(graph);
    let states = || graph.states.values().filter(|state| reached.contains(state.name.as_str()));
    let mut present: BTreeSet<&str> = graph.before_each_action.iter().map(|call| call.name.as_str()).collect();
    for state in states() {
        present.extend(state.on_enter.iter().chain(&state.on_leave).map(|call: &EffectCall<D>| call.name.as_str()));
        for (_, rules) in state.actions.values().flat_map(|action| action.transitions()) {
            visit_rules(rules, &mut |rule: &Rule<D>| present.extend(rule.run.iter().map(|call| call.name.as_str())));
        }
    }
    let mut problems = Vec::new();
    for (state, action) in states().flat_map(|state| state.actions.values().map(move |action| (state, action))) {
        let Run::Implementation { contract, .. } = &action.run else { continue };
        for needed in contract.needs.iter().filter(|any| !any.iter().any(|effect| present.contains(effect.as_ref()))) {
            let names = needed.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
            let flow = &graph.name;
            let message = format!("`{}` relies on the effect {names}, which the flow `{flow}` never runs", action.name);
            let unknown = needed.iter().find(|name| !registry.effects.contains_key(name.as_ref()));
            let help = match unknown {
                Some(name) => suggestion(name, registry.effects.keys().map(AsRef::as_ref)),
                None => Some(format!("add {names} to `on_enter` or `on_leave` of a state that follows")),
            };
            problems.push(places.action(&state.name, &action.name, message).help(help));
        }
    }
    problems
}
