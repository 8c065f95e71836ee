//! One request to one flow: the transitions and what happens around them (spec chapter 01, sections 8 and 9.4 to 9.7).

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    document::{Document, Place, Snapshot},
    domain::Domain,
    error::{self, Failure, FlowError, Stop},
    facts::FlowFacts,
    graph::{self, Action, Agenda, AgendaRule, AgendaTask, ERROR_STATE, EffectCall, End, Graph, Rule},
    guard::{Asked, Guard},
    input::{Form, Submission},
    step::Step,
    wire::{self, ActionView, Link},
};

/// What is shown of a step that is over.
pub(crate) struct Stored {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) payload: Map<String, Value>,
    pub(crate) actions: BTreeMap<String, ActionView>,
    pub(crate) links: Vec<Link>,
    pub(crate) error: Option<FlowError>,
}

/// A request on its way.
pub(crate) struct Run<'a, D: Domain> {
    pub(super) graph: &'a Graph<D>,
    pub(super) document: Document<D::Stash>,
    step: Step<'a, D>,
    /// What this request scheduled; it goes in front of what earlier requests scheduled.
    scheduled: Vec<String>,
    /// The agendas that this request carried out and that are not carried out again.
    done: Vec<String>,
    prevents_return: bool,
    /// The name of the action that was taken: its inputs keep their values and errors in the answer.
    taken: Option<&'a str>,
}

impl<'a, D: Domain> Run<'a, D> {
    pub(crate) fn new(
        graph: &'a Graph<D>,
        settings: &'a D::Settings,
        context: &'a mut D::Context,
        id: Uuid,
        document: Document<D::Stash>,
    ) -> Self {
        let step = Step::new(settings, context, &graph.name, id, document.place.stash.clone());
        Self { graph, document, step, scheduled: Vec::new(), done: Vec::new(), prevents_return: false, taken: None }
    }

    /// Runs the effects of the state in which the flow begins.
    pub(crate) async fn enter_first(&mut self) -> Result<(), Failure> {
        let state = self.document.place.state.clone();
        self.enter(&state).await?;
        self.document.place.stash = self.step.stash.clone();
        Ok(())
    }

    /// Whether the action may be taken now; a rejection changes nothing.
    pub(crate) async fn admit(&mut self, action: &'a Action<D>) -> Result<Result<(), FlowError>, Failure> {
        let graph = self.graph;
        if let Err(failure) = self.effects(&graph.before_each_action).await {
            tracing::debug!(%failure, "an effect refused the request");
            return Ok(Err(error::NOT_PERMITTED));
        }
        Ok(if self.is_offered(action)? { Ok(()) } else { Err(error::NOT_PERMITTED) })
    }

    /// Takes the action: whatever comes of it, the flow is then where the answer says.
    pub(crate) async fn take(&mut self, action: &'a Action<D>, inputs: Submission) -> Result<(), Failure> {
        self.taken = Some(&action.name);
        let rules = match &action.run {
            graph::Run::Back => return self.back().await,
            graph::Run::Go(rules) => rules,
            graph::Run::Implementation { action: implementation, outcomes, .. } => {
                let declared = implementation.inputs(self.step.settings, &self.step.stash);
                self.step.form = Form::filled(declared, inputs);
                match implementation.run(&mut self.step).await {
                    Ok(outcome) => match outcomes.get(&*outcome) {
                        Some(rules) => rules,
                        None => return Err(format!("the graph does not know the outcome {outcome}").into()),
                    },
                    Err(Stop::Refused(error)) => return self.refuse(error).await,
                    Err(Stop::Failed(failure)) => return Err(failure),
                }
            }
        };
        self.follow(rules).await
    }

    /// Follows the first rule that applies.
    async fn follow(&mut self, mut rules: &'a [Rule<D>]) -> Result<(), Failure> {
        loop {
            let facts = self.asked(rules.iter().filter_map(|rule| rule.when.as_ref()))?;
            let mut found = None;
            for rule in rules {
                if holds(rule.when.as_ref(), facts.as_ref())? {
                    found = Some(rule);
                    break;
                }
            }
            let Some(rule) = found else { return Err("no rule of the transition applies".into()) };
            self.prepare(rule).await?;
            match &rule.end {
                End::Next => return self.advance(None).await,
                End::Stay => {
                    let state = self.document.place.state.clone();
                    return self.advance(Some(state)).await;
                }
                End::To(state) => return self.advance(Some(state.clone())).await,
                End::Refuse(error) => return self.refuse(error.clone()).await,
                End::Choose(inner) => rules = inner,
            }
        }
    }

