//! Finds what names in a flow stand for.

use std::collections::BTreeMap;

use super::Builder;
use crate::engine::{
    action::AnyEffect,
    definition::{self, At, Name},
    domain::Domain,
    error::FlowError,
    graph::EffectCall,
    source::Parsed,
};

impl<'a, D: Domain> Builder<'a, D> {
    /// The flow's own definition of a state wins over that of a sub-flow.
    pub(super) fn find_owners(&mut self) {
        let flow = self.flow;
        for file in self.files.clone() {
            for name in file.file.states.keys() {
                match self.owners.get(name.value.as_str()) {
                    None => drop(self.owners.insert(&name.value, file)),
                    Some(owner) if std::ptr::eq(*owner, flow) => {}
                    Some(owner) => {
                        let message = format!("the state `{}` is also defined in {}", name.value, owner.source.file);
                        let help = "give one of them another name, or define the state in the flow: that one wins";
                        self.problems.push(file.problem(name.line, message).help(help.to_owned()));
                    }
                }
            }
        }
    }

    pub(super) fn find_double_names(&mut self) {
        let mut seen: BTreeMap<(&str, &str), &Parsed> = BTreeMap::new();
        for file in &self.files {
            let facts = file.file.facts.keys().map(|name| ("fact", name));
            let agendas = file.file.agendas.keys().map(|name| ("agenda", name));
            for (kind, name) in facts.chain(agendas) {
                if let Some(other) = seen.insert((kind, &name.value), file) {
                    let message = format!("the {kind} `{}` is also defined in {}", name.value, other.source.file);
                    let help = "give one of them another name: all files of a flow share their names";
                    self.problems.push(file.problem(name.line, message).help(help.to_owned()));
                }
            }
        }
    }

    pub(super) fn check_state(&mut self, file: &'a Parsed, name: &Name) {
        if !self.owners.contains_key(name.value.as_str()) {
            let known: Vec<&str> = self.owners.keys().copied().collect();
            let what = format!("in the flow `{}` there is no state", self.flow.name());
            self.unknown(file, name, &what, &known);
        }
    }

    pub(super) fn check_agenda(&mut self, file: &'a Parsed, name: &Name) {
        let agendas = self.files.iter().flat_map(|file| file.file.agendas.keys());
        let known: Vec<&str> = agendas.map(|name| name.value.as_str()).collect();
        if !known.contains(&name.value.as_str()) {
            let what = format!("in the flow `{}` there is no agenda", self.flow.name());
            self.unknown(file, name, &what, &known);
        }
    }

    pub(super) fn effects(&mut self, file: &'a Parsed, calls: &[At<definition::EffectCall>]) -> Vec<EffectCall<D>> {
        let named = |call: &At<definition::EffectCall>| {
            let line = if call.value.run.line == 0 { call.line } else { call.value.run.line };
            At::new(call.value.run.value.clone(), line)
        };
        calls.iter().filter_map(|call| self.effect(file, &named(call), call.value.when.as_ref())).collect()
    }

    pub(super) fn effect(&mut self, file: &'a Parsed, name: &Name, when: Option<&At<String>>) -> Option<EffectCall<D>> {
        let when = when.map(|source| self.guard(file, source));
        let found: Option<std::sync::Arc<dyn AnyEffect<D>>> = self.registry.effects.get(name.value.as_str()).cloned();
        let Some(effect) = found else {
            let known: Vec<&str> = self.registry.effects.keys().map(AsRef::as_ref).collect();
            self.unknown(file, name, "there is no effect", &known);
            return None;
        };
        Some(EffectCall { name: name.value.clone(), effect, when })
    }

    pub(super) fn error(&mut self, file: &'a Parsed, code: &Name) -> Option<FlowError> {
        let found = self.registry.errors.get(code.value.as_str()).cloned();
        if found.is_none() {
            let known: Vec<&str> = self.registry.errors.keys().map(AsRef::as_ref).collect();
            self.unknown(file, code, "there is no error", &known);
        }
        found
    }
}
