//! From files to graphs: resolves every name and prepares every guard, and collects all that is wrong on the way.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use indexmap::IndexMap;

use super::{
    action::{AnyEffect, Registry},
    check,
    definition::{self, At, Name},
    domain::Domain,
    error::FlowError,
    facts::{FactType, FlowFacts},
    graph::{Action, Agenda, AgendaRule, AgendaTask, BACK, EffectCall, End, Graph, Rule, Run, State},
    guard::{Compiler, Guard, SETTINGS},
    problem::{Problem, Problems, suggestion},
    source::{Parsed, Source, hash, parse},
};

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
    let (mut graphs, mut problems) = (Vec::new(), Vec::new());
    for flow in files.iter().filter(|file| file.is_flow()) {
        match Builder::new(flow, &files, registry, config.clone()).and_then(Builder::build) {
            Ok(graph) => graphs.push(graph),
            Err(found) => problems.extend(found.0),
        }
    }
    problems.extend(unused_subflows(&files));
    // A mistake in a sub-flow shows in each flow that takes it in.
    problems.sort();
    problems.dedup();
    if problems.is_empty() { Ok(graphs) } else { Err(Problems(problems)) }
}

fn unused_subflows(files: &[Parsed]) -> Vec<Problem> {
    let used = |name: &str| files.iter().any(|file| file.file.uses.iter().any(|other| other.value == name));
    let unused = files.iter().filter(|file| !file.is_flow() && !used(file.name()));
    unused
        .map(|file| {
            let line = file.file.subflow.as_ref().map_or(0, |name| name.line);
            let mut problem = file.problem(line, format!("no flow takes in the sub-flow `{}`", file.name()));
            problem.help = Some(format!("add it to `use` of a flow, or remove {}", file.source.file));
            problem
        })
        .collect()
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
    fn new(
        flow: &'a Parsed,
        all: &'a [Parsed],
        registry: &'a Registry<D>,
        config: serde_json::Value,
    ) -> Result<Self, Problems> {
        let (mut files, mut problems) = (vec![flow], Vec::new());
        take_in(flow, all, &mut files, &mut problems);
        let mut roots = match FactType::of::<D::Facts>() {
            FactType::Record(members) => members,
            _ => BTreeMap::new(),
        };
        roots.insert(SETTINGS.to_owned(), FactType::of::<D::Settings>());
        roots.insert("flow".to_owned(), FactType::of::<FlowFacts<'_>>());
        let mut guards = Compiler::new(roots, config);
        let facts = files.iter().flat_map(|file| &file.file.facts);
        let wrong = guards.define(facts.map(|(name, source)| (name.value.as_str(), source.value.as_str())));
        for (name, message) in wrong {
            let place = files.iter().find_map(|file| {
                let (_, source) = file.file.facts.iter().find(|(key, _)| key.value == name)?;
                Some((*file, source.line))
            });
            let (file, line) = place.unwrap_or((flow, 0));
            problems.push(file.problem(line, format!("in the fact `{name}`: {message}")));
        }
        let mut builder = Self { flow, files, registry, guards, owners: IndexMap::new(), problems };
        builder.find_owners();
        builder.find_double_names();
        Ok(builder)
    }

    /// The flow's own definition of a state wins over that of a sub-flow.
    fn find_owners(&mut self) {
        let flow = self.flow;
        for file in self.files.clone() {
            for name in file.file.states.keys() {
                match self.owners.get(name.value.as_str()) {
                    None => drop(self.owners.insert(&name.value, file)),
                    Some(owner) if std::ptr::eq(*owner, flow) => {}
                    Some(owner) => {
                        let message = format!("the state `{}` is also defined in {}", name.value, owner.source.file);
                        self.problems.push(file.problem(name.line, message));
                    }
                }
            }
        }
    }

    fn find_double_names(&mut self) {
        let mut seen: BTreeMap<(&str, &str), &Parsed> = BTreeMap::new();
        for file in &self.files {
            let facts = file.file.facts.keys().map(|name| ("fact", name));
            let agendas = file.file.agendas.keys().map(|name| ("agenda", name));
            for (kind, name) in facts.chain(agendas) {
                if let Some(other) = seen.insert((kind, &name.value), file) {
                    let message = format!("the {kind} `{}` is also defined in {}", name.value, other.source.file);
                    self.problems.push(file.problem(name.line, message));
                }
            }
        }
    }

    fn build(mut self) -> Result<Graph<D>, Problems> {
        let flow = self.flow;
        let definition = &flow.file;
        let mut states = IndexMap::new();
        for (name, owner) in self.owners.clone() {
            let Some((key, state)) = owner.file.states.iter().find(|(key, _)| key.value == name) else { continue };
            let extension = definition.extend.iter().find(|(key, _)| key.value == name).map(|(_, extension)| extension);
            states.insert(name.to_owned(), self.state(owner, key, state, extension));
        }
        for name in definition.extend.keys() {
            self.check_state(flow, name);
        }
        let mut agendas = IndexMap::new();
        for file in self.files.clone() {
            for (name, agenda) in &file.file.agendas {
                let rules = self.agenda_rules(file, &agenda.rules, false);
                agendas.insert(name.value.clone(), Agenda { once: agenda.once, rules });
            }
        }
        let mut on_leave_subflow = BTreeMap::new();
        for (subflow, agenda) in &definition.on_leave_subflow {
            let known: Vec<&str> = self.files.iter().map(|file| file.name()).collect();
            if !known.contains(&subflow.value.as_str()) {
                self.unknown(flow, subflow, "this flow takes in no sub-flow", &known);
            }
            self.check_agenda(flow, agenda);
            on_leave_subflow.insert(subflow.value.clone(), agenda.value.clone());
        }
        let before_each_action = self.effects(flow, &definition.before_each_action);
        for name in &definition.start {
            self.check_state(flow, name);
        }
        let mut start = definition.start.iter().map(|name| name.value.clone());
        let line = definition.flow.as_ref().map_or(0, |name| name.line);
        let first = start.next().unwrap_or_else(|| {
            self.problems.push(flow.problem(line, "it is not said where the flow begins: `start` is missing"));
            String::new()
        });
        let graph = Graph {
            name: flow.name().to_owned(),
            about: definition.about.clone(),
            hash: hash(self.files.iter().map(|file| file.source.text.as_str())),
            lifetime: self.lifetime(),
            start: first,
            scheduled: start.collect(),
            states,
            before_each_action,
            on_leave_subflow,
            agendas,
        };
        if self.problems.is_empty() {
            self.problems = check::graph(&graph, flow, &self.files, self.registry);
        }
        if self.problems.is_empty() { Ok(graph) } else { Err(Problems(self.problems)) }
    }

    fn lifetime(&mut self) -> TimeDelta {
        let Some(text) = &self.flow.file.lifetime else { return TimeDelta::hours(24) };
        let unit = text.value.trim_start_matches(|c: char| c.is_ascii_digit());
        let seconds = match unit {
            "s" => Some(1),
            "m" => Some(60),
            "h" => Some(3600),
            _ => None,
        };
        let number = text.value[..text.value.len() - unit.len()].parse::<i64>().ok().filter(|number| *number > 0);
        let lifetime =
            number.zip(seconds).and_then(|(number, seconds)| TimeDelta::try_seconds(number.checked_mul(seconds)?));
        lifetime.unwrap_or_else(|| {
            let mut problem = self.flow.problem(text.line, format!("`{}` is not a lifetime", text.value));
            problem.help = Some("write a number and a unit: 90s, 60m or 24h".to_owned());
            self.problems.push(problem);
            TimeDelta::hours(24)
        })
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
            if action.run.is_some() || action.go.is_some() || !action.outcomes.is_empty() {
                self.problems.push(
                    file.problem(name.line, "`back` is carried out by the engine: it leads where the flow came from"),
                );
            }
            if described.description.is_empty() {
                "Navigate one step back.".clone_into(&mut described.description);
            }
            return described;
        }
        if let Some(go) = &action.go {
            if action.run.is_some() || !action.outcomes.is_empty() {
                let message = format!("`{}` has `go` and an implementation: it can have only one of them", name.value);
                self.problems.push(file.problem(name.line, message));
            }
            if described.description.is_empty() {
                let message =
                    format!("`{}` has no implementation that would describe it: add a `description`", name.value);
                self.problems.push(file.problem(name.line, message));
            }
            described.run = Run::Go(self.transition(file, go));
            return described;
        }
        let implementation = action.run.as_ref().unwrap_or(name);
        let Some(found) = self.registry.actions.get(implementation.value.as_str()) else {
            let known: Vec<&str> = self.registry.actions.keys().map(AsRef::as_ref).collect();
            self.unknown(file, implementation, "there is no action", &known);
            return described;
        };
        let contract = found.contract();
        for outcome in &contract.outcomes {
            if !action.outcomes.keys().any(|name| name.value == **outcome) {
                let mut problem = file
                    .problem(name.line, format!("`{}` does not say where its outcome `{outcome}` leads", name.value));
                problem.help =
                    Some(format!("add `{outcome}: <state>`, `{outcome}: next` or `{outcome}: stay` to its `outcomes`"));
                self.problems.push(problem);
            }
        }
        let mut outcomes = IndexMap::new();
        for (outcome, transition) in &action.outcomes {
            if !contract.outcomes.contains(&std::borrow::Cow::Borrowed(outcome.value.as_str())) {
                let known: Vec<&str> = contract.outcomes.iter().map(AsRef::as_ref).collect();
                self.unknown(file, outcome, &format!("`{}` has no outcome", name.value), &known);
            }
            outcomes.insert(outcome.value.clone(), self.transition(file, transition));
        }
        if described.description.is_empty() {
            described.description = contract.description.clone().into_owned();
        }
        described.run = Run::Implementation { action: Arc::clone(found), contract, outcomes };
        described
    }

    fn transition(&mut self, file: &'a Parsed, transition: &At<definition::Transition>) -> Vec<Rule<D>> {
        if transition.value.rules.is_empty() {
            self.problems.push(file.problem(transition.line, "the list of rules is empty"));
        }
        self.rules(file, &transition.value.rules, transition.line)
    }

    fn rules(&mut self, file: &'a Parsed, rules: &[At<definition::Rule>], line: usize) -> Vec<Rule<D>> {
        let line_of = |rule: &At<definition::Rule>| if rule.line == 0 { line } else { rule.line };
        let conditions = rules.iter().map(|rule| (line_of(rule), rule.value.when.as_ref()));
        self.problems.extend(check::first_match(file, &conditions.collect::<Vec<_>>()));
        if let Some(last) = rules.last().filter(|rule| rule.value.when.is_some()) {
            let mut problem = file.problem(line_of(last), "nothing is said for the case that no rule applies");
            problem.help = Some("end the list with a rule without `when`".to_owned());
            self.problems.push(problem);
        }
        rules.iter().map(|rule| self.rule(file, &rule.value, line_of(rule))).collect()
    }

    fn rule(&mut self, file: &'a Parsed, rule: &definition::Rule, line: usize) -> Rule<D> {
        let end = match (&rule.to, &rule.refuse, &rule.choose) {
            (Some(to), None, None) => match to.value.as_str() {
                "next" => End::Next,
                "stay" => End::Stay,
                _ => {
                    let name = At::new(to.value.clone(), if to.line == 0 { line } else { to.line });
                    self.check_state(file, &name);
                    End::To(to.value.clone())
                }
            },
            (None, Some(code), None) => {
                let found = self.error(file, code);
                found.map_or(End::Next, End::Refuse)
            }
            (None, None, Some(rules)) => End::Choose(self.rules(file, rules, line)),
            _ => {
                let mut problem = file.problem(line, "a rule leads to exactly one thing");
                problem.help = Some("give it one of `to`, `refuse` and `choose`".to_owned());
                self.problems.push(problem);
                End::Next
            }
        };
        for (name, value) in &rule.set {
            self.check_set(file, name, value);
        }
        if let Some(agenda) = &rule.agenda {
            self.check_agenda(file, agenda);
        }
        Rule {
            condition: rule.when.as_ref().map(|source| source.value.clone()),
            when: rule.when.as_ref().map(|source| self.guard(file, source)),
            set: rule.set.iter().map(|(name, value)| (name.value.clone(), value.clone())).collect(),
            run: rule.run.iter().filter_map(|name| self.effect(file, name, None)).collect(),
            agenda: rule.agenda.as_ref().map(|name| name.value.clone()),
            no_return: rule.no_return,
            error: rule.error.as_ref().and_then(|code| self.error(file, code)),
            end,
        }
    }

    fn agenda_rules(
        &mut self,
        file: &'a Parsed,
        rules: &[At<definition::AgendaRule>],
        choose: bool,
    ) -> Vec<AgendaRule> {
        if choose {
            let conditions = rules.iter().map(|rule| (rule.line, rule.value.when.as_ref()));
            self.problems.extend(check::first_match(file, &conditions.collect::<Vec<_>>()));
        }
        rules.iter().map(|rule| self.agenda_rule(file, &rule.value, rule.line)).collect()
    }

    fn agenda_rule(&mut self, file: &'a Parsed, rule: &definition::AgendaRule, line: usize) -> AgendaRule {
        let task = match (&rule.schedule, &rule.agenda, &rule.choose, &rule.all) {
            (Some(state), None, None, None) => {
                self.check_state(file, state);
                AgendaTask::Schedule(state.value.clone())
            }
            (None, Some(agenda), None, None) => {
                self.check_agenda(file, agenda);
                AgendaTask::Agenda(agenda.value.clone())
            }
            (None, None, Some(rules), None) => AgendaTask::Choose(self.agenda_rules(file, rules, true)),
            (None, None, None, Some(rules)) => AgendaTask::All(self.agenda_rules(file, rules, false)),
            (None, None, None, None) if rule.error.is_some() => AgendaTask::Nothing,
            _ => {
                let mut problem = file.problem(line, "a rule of an agenda does exactly one thing");
                problem.help = Some("give it one of `schedule`, `agenda`, `choose` and `all`".to_owned());
                self.problems.push(problem);
                AgendaTask::Nothing
            }
        };
        AgendaRule {
            condition: rule.when.as_ref().map(|source| source.value.clone()),
            when: rule.when.as_ref().map(|source| self.guard(file, source)),
            error: rule.error.as_ref().and_then(|code| self.error(file, code)),
            task,
        }
    }

    fn effects(&mut self, file: &'a Parsed, calls: &[At<definition::EffectCall>]) -> Vec<EffectCall<D>> {
        let named = |call: &At<definition::EffectCall>| {
            let line = if call.value.run.line == 0 { call.line } else { call.value.run.line };
            At::new(call.value.run.value.clone(), line)
        };
        calls.iter().filter_map(|call| self.effect(file, &named(call), call.value.when.as_ref())).collect()
    }

    fn effect(&mut self, file: &'a Parsed, name: &Name, when: Option<&At<String>>) -> Option<EffectCall<D>> {
        let when = when.map(|source| self.guard(file, source));
        let found: Option<Arc<dyn AnyEffect<D>>> = self.registry.effects.get(name.value.as_str()).cloned();
        let Some(effect) = found else {
            let known: Vec<&str> = self.registry.effects.keys().map(AsRef::as_ref).collect();
            self.unknown(file, name, "there is no effect", &known);
            return None;
        };
        Some(EffectCall { name: name.value.clone(), effect, when })
    }

    fn error(&mut self, file: &'a Parsed, code: &Name) -> Option<FlowError> {
        let found = self.registry.errors.get(code.value.as_str()).cloned();
        if found.is_none() {
            let known: Vec<&str> = self.registry.errors.keys().map(AsRef::as_ref).collect();
            self.unknown(file, code, "there is no error", &known);
        }
        found
    }

    fn guard(&mut self, file: &'a Parsed, source: &At<String>) -> Guard {
        self.guards.compile(&source.value).unwrap_or_else(|message| {
            self.problems.push(file.problem(source.line, format!("in `{}`: {message}", source.value.trim())));
            Guard::Constant(false)
        })
    }

    fn check_set(&mut self, file: &'a Parsed, name: &Name, value: &serde_json::Value) {
        let stash = serde_json::to_value(D::Stash::default()).unwrap_or_default();
        let serde_json::Value::Object(mut members) = stash else { return };
        members.insert(name.value.clone(), value.clone());
        if let Err(error) = serde_json::from_value::<D::Stash>(members.into()) {
            self.problems.push(file.problem(name.line, format!("`{}` cannot be set to {value}: {error}", name.value)));
        }
    }

    fn check_state(&mut self, file: &'a Parsed, name: &Name) {
        if !self.owners.contains_key(name.value.as_str()) {
            let known: Vec<&str> = self.owners.keys().copied().collect();
            let what = format!("in the flow `{}` there is no state", self.flow.name());
            self.unknown(file, name, &what, &known);
        }
    }

    fn check_agenda(&mut self, file: &'a Parsed, name: &Name) {
        let agendas = self.files.iter().flat_map(|file| file.file.agendas.keys());
        let known: Vec<&str> = agendas.map(|name| name.value.as_str()).collect();
        if !known.contains(&name.value.as_str()) {
            let what = format!("in the flow `{}` there is no agenda", self.flow.name());
            self.unknown(file, name, &what, &known);
        }
    }

    fn unknown(&mut self, file: &'a Parsed, name: &Name, what: &str, known: &[&str]) {
        let mut problem = file.problem(name.line, format!("{what} `{}`", name.value));
        problem.help = suggestion(&name.value, known.iter().copied());
        self.problems.push(problem);
    }
}

/// Adds the sub-flows of `file` and, in depth, theirs, each once.
fn take_in<'a>(file: &'a Parsed, all: &'a [Parsed], files: &mut Vec<&'a Parsed>, problems: &mut Vec<Problem>) {
    for name in &file.file.uses {
        match all.iter().find(|other| !other.is_flow() && other.name() == name.value) {
            Some(found) if files.iter().any(|known| std::ptr::eq(*known, found)) => {}
            Some(found) => {
                files.push(found);
                take_in(found, all, files, problems);
            }
            None => {
                let known = all.iter().filter(|other| !other.is_flow()).map(Parsed::name);
                let mut problem = file.problem(name.line, format!("there is no sub-flow `{}`", name.value));
                problem.help = suggestion(&name.value, known);
                problems.push(problem);
            }
        }
    }
}