    /// Does what a rule asks for on the way.
    async fn prepare(&mut self, rule: &'a Rule<D>) -> Result<(), Failure> {
        if !rule.set.is_empty() {
            let mut stash = serde_json::to_value(&self.step.stash)?;
            for (name, value) in &rule.set {
                stash[name] = value.clone();
            }
            self.step.stash = serde_json::from_value(stash)?;
        }
        self.effects(&rule.run).await?;
        if let Some(error) = &rule.error {
            self.step.attach(error.clone());
        }
        self.prevents_return |= rule.no_return;
        if let Some(agenda) = &rule.agenda {
            self.carry_out(agenda)?;
        }
        Ok(())
    }

    /// The transition *Continue*: to `target`, or to what is scheduled.
    async fn advance(&mut self, target: Option<String>) -> Result<(), Failure> {
        let graph = self.graph;
        self.effects(&graph.before_each_action).await?;
        self.scheduled.extend(target);
        let left = graph.state(&self.document.place.state)?;
        let next = self.upcoming().map(|next| graph.state(next)).transpose()?;
        let leaves_owner = next.is_none_or(|next| next.owner != left.owner);
        if let Some(agenda) = graph.on_leave_subflow.get(&left.owner).filter(|_| leaves_owner) {
            self.carry_out(agenda)?;
        }
        self.effects(&left.on_leave).await?;
        let Some(next) = self.upcoming().map(str::to_owned) else {
            return Err(format!("nothing is scheduled after {}", left.name).into());
        };
        self.enter(&next).await?;
        let place = &mut self.document.place;
        let mut scheduled = std::mem::take(&mut self.scheduled);
        let stored = std::mem::take(&mut place.scheduled);
        if next != place.state {
            let snapshot = Place {
                state: std::mem::replace(&mut place.state, next),
                previous: place.previous.take(),
                scheduled: stored.clone(),
                done: place.done.clone(),
                stash: std::mem::take(&mut place.stash),
            };
            place.previous = Some(snapshot.state.clone());
            self.document.remember(Snapshot { place: snapshot, revertible: !self.prevents_return });
        }
        let place = &mut self.document.place;
        scheduled.extend(stored);
        scheduled.remove(0);
        place.scheduled = scheduled;
        place.done.append(&mut self.done);
        place.stash = self.step.stash.clone();
        Ok(())
    }

    /// The transition *Error*: the client is told, and what the action remembered is forgotten.
    async fn refuse(&mut self, error: FlowError) -> Result<(), Failure> {
        let stays = (400..500).contains(&error.status);
        self.step.attach(error);
        let next = if stays { self.document.place.state.clone() } else { ERROR_STATE.to_owned() };
        // What the effects of the shown state remember belongs to what they show, so it is kept.
        self.step.stash = self.document.place.stash.clone();
        self.enter(&next).await?;
        let place = &mut self.document.place;
        if next != place.state {
            place.previous = Some(std::mem::replace(&mut place.state, next));
        }
        place.stash = self.step.stash.clone();
        Ok(())
    }

    /// The transition *Back*.
    async fn back(&mut self) -> Result<(), Failure> {
        let Some(snapshot) = self.document.history.pop().filter(|snapshot| snapshot.revertible) else {
            return Err("there is nothing to go back to".into());
        };
        let graph = self.graph;
        self.document.place = snapshot.place;
        let state = self.document.place.state.clone();
        self.step.stash = D::revert(self.document.place.stash.clone(), &self.step.stash);
        self.effects(&graph.before_each_action).await?;
        self.enter(&state).await?;
        self.document.place.stash = self.step.stash.clone();
        Ok(())
    }

    async fn enter(&mut self, state: &str) -> Result<(), Failure> {
        let state = self.graph.state(state)?;
        self.effects(&state.on_enter).await
    }

    async fn effects(&mut self, calls: &'a [EffectCall<D>]) -> Result<(), Failure> {
        for call in calls {
            let facts = self.asked(call.when.iter())?;
            if holds(call.when.as_ref(), facts.as_ref())? {
                call.effect.run(&mut self.step).await?;
            }
        }
        Ok(())
    }

    /// The state that is next as things stand.
    fn upcoming(&self) -> Option<&str> {
        self.scheduled.first().or_else(|| self.document.place.scheduled.first()).map(String::as_str)
    }

