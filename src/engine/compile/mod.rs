//! From files to graphs: resolves every name and prepares every guard, and collects all that is wrong on the way.

mod files;
mod names;
mod rules;
mod states;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use indexmap::IndexMap;
use serde_json::Value;

use super::{
    action::Registry,
    check,
    definition::{At, Name},
    domain::Domain,
    facts::{FactType, FlowFacts},
    graph::{Agenda, Graph},
    guard::{Compiler, Fault, Guard, SETTINGS},
    problem::{Problem, Problems},
    source::{Parsed, Source, hash, parse},
};

/// How much of a guard is shown with what is wrong with it.
const SHOWN_OF_GUARD: usize = 60;
/// Longer than this no flow is kept.
const LONGEST_LIFETIME: TimeDelta = TimeDelta::days(366);

/// Compiles all flows of a set of files.
///
/// `replacements` take the place of `shipped` files that hold the same flow or sub-flow.
///
/// # Errors
///
/// Everything that is wrong, with file, line and a way to mend it.
pub fn compile<D: Domain>(
    shipped: &[Source],
    replacements: &[Source],
    registry: &Registry<D>,
    settings: &D::Settings,
) -> Result<Vec<Graph<D>>, Problems> {
    let files = parse(shipped, replacements)?;
    let config = serde_json::to_value(settings).unwrap_or_default();
    let mut problems = files::names(&files);
    let mut graphs = Vec::new();
    for flow in files.iter().filter(|file| file.is_flow()) {
        match Builder::new(flow, &files, registry, config.clone()).build() {
            Ok(graph) => graphs.push(graph),
            Err(found) => problems.extend(found),
        }
    }
    // What the program ships may serve a flow that was replaced by one that does without it.
    let own = |file: &&Parsed| !file.shipped || replacements.is_empty();
    problems.extend(files::unused_subflows(&files).filter(|(file, _)| own(file)).map(|(_, problem)| problem));
    if problems.is_empty() {
        problems.extend(files.iter().filter(own).flat_map(|file| check::unreached(file, &graphs)));
    }
    // A mistake in a sub-flow shows in each flow that takes it in.
    problems.sort();
    problems.dedup();
    if problems.is_empty() { Ok(graphs) } else { Err(Problems(problems)) }
}

/// Builds the graph of one flow.
struct Builder<'a, D: Domain> {
    flow: &'a Parsed,
    /// The flow itself, then its sub-flows in the order in which they are taken in.
    files: Vec<&'a Parsed>,
    registry: &'a Registry<D>,
    guards: Compiler,
    /// The state names of the flow with the file that contributes each.
    owners: IndexMap<&'a str, &'a Parsed>,
    problems: Vec<Problem>,
}

impl<'a, D: Domain> Builder<'a, D> {
    fn new(flow: &'a Parsed, all: &'a [Parsed], registry: &'a Registry<D>, config: Value) -> Self {
        let (files, problems) = files::taken_in(flow, all);
        let mut roots = match FactType::of::<D::Facts>() {
            FactType::Record(members) => members,
            _ => BTreeMap::new(),
        };
        roots.insert(SETTINGS.to_owned(), FactType::of::<D::Settings>());
        let flows = all.iter().filter(|file| file.is_flow()).map(Parsed::name);
        let states = all.iter().flat_map(|file| file.file.states.keys()).map(|name| name.value.as_str());
        roots.insert("flow".to_owned(), FlowFacts::kind(flows, states));
        let guards = Compiler::new(roots, config);
        let mut builder = Self { flow, files, registry, guards, owners: IndexMap::new(), problems };
        builder.define_facts();
        builder.find_owners();
        builder.find_double_names();
        builder
    }

    fn define_facts(&mut self) {
        let facts = self.files.iter().flat_map(|file| &file.file.facts);
        let faults = self.guards.define(facts.map(|(name, source)| (name.value.as_str(), source.value.as_str())));
        for (name, fault) in faults {
            for file in self.files.clone() {
                if let Some((_, source)) = file.file.facts.iter().find(|(key, _)| key.value == name) {
                    let message = format!("in the fact `{name}`: {}", fault.message);
                    self.problems.push(file.problem(source.line, message).help(fault.help.clone()));
                }
            }
        }
    }

