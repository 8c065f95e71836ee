//! What there is to draw of a graph, before it is decided how: cards with rows, and where each row leads.

use std::collections::BTreeMap;

use super::plans::Plans;
use crate::engine::{
    check,
    domain::Domain,
    graph::{Action, Agenda, AgendaRule, AgendaTask, BACK, ERROR_STATE, End, Graph, Rule, State},
};

/// All that is drawn of one graph.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) name: String,
    pub(super) about: Option<String>,
    /// The flow and those of its sub-flows that have cards.
    pub(super) groups: Vec<String>,
    pub(super) cards: Vec<Card>,
    /// The card with which a flow begins.
    pub(super) start: usize,
}

/// A state or an agenda.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) group: usize,
    /// A sentence about it.
    pub(super) about: Option<String>,
    pub(super) rows: Vec<Row>,
    /// `back` is offered.
    pub(super) back: bool,
}

/// What a card stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    State,
    /// A state in which flows end well.
    End,
    /// The state in which flows end that the server failed.
    Failure,
    Agenda,
}

/// One way on.
#[derive(Debug)]
pub(super) struct Row {
    /// What it takes, from the widest to the narrowest.
    pub(super) path: Vec<Part>,
    pub(super) ways: Vec<Way>,
}

/// A part of what a way takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// An action, and the condition under which it is offered.
    Action(String, Option<String>),
    Outcome(String),
    When(String),
    /// No rule before applies.
    Otherwise,
    /// An error is shown.
    Error(String),
    /// Only the first of several that applies.
    FirstOf,
}

/// Where a row leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// To the same state again.
    Stay,
    /// To what is scheduled.
    Next,
    /// To a card.
    To(usize),
    /// To a card because it is scheduled.
    Scheduled(usize),
}

impl Chart {
    pub(super) fn of<D: Domain>(graph: &Graph<D>) -> Self {
        Drawer::new(graph).chart()
    }
}

/// The card numbers of everything that is drawn.
struct Drawer<'g, D: Domain> {
    graph: &'g Graph<D>,
    states: BTreeMap<&'g str, usize>,
    agendas: BTreeMap<&'g str, usize>,
    plans: Plans<'g>,
}

/// Conditions and where they lead, of one list of rules.
type Leads = Vec<(Vec<Part>, Vec<Way>)>;

impl<'g, D: Domain> Drawer<'g, D> {
    fn new(graph: &'g Graph<D>) -> Self {
        let reached = check::reached(graph);
        let plans = Plans::of(graph, &reached);
        let states = graph.states.keys().map(String::as_str).filter(|name| reached.contains(name));
        let states: BTreeMap<_, _> = states.enumerate().map(|(number, name)| (name, number)).collect();
        let agendas = graph.agendas.keys().map(String::as_str).filter(|name| plans.agendas.contains(name));
        let agendas = agendas.enumerate().map(|(number, name)| (name, states.len() + number)).collect();
        Self { graph, states, agendas, plans }
    }

    fn chart(&self) -> Chart {
        let mut groups = vec![self.graph.name.clone()];
        let mut group = |owner: &str| match groups.iter().position(|known| known == owner) {
            Some(known) => known,
            None => {
                groups.push(owner.to_owned());
                groups.len() - 1
            }
        };
        let mut cards = Vec::new();
        for state in self.graph.states.values().filter(|state| self.states.contains_key(state.name.as_str())) {
            cards.push(self.state(state, group(&state.owner)));
        }
        for (name, agenda) in self.graph.agendas.iter().filter(|(name, _)| self.agendas.contains_key(name.as_str())) {
            cards.push(self.agenda(name, agenda, group(&agenda.owner)));
        }
        let start = self.states.get(self.graph.start.as_str()).copied().unwrap_or_default();
        Chart { name: self.graph.name.clone(), about: self.graph.about.clone(), groups, cards, start }
    }

    fn state(&self, state: &State<D>, group: usize) -> Card {
        let kind = match (state.name.as_str(), state.is_final()) {
            (ERROR_STATE, _) => Kind::Failure,
            (_, true) => Kind::End,
            (_, false) => Kind::State,
        };
        let rows = state.actions.values().flat_map(|action| self.action(state, action)).collect();
        let back = state.actions.contains_key(BACK);
        Card { name: state.name.clone(), kind, group, about: state.about.clone(), rows, back }
    }

    fn action(&self, state: &State<D>, action: &Action<D>) -> Vec<Row> {
        let offered = Part::Action(action.name.clone(), action.condition.as_deref().map(one_line));
        let mut rows = Vec::new();
        for (outcome, rules) in action.transitions() {
            for (conditions, ways) in self.rules(state, rules, &[]) {
                let mut path = vec![offered.clone()];
                path.extend((!outcome.is_empty()).then(|| Part::Outcome(outcome.to_owned())));
                path.extend(conditions);
                rows.push(Row { path, ways });
            }
        }
        rows
    }