    fn carry_out(&mut self, name: &str) -> Result<(), Failure> {
        let Some(agenda) = self.graph.agendas.get(name) else { return Err(format!("no agenda {name}").into()) };
        if agenda.once {
            if self.document.place.done.iter().chain(&self.done).any(|done| done == name) {
                return Ok(());
            }
            self.done.push(name.to_owned());
        }
        self.carry_out_rules(agenda)
    }

    fn carry_out_rules(&mut self, agenda: &'a Agenda) -> Result<(), Failure> {
        let facts = self.facts()?;
        self.all(&agenda.rules, &facts)
    }

    fn all(&mut self, rules: &'a [AgendaRule], facts: &Asked) -> Result<(), Failure> {
        for rule in rules {
            if holds(rule.when.as_ref(), Some(facts))? {
                self.perform(rule, facts)?;
            }
        }
        Ok(())
    }

    fn perform(&mut self, rule: &'a AgendaRule, facts: &Asked) -> Result<(), Failure> {
        if let Some(error) = &rule.error {
            self.step.attach(error.clone());
        }
        match &rule.task {
            AgendaTask::Nothing => Ok(()),
            AgendaTask::Schedule(state) => {
                self.scheduled.push(state.clone());
                Ok(())
            }
            AgendaTask::Agenda(name) => self.carry_out(name),
            AgendaTask::All(rules) => self.all(rules, facts),
            AgendaTask::Choose(rules) => {
                for rule in rules {
                    if holds(rule.when.as_ref(), Some(facts))? {
                        return self.perform(rule, facts);
                    }
                }
                Ok(())
            }
        }
    }

    pub(super) fn is_offered(&self, action: &Action<D>) -> Result<bool, Failure> {
        if matches!(action.run, graph::Run::Back) && !self.document.is_revertible() {
            return Ok(false);
        }
        let facts = self.asked(action.offer.iter())?;
        holds(action.offer.as_ref(), facts.as_ref())
    }

    /// The facts, if one of the guards asks for any.
    fn asked<'g>(&self, mut guards: impl Iterator<Item = &'g Guard>) -> Result<Option<Asked>, Failure> {
        if guards.any(Guard::needs_facts) { self.facts().map(Some) } else { Ok(None) }
    }

    pub(super) fn facts(&self) -> Result<Asked, Failure> {
        let place = &self.document.place;
        let flow = FlowFacts {
            name: &self.graph.name,
            state: &place.state,
            previous: place.previous.as_deref().unwrap_or_default(),
            scheduled: &place.scheduled,
            visited: self.document.visited().collect(),
        };
        Asked::new(&D::facts(&self.step.stash), &flow)
    }

    /// Ends the request: what is stored, and what is shown of it.
    pub(crate) fn into_stored(mut self) -> Result<(Document<D::Stash>, Stored), Failure> {
        let actions = self.render()?;
        let Step { payload, links, error, id, .. } = self.step;
        let name = self.document.place.state.clone();
        Ok((self.document, Stored { id, name, payload, actions, links, error }))
    }

    fn render(&mut self) -> Result<BTreeMap<String, ActionView>, Failure> {
        let graph = self.graph;
        let state = graph.state(&self.document.place.state)?;
        let facts = self.asked(state.actions.values().filter_map(|action| action.offer.as_ref()))?;
        let mut actions = BTreeMap::new();
        for action in state.actions.values() {
            let back = matches!(action.run, graph::Run::Back);
            if back && !self.document.is_revertible() || !holds(action.offer.as_ref(), facts.as_ref())? {
                continue;
            }
            let declared = match &action.run {
                graph::Run::Implementation { action, .. } => action.inputs(self.step.settings, &self.step.stash),
                graph::Run::Back | graph::Run::Go(_) => Vec::new(),
            };
            let form = match self.taken {
                Some(taken) if taken == action.name => std::mem::take(&mut self.step.form).redeclared(declared),
                _ => Form::empty(declared),
            };
            let view = ActionView {
                href: format!("/{}?action={}%40{}", graph.name, action.name, self.step.id),
                inputs: wire::inputs(&form),
                action: action.name.clone(),
                description: action.description.clone(),
            };
            actions.insert(action.name.clone(), view);
        }
        Ok(actions)
    }
}

fn holds(guard: Option<&Guard>, facts: Option<&Asked>) -> Result<bool, Failure> {
    match (guard, facts) {
        (None, _) => Ok(true),
        (Some(guard @ Guard::Constant(_)), None) => Ok(matches!(guard, Guard::Constant(true))),
        (Some(guard), Some(facts)) => guard.holds(facts),
        (Some(Guard::Asked(_)), None) => Err("the facts of a guard were not gathered".into()),
    }
}