    fn build(mut self) -> Result<Graph<D>, Vec<Problem>> {
        let flow = self.flow;
        let definition = &flow.file;
        let states = self.states();
        let agendas = self.agendas();
        let on_leave_subflow = self.on_leave_subflow();
        let before_each_action = self.effects(flow, &definition.before_each_action);
        let requires = self.requires();
        let (start, scheduled) = self.start();
        let lifetime = self.lifetime();
        let graph = Graph {
            name: flow.name().to_owned(),
            about: definition.about.clone(),
            hash: hash(self.files.iter().map(|file| file.source.text.as_str())),
            lifetime,
            start,
            scheduled,
            states,
            requires,
            before_each_action,
            on_leave_subflow,
            agendas,
            guards: self.guards,
        };
        if self.problems.is_empty() {
            self.problems = check::graph(&graph, flow, &self.files, self.registry);
        }
        if self.problems.is_empty() { Ok(graph) } else { Err(self.problems) }
    }

    fn requires(&mut self) -> Vec<String> {
        let flow = self.flow;
        for name in &flow.file.requires {
            if !self.registry.requirements.contains(name.value.as_str()) {
                let problem =
                    flow.problem(name.line, format!("nothing is known about the requirement `{}`", name.value));
                let known = self.registry.requirements.iter().copied();
                self.problems.push(problem.help(super::problem::suggestion(&name.value, known)));
            }
        }
        flow.file.requires.iter().map(|name| name.value.clone()).collect()
    }

    fn agendas(&mut self) -> IndexMap<String, Agenda> {
        let mut agendas = IndexMap::new();
        for file in self.files.clone() {
            for (name, agenda) in &file.file.agendas {
                let rules = self.agenda_rules(file, &agenda.rules, false);
                let owner = file.name().to_owned();
                agendas.insert(name.value.clone(), Agenda { owner, once: agenda.once, rules });
            }
        }
        agendas
    }

    fn on_leave_subflow(&mut self) -> BTreeMap<String, String> {
        let flow = self.flow;
        let mut on_leave_subflow = BTreeMap::new();
        for (subflow, agenda) in &flow.file.on_leave_subflow {
            let known: Vec<&str> = self.files.iter().map(|file| file.name()).collect();
            if !known.contains(&subflow.value.as_str()) {
                let what = format!("the flow `{}` takes in no sub-flow", flow.name());
                self.unknown(flow, subflow, &what, &known);
            }
            self.check_agenda(flow, agenda);
            on_leave_subflow.insert(subflow.value.clone(), agenda.value.clone());
        }
        on_leave_subflow
    }

    fn start(&mut self) -> (String, Vec<String>) {
        let flow = self.flow;
        for name in &flow.file.start {
            self.check_state(flow, name);
        }
        let mut names = flow.file.start.iter().map(|name| name.value.clone());
        let start = names.next().unwrap_or_else(|| {
            let problem = flow.problem(flow.line(), "it is not said where the flow begins");
            self.problems.push(problem.help("add `start: [<state>]`".to_owned()));
            String::new()
        });
        (start, names.collect())
    }

    fn lifetime(&mut self) -> TimeDelta {
        let Some(text) = &self.flow.file.lifetime else { return TimeDelta::hours(24) };
        let lifetime = lifetime(&text.value).filter(|time| (TimeDelta::seconds(1)..=LONGEST_LIFETIME).contains(time));
        lifetime.unwrap_or_else(|| {
            let problem = self.flow.problem(text.line, format!("`{}` is not a lifetime", text.value));
            let help = "write a number and a unit, at most a year in all: 90s, 60m or 24h";
            self.problems.push(problem.help(help.to_owned()));
            TimeDelta::hours(24)
        })
    }

    fn guard(&mut self, file: &'a Parsed, source: &At<String>) -> Guard {
        self.guards.compile(&source.value).unwrap_or_else(|Fault { message, help }| {
            let mut shown: String = source.value.trim().chars().take(SHOWN_OF_GUARD).collect();
            if shown.len() < source.value.trim().len() {
                shown.push('…');
            }
            self.problems.push(file.problem(source.line, format!("in `{shown}`: {message}")).help(help));
            Guard::Constant(false)
        })
    }

    /// Reports a name that nothing has.
    fn unknown(&mut self, file: &'a Parsed, name: &Name, what: &str, known: &[&str]) {
        let problem = file.problem(name.line, format!("{what} `{}`", name.value));
        self.problems.push(problem.help(super::problem::suggestion(&name.value, known.iter().copied())));
    }
}

/// A number and a unit: `90s`, `60m`, `24h`.
fn lifetime(text: &str) -> Option<TimeDelta> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: i64 = text[..text.len() - unit.len()].parse().ok()?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    TimeDelta::try_seconds(number.checked_mul(seconds)?)
}
