//! What can be proven about a graph before it runs: every state can be reached and can end, no rule is in the shadow of
//! another, and what actions and effects rely on is there.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    action::Registry,
    definition::At,
    domain::Domain,
    graph::{ERROR_STATE, EffectCall, End, Graph, Rule, Run, visit_rules},
    guard::conjuncts,
    problem::{Problem, suggestion},
    source::Parsed,
};

/// Rules that are never reached, in a list of which the first rule that applies decides: those after a rule without a
/// condition, and those whose condition holds only where an earlier one holds.
pub(crate) fn first_match(file: &Parsed, rules: &[(usize, Option<&At<String>>)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut earlier: Vec<(usize, BTreeSet<String>)> = Vec::new();
    for (line, condition) in rules {
        let parts = condition.map(|source| conjuncts(&source.value)).unwrap_or_default();
        if let Some((first, _)) = earlier.iter().find(|(_, known)| known.is_subset(&parts)) {
            let mut problem = file.problem(
                *line,
                format!("this rule is never reached: the rule on line {first} applies whenever it would"),
            );
            problem.help = Some("put the narrower rule first, or remove one of them".to_owned());
            problems.push(problem);
        }
        earlier.push((*line, parts));
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
    problems.extend(reachability(graph, &places));
    problems.extend(payloads(graph, &places));
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
        self.flow.problem(0, message)
    }

    fn agenda(&self, name: &str, message: impl Into<String>) -> Problem {
        for file in self.files {
            if let Some(key) = file.file.agendas.keys().find(|key| key.value == name) {
                return file.problem(key.line, message);
            }
        }
        self.flow.problem(0, message)
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
    let line = places.flow.file.flow.as_ref().map_or(0, |name| name.line);
    match graph.states.get(ERROR_STATE) {
        Some(state) if state.is_final() => Vec::new(),
        Some(_) => {
            vec![places.state(ERROR_STATE, "the state `error` must have no actions: a flow that failed ends there")]
        }
        None => {
            let mut problem = places.flow.problem(line, "the flow has no state `error`");
            problem.help = Some("add `error: {}` to its states".to_owned());
            vec![problem]
        }
    }
}

/// Agendas that carry themselves out without end.
fn circles<D: Domain>(graph: &Graph<D>, places: &Places<'_>) -> Vec<Problem> {
    let reaches_itself = |name: &str| {
        let (mut waiting, mut seen) = (vec![name], BTreeSet::new());
        while let Some(agenda) = waiting.pop() {
            for inner in graph.agendas.get(agenda).map(|agenda| agenda.agendas()).unwrap_or_default() {
                if inner == name {
                    return true;
                }
                if seen.insert(inner) {
                    waiting.push(inner);
                }
            }
        }
        false
    };
    let names = graph.agendas.keys().filter(|name| reaches_itself(name));
    names.map(|name| places.agenda(name, format!("the agenda `{name}` carries itself out without end"))).collect()
}

/// The states that the transitions of each state can lead to.
pub(crate) fn edges<D: Domain>(graph: &Graph<D>) -> BTreeMap<&str, BTreeSet<&str>> {
    let scheduled = schedulable(graph);
    let edges = graph.states.values().map(|state| {
        let mut targets = BTreeSet::new();
        for action in state.actions.values() {
            for (_, rules) in action.transitions() {
                visit_rules(rules, &mut |rule: &Rule<D>| match &rule.end {
                    End::To(target) => drop(targets.insert(target.as_str())),
                    End::Next => targets.extend(&scheduled),
                    End::Refuse(error) if !(400..500).contains(&error.status) => drop(targets.insert(ERROR_STATE)),
                    End::Stay | End::Refuse(_) | End::Choose(_) => {}
                });
            }
        }
        (state.name.as_str(), targets)
    });
    edges.collect()
}

/// The states that can be scheduled: at the start, or by an agenda that something in the graph carries out.
fn schedulable<D: Domain>(graph: &Graph<D>) -> BTreeSet<&str> {
    let mut waiting: Vec<&str> = graph.on_leave_subflow.values().map(String::as_str).collect();
    for state in graph.states.values() {
        for action in state.actions.values() {
            for (_, rules) in action.transitions() {
                visit_rules(rules, &mut |rule: &Rule<D>| waiting.extend(rule.agenda.as_deref()));
            }
        }
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

fn reachability<D: Domain>(graph: &Graph<D>, places: &Places<'_>) -> Vec<Problem> {
    let edges = edges(graph);
    let mut reached = BTreeSet::from([graph.start.as_str(), ERROR_STATE]);
    let mut waiting = vec![graph.start.as_str()];
    while let Some(state) = waiting.pop() {
        waiting.extend(edges.get(state).into_iter().flatten().copied().filter(|target| reached.insert(target)));
    }
    // Backwards from where flows end well.
    let ends = graph.states.values().filter(|state| state.is_final() && state.name != ERROR_STATE);
    let mut ending: BTreeSet<&str> = ends.map(|state| state.name.as_str()).collect();
    loop {
        let leads = |targets: &BTreeSet<&str>| targets.iter().any(|target| ending.contains(target));
        let more: Vec<&str> = edges
            .iter()
            .filter(|(state, targets)| !ending.contains(*state) && leads(targets))
            .map(|(state, _)| *state)
            .collect();
        if more.is_empty() {
            break;
        }
        ending.extend(more);
    }
    let mut problems = Vec::new();
    for state in graph.states.values() {
        let (name, flow) = (&state.name, &graph.name);
        if !reached.contains(name.as_str()) {
            // A sub-flow may offer more than one flow uses; what no flow reaches is found from the flow that owns it.
            if state.owner == graph.name {
                let mut problem =
                    places.state(name, format!("in the flow `{flow}` nothing leads to the state `{name}`"));
                problem.help = Some("lead an outcome to it, schedule it in an agenda, or remove it".to_owned());
                problems.push(problem);
            }
        } else if !ending.contains(name.as_str()) && name != ERROR_STATE {
            let mut problem =
                places.state(name, format!("in the flow `{flow}` no way leads from the state `{name}` to an end"));
            problem.help = Some("lead one of its outcomes on: to a state without actions, or to `next`".to_owned());
            problems.push(problem);
        }
    }
    problems
}

/// The states of sub-flows that no flow reaches.
pub(crate) fn reached<D: Domain>(graph: &Graph<D>) -> BTreeSet<String> {
    let edges = edges(graph);
    let mut reached = BTreeSet::from([graph.start.as_str(), ERROR_STATE]);
    let mut waiting = vec![graph.start.as_str()];
    while let Some(state) = waiting.pop() {
        waiting.extend(edges.get(state).into_iter().flatten().copied().filter(|target| reached.insert(target)));
    }
    reached.into_iter().map(str::to_owned).collect()
}

/// Every member that an effect or an action can put into a payload is declared where it shows.
fn payloads<D: Domain>(graph: &Graph<D>, places: &Places<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let undeclared = |state: &str, members: Vec<super::action::MemberSchema>| -> Vec<&'static str> {
        let declared = graph.states.get(state).map(|state| state.payload.as_slice()).unwrap_or_default();
        members.iter().map(|member| member.name).filter(|name| !declared.iter().any(|known| known == name)).collect()
    };
    let mut complain = |state: &str, who: &str, names: Vec<&str>| {
        for name in names {
            let mut problem = places.state(
                state,
                format!("`{who}` puts `{name}` into the payload of the state `{state}`, which does not declare it"),
            );
            problem.help = Some(format!("add `{name}` to its `payload`"));
            problems.push(problem);
        }
    };
    for state in graph.states.values() {
        for call in &state.on_enter {
            complain(&state.name, &call.name, undeclared(&state.name, call.effect.contract().payload));
        }
        for action in state.actions.values() {
            for (_, rules) in action.transitions() {
                visit_rules(rules, &mut |rule: &Rule<D>| {
                    let End::To(target) = &rule.end else { return };
                    for call in &rule.run {
                        complain(target, &call.name, undeclared(target, call.effect.contract().payload));
                    }
                });
            }
        }
    }
    problems
}

/// Every effect that an action relies on is somewhere in the flow.
fn needs<D: Domain>(graph: &Graph<D>, places: &Places<'_>, registry: &Registry<D>) -> Vec<Problem> {
    let mut present: BTreeSet<&str> = graph.before_each_action.iter().map(|call| call.name.as_str()).collect();
    for state in graph.states.values() {
        present.extend(state.on_enter.iter().chain(&state.on_leave).map(|call: &EffectCall<D>| call.name.as_str()));
        for action in state.actions.values() {
            for (_, rules) in action.transitions() {
                visit_rules(rules, &mut |rule: &Rule<D>| {
                    present.extend(rule.run.iter().map(|call| call.name.as_str()))
                });
            }
        }
    }
    let reached = reached(graph);
    let mut problems = Vec::new();
    for state in graph.states.values().filter(|state| reached.contains(&state.name)) {
        for action in state.actions.values() {
            let Run::Implementation { contract, .. } = &action.run else { continue };
            for alternatives in &contract.needs {
                if alternatives.iter().any(|effect| present.contains(effect.as_ref())) {
                    continue;
                }
                let names = alternatives.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
                let message = format!(
                    "`{}` relies on the effect {names}, which the flow `{}` never runs",
                    action.name, graph.name
                );
                let mut problem = places.action(&state.name, &action.name, message);
                let unknown = alternatives.iter().find(|name| !registry.effects.contains_key(name.as_ref()));
                problem.help = match unknown {
                    Some(name) => suggestion(name, registry.effects.keys().map(AsRef::as_ref)),
                    None => Some(format!("add {names} to `on_enter` or `on_leave` of a state that follows")),
                };
                problems.push(problem);
            }
        }
    }
    problems
}
