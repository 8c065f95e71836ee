//! What actions and effects put into payloads is declared by the states that show it, since that is what is published.

use std::collections::BTreeSet;

use super::{
    Places,
    reach::{ends, schedulable},
};
use crate::engine::{
    action::MemberSchema,
    domain::Domain,
    graph::{End, Graph, Rule, State, visit_rules},
    problem::Problem,
};

pub(super) fn problems<D: Domain>(graph: &Graph<D>, places: &Places<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for state in graph.states.values() {
        for call in &state.on_enter {
            let message = |member: &str| {
                format!(
                    "`{}` puts `{member}` into the payload of the state `{}`, which does not declare it",
                    call.name, state.name
                )
            };
            let members = undeclared(graph, &[&state.name], &call.effect.contract().payload);
            problems.extend(members.into_iter().map(|member| {
                places.state(&state.name, message(member)).help(format!("add `{member}` to its `payload`"))
            }));
        }
        problems.extend(on_the_way(graph, state, places));
    }
    problems
}

/// What is put into the payload while a state is left shows in one of the states that follow, or in the state itself
/// when it is not left after all.
fn on_the_way<D: Domain>(graph: &Graph<D>, state: &State<D>, places: &Places<'_>) -> Vec<Problem> {
    let scheduled = schedulable(graph);
    let mut problems = Vec::new();
    let mut complain = |action: Option<&str>, who: &str, shown: &BTreeSet<&str>, members: &[MemberSchema]| {
        let shown: Vec<&str> = shown.iter().copied().collect();
        for member in undeclared(graph, &shown, members) {
            let message = format!("`{who}` puts `{member}` into the payload, but no state that can follow declares it");
            let problem = match action {
                Some(action) => places.action(&state.name, action, message),
                None => places.state(&state.name, message),
            };
            problems.push(problem.help(format!("add `{member}` to the `payload` of the state that shows it")));
        }
    };
    let mut following = BTreeSet::from([state.name.as_str()]);
    for action in state.actions.values() {
        let mut all = BTreeSet::from([state.name.as_str()]);
        for (_, rules) in action.transitions() {
            visit_rules(rules, &mut |rule: &Rule<D>| {
                let shown = shown(rule, state, &scheduled);
                for call in &rule.run {
                    complain(Some(&action.name), &call.name, &shown, &call.effect.contract().payload);
                }
                all.extend(shown);
            });
        }
        if let Some(contract) = action.contract() {
            complain(Some(&action.name), &action.name, &all, &contract.payload);
        }
        following.extend(all);
    }
    for call in &state.on_leave {
        complain(None, &call.name, &following, &call.effect.contract().payload);
    }
    problems
}

/// The states that can be shown after a rule.
fn shown<'g, D: Domain>(rule: &'g Rule<D>, state: &'g State<D>, scheduled: &BTreeSet<&'g str>) -> BTreeSet<&'g str> {
    let mut shown = BTreeSet::new();
    visit_rules(std::slice::from_ref(rule), &mut |rule: &'g Rule<D>| {
        shown.extend(ends(&rule.end, scheduled));
        if matches!(rule.end, End::Stay | End::Refuse(_)) {
            shown.insert(state.name.as_str());
        }
    });
    shown
}

/// The members that none of the states declares.
fn undeclared<D: Domain>(graph: &Graph<D>, states: &[&str], members: &[MemberSchema]) -> Vec<&'static str> {
    let declared = |member: &str| {
        let states = states.iter().filter_map(|name| graph.states.get(*name));
        states.flat_map(|state| &state.payload).any(|known| known == member)
    };
    members.iter().map(|member| member.name).filter(|name| !declared(name)).collect()
}