    /// Where the rules lead, without those that refuse. `planned` is what rules around them carry out.
    fn rules(&self, state: &State<D>, rules: &'g [Rule<D>], planned: &[&'g str]) -> Leads {
        let mut leads: Leads = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            let planned = [planned, rule.agenda.as_deref().as_slice()].concat();
            let inner: Leads = match &rule.end {
                End::Choose(rules) => self.rules(state, rules, &planned),
                End::Refuse(_) => Vec::new(),
                end => vec![(Vec::new(), self.ways(state, end, &planned))],
            };
            let condition = match &rule.condition {
                Some(condition) => Some(Part::When(one_line(condition))),
                None => (index > 0).then_some(Part::Otherwise),
            };
            let shown = rule.error.as_ref().map(|error| Part::Error(error.code.to_string()));
            leads.extend(
                inner.into_iter().map(|(conditions, ways)| {
                    (condition.iter().chain(&shown).cloned().chain(conditions).collect(), ways)
                }),
            );
        }
        simplified(leads)
    }

    fn ways(&self, state: &State<D>, end: &'g End<D>, planned: &[&str]) -> Vec<Way> {
        let mut ways: Vec<Way> =
            planned.iter().filter_map(|name| self.agendas.get(name)).copied().map(Way::Scheduled).collect();
        match end {
            End::Stay => ways.push(Way::Stay),
            End::To(target) => ways.extend(self.states.get(target.as_str()).copied().map(Way::To)),
            End::Next if !ways.is_empty() => {}
            End::Next => match self.graph.on_leave_subflow.get(&state.owner) {
                Some(agenda) => ways.extend(self.agendas.get(agenda.as_str()).copied().map(Way::Scheduled)),
                None => match self.plans.following(&state.name) {
                    Some(next) => ways.extend(self.states.get(next).copied().map(Way::Scheduled)),
                    None => ways.push(Way::Next),
                },
            },
            End::Refuse(_) | End::Choose(_) => {}
        }
        ways
    }

    fn agenda(&self, name: &str, agenda: &Agenda, group: usize) -> Card {
        let left: Vec<&str> = self
            .graph
            .on_leave_subflow
            .iter()
            .filter(|(_, agenda)| *agenda == name)
            .map(|(left, _)| left.as_str())
            .collect();
        let when = (!left.is_empty()).then(|| format!("when {} is left", left.join(" or ")));
        let once = agenda.once.then(|| "once in a flow".to_owned());
        let about: Vec<String> = when.into_iter().chain(once).collect();
        let rows = self.tasks(&agenda.rules, &[], false);
        let about = (!about.is_empty()).then(|| about.join(", "));
        Card { name: name.to_owned(), kind: Kind::Agenda, group, about, rows, back: false }
    }

    fn tasks(&self, rules: &[AgendaRule], around: &[Part], choose: bool) -> Vec<Row> {
        let mut rows = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            let mut path = around.to_vec();
            match &rule.condition {
                Some(condition) => path.push(Part::When(one_line(condition))),
                None if choose && index > 0 => path.push(Part::Otherwise),
                None => {}
            }
            path.extend(rule.error.as_ref().map(|error| Part::Error(error.code.to_string())));
            match &rule.task {
                AgendaTask::Nothing => rows.push(Row { path, ways: Vec::new() }),
                AgendaTask::Schedule(state) => {
                    rows.push(Row {
                        path,
                        ways: self.states.get(state.as_str()).copied().map(Way::Scheduled).into_iter().collect(),
                    });
                }
                AgendaTask::Agenda(agenda) => {
                    rows.push(Row {
                        path,
                        ways: self.agendas.get(agenda.as_str()).copied().map(Way::Scheduled).into_iter().collect(),
                    });
                }
                AgendaTask::Choose(rules) => {
                    path.push(Part::FirstOf);
                    rows.extend(self.tasks(rules, &path, true));
                }
                AgendaTask::All(rules) => rows.extend(self.tasks(rules, &path, false)),
            }
        }
        rows
    }
}

/// Rules that all lead to the same place are one way, whatever their conditions; of what is left after the refusals, a
/// single rule needs no "otherwise".
fn simplified(mut leads: Leads) -> Leads {
    if let Some((_, first)) = leads.first()
        && leads.iter().all(|(_, ways)| ways == first)
        && leads.last().is_some_and(|(conditions, _)| matches!(conditions.first(), None | Some(Part::Otherwise)))
    {
        return vec![(Vec::new(), first.clone())];
    }
    if let [(conditions, _)] = leads.as_mut_slice() {
        conditions.retain(|part| *part != Part::Otherwise);
    }
    leads
}

/// A condition that was folded over several lines, as one.
fn one_line(condition: &str) -> String {
    condition.split_whitespace().collect::<Vec<_>>().join(" ")
}
