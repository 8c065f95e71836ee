//! Compiles states and their actions.

use std::{borrow::Cow, sync::Arc};

use indexmap::IndexMap;

use super::Builder;
use crate::engine::{
    action::{ActionContract, AnyAction},
    definition::{self, Name},
    domain::Domain,
    graph::{Action, BACK, Run, State},
    source::Parsed,
};

/// How `back` is described where the graph does not.
const BACK_DESCRIPTION: &str = "Navigate one step back.";

impl<'a, D: Domain> Builder<'a, D> {
    pub(super) fn states(&mut self) -> IndexMap<String, State<D>> {
        let flow = self.flow;
        for name in flow.file.extend.keys() {
            self.check_state(flow, name);
            if flow.file.states.keys().any(|own| own == name) {
                let message =
                    format!("`{}` is a state of this flow itself: `extend` is for those of sub-flows", name.value);
                let problem = flow.problem(name.line, message);
                self.problems.push(problem.help("write it into the state".to_owned()));
            }
        }
        let mut states = IndexMap::new();
        for (name, owner) in self.owners.clone() {
            let Some((key, state)) = owner.file.states.iter().find(|(key, _)| key.value == name) else { continue };
            let extension = flow.file.extend.iter().find(|(key, _)| key.value == name).map(|(_, extension)| extension);
            states.insert(name.to_owned(), self.state(owner, key, state, extension));
        }
        states
    }

    fn state(
        &mut self,
        owner: &'a Parsed,
        name: &'a Name,
        state: &'a definition::State,
        extension: Option<&'a definition::Extension>,
    ) -> State<D> {
        let flow = self.flow;
        let (mut on_enter, mut on_leave) = (self.effects(owner, &state.on_enter), self.effects(owner, &state.on_leave));
        let mut payload: Vec<String> = state.payload.iter().map(|name| name.value.clone()).collect();
        if let Some(extension) = extension {
            on_enter.extend(self.effects(flow, &extension.on_enter));
            on_leave.extend(self.effects(flow, &extension.on_leave));
            payload.extend(extension.payload.iter().map(|name| name.value.clone()));
        }
        let actions = state.actions.iter();
        let actions = actions.map(|(name, action)| (name.value.clone(), self.action(owner, name, action.as_ref())));
        let actions = actions.collect();
        State {
            name: name.value.clone(),
            owner: owner.name().to_owned(),
            about: state.about.clone(),
            payload,
            on_enter,
            on_leave,
            actions,
        }
    }

    fn action(&mut self, file: &'a Parsed, name: &'a Name, action: Option<&'a definition::Action>) -> Action<D> {
        let nothing = definition::Action::default();
        let action = action.unwrap_or(&nothing);
        let offer = action.offer.as_ref().map(|source| self.guard(file, source));
        let mut described = Action {
            name: name.value.clone(),
            description: action.description.clone().unwrap_or_default(),
            condition: action.offer.as_ref().map(|source| source.value.clone()),
            offer,
            run: Run::Back,
        };
        if name.value == BACK {
            self.check_back(file, name, action);
            if described.description.is_empty() {
                BACK_DESCRIPTION.clone_into(&mut described.description);
            }
        } else if let Some(go) = &action.go {
            self.check_go(file, name, action);
            described.run = Run::Go(self.transition(file, go));
        } else if let Some((found, contract)) = self.implementation(file, name, action) {
            let outcomes = self.outcomes(file, name, action, &contract);
            if described.description.is_empty() {
                described.description = contract.description.clone().into_owned();
            }
            described.run = Run::Implementation { action: found, contract: Box::new(contract), outcomes };
        }
        described
    }

    fn check_back(&mut self, file: &'a Parsed, name: &Name, action: &definition::Action) {
        if action.run.is_some() || action.go.is_some() || !action.outcomes.is_empty() {
            let message = "`back` is the engine's own action: it leads to where the flow came from";
            let help = "leave `run`, `go` and `outcomes` away, or give the action another name";
            self.problems.push(file.problem(name.line, message).help(help.to_owned()));
        }
    }

    fn check_go(&mut self, file: &'a Parsed, name: &Name, action: &definition::Action) {
        if action.run.is_some() || !action.outcomes.is_empty() {
            let message = format!("`{}` only leads somewhere (`go`), but also has an implementation", name.value);
            let help = "remove `go`, or `run` and `outcomes`".to_owned();
            self.problems.push(file.problem(name.line, message).help(help));
        } else if action.description.as_ref().is_none_or(String::is_empty) {
            let message = format!("`{}` has no implementation that would describe it", name.value);
            let help = "add a `description`".to_owned();
            self.problems.push(file.problem(name.line, message).help(help));
        }
    }

    fn implementation(
        &mut self,
        file: &'a Parsed,
        name: &Name,
        action: &definition::Action,
    ) -> Option<(Arc<dyn AnyAction<D>>, ActionContract)> {
        let implementation = action.run.as_ref().unwrap_or(name);
        let Some(found) = self.registry.actions.get(implementation.value.as_str()) else {
            let known: Vec<&str> = self.registry.actions.keys().map(AsRef::as_ref).collect();
            self.unknown(file, implementation, "there is no action", &known);
            return None;
        };
        Some((Arc::clone(found), found.contract()))
    }

    fn outcomes(
        &mut self,
        file: &'a Parsed,
        name: &Name,
        action: &definition::Action,
        contract: &ActionContract,
    ) -> IndexMap<String, Vec<crate::engine::graph::Rule<D>>> {
        let known: Vec<&str> = contract.outcomes.iter().map(AsRef::as_ref).collect();
        for outcome in known.iter().filter(|known| !action.outcomes.keys().any(|name| name.value == **known)) {
            let message = format!("`{}` does not say where its outcome `{outcome}` leads", name.value);
            let help = format!("add `{outcome}: <state>`, `{outcome}: next` or `{outcome}: stay` to its `outcomes`");
            self.problems.push(file.problem(name.line, message).help(help));
        }
        let mut outcomes = IndexMap::new();
        for (outcome, transition) in &action.outcomes {
            if !contract.outcomes.contains(&Cow::Borrowed(outcome.value.as_str())) {
                self.unknown(file, outcome, &format!("`{}` has no outcome", name.value), &known);
            }
            outcomes.insert(outcome.value.clone(), self.transition(file, transition));
        }
        outcomes
    }
}
