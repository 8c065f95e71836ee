//! A compiled graph: every name resolved, every guard prepared. What the engine runs, and what is drawn and published.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use indexmap::IndexMap;
use serde_json::Value;

use super::{
    action::{ActionContract, AnyAction, AnyEffect},
    domain::Domain,
    error::{Failure, FlowError},
    guard::{Compiler, Guard},
};

/// The name of the action that goes back. The engine itself carries it out.
pub const BACK: &str = "back";
/// The state in which a flow ends when the server failed it.
pub const ERROR_STATE: &str = "error";

/// One flow, compiled.
pub struct Graph<D: Domain> {
    /// The name of the flow.
    pub name: String,
    /// What the flow is for.
    pub about: Option<String>,
    /// Tells versions of the graph apart.
    pub hash: String,
    /// How long a flow may be continued.
    pub lifetime: TimeDelta,
    /// The state in which a flow begins.
    pub start: String,
    /// The states scheduled at the beginning.
    pub scheduled: Vec<String>,
    /// The states by name: own states first, then those of the sub-flows.
    pub states: IndexMap<String, State<D>>,
    /// What a request must come with before it reaches the flow. Whoever serves the flow sees to that.
    pub requires: Vec<String>,
    pub(crate) before_each_action: Vec<EffectCall<D>>,
    pub(crate) on_leave_subflow: BTreeMap<String, String>,
    /// The agendas by name.
    pub agendas: IndexMap<String, Agenda>,
    /// What the guards were made with, for explanations.
    pub(crate) guards: Compiler,
}

impl<D: Domain> Graph<D> {
    /// The state of this name; what is stored may name a state that the graph does not have.
    pub(crate) fn state(&self, name: &str) -> Result<&State<D>, Failure> {
        self.states.get(name).ok_or_else(|| format!("the graph has no state {name}").into())
    }
}

/// A state of a flow.
pub struct State<D: Domain> {
    /// The name.
    pub name: String,
    /// The flow or sub-flow that contributed it.
    pub owner: String,
    /// What a person is asked for.
    pub about: Option<String>,
    /// The members that the payload can have.
    pub payload: Vec<String>,
    pub(crate) on_enter: Vec<EffectCall<D>>,
    pub(crate) on_leave: Vec<EffectCall<D>>,
    /// The actions by the name on the wire.
    pub actions: IndexMap<String, Action<D>>,
}

impl<D: Domain> State<D> {
    /// Whether a flow ends here.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.actions.is_empty()
    }
}

/// An action of a state.
pub struct Action<D: Domain> {
    /// The name on the wire.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The condition of the offer as it was written.
    pub condition: Option<String>,
    pub(crate) offer: Option<Guard>,
    pub(crate) run: Run<D>,
}

impl<D: Domain> Action<D> {
    /// The contract of the implementation, if there is one.
    #[must_use]
    pub fn contract(&self) -> Option<&ActionContract> {
        match &self.run {
            Run::Implementation { contract, .. } => Some(contract),
            Run::Back | Run::Go(_) => None,
        }
    }

    /// The rules by outcome; one nameless outcome for an action that only leads somewhere, none for `back`.
    #[must_use]
    pub fn transitions(&self) -> Vec<(&str, &[Rule<D>])> {
        match &self.run {
            Run::Back => Vec::new(),
            Run::Go(rules) => vec![("", rules)],
            Run::Implementation { outcomes, .. } => {
                outcomes.iter().map(|(name, rules)| (name.as_str(), rules.as_slice())).collect()
            }
        }
    }
}

/// What an action does.
pub(crate) enum Run<D: Domain> {
    /// It goes back.
    Back,
    /// It only leads somewhere.
    Go(Vec<Rule<D>>),
    /// Its implementation decides on an outcome, the outcome leads somewhere.
    Implementation {
        action: Arc<dyn AnyAction<D>>,
        contract: Box<ActionContract>,
        outcomes: IndexMap<String, Vec<Rule<D>>>,
    },
}

/// An effect at a place where it runs.
pub(crate) struct EffectCall<D: Domain> {
    pub(crate) name: String,
    pub(crate) effect: Arc<dyn AnyEffect<D>>,
    pub(crate) when: Option<Guard>,
}

/// One rule of a transition.
pub struct Rule<D: Domain> {
    /// The condition as it was written.
    pub condition: Option<String>,
    pub(crate) when: Option<Guard>,
    pub(crate) set: Vec<(String, Value)>,
    pub(crate) run: Vec<EffectCall<D>>,
    pub(crate) agenda: Option<String>,
    /// Going back behind this step is impossible from now on.
    pub no_return: bool,
    /// The error shown with the next state.
    pub error: Option<FlowError>,
    /// Where it leads.
    pub end: End<D>,
}

/// Where a rule leads.
pub enum End<D: Domain> {
    /// To what is scheduled next.
    Next,
    /// To the present state again.
    Stay,
    /// To a state.
    To(String),
    /// Nowhere: the client is told an error.
    Refuse(FlowError),
    /// To what the first of these rules that applies says.
    Choose(Vec<Rule<D>>),
}

/// A named list of rules that schedule states.
pub struct Agenda {
    /// The flow or sub-flow that contributed it.
    pub owner: String,
    /// Carried out at most once in a flow.
    pub once: bool,
    /// The rules.
    pub rules: Vec<AgendaRule>,
}

/// One rule of an agenda.
pub struct AgendaRule {
    /// The condition as it was written.
    pub condition: Option<String>,
    pub(crate) when: Option<Guard>,
    pub(crate) error: Option<FlowError>,
    /// What it does.
    pub task: AgendaTask,
}

/// What a rule of an agenda does.
pub enum AgendaTask {
    /// Nothing but attach its error.
    Nothing,
    /// Schedules a state.
    Schedule(String),
    /// Carries out another agenda.
    Agenda(String),
    /// Carries out the first rule that applies.
    Choose(Vec<AgendaRule>),
    /// Carries out all rules that apply.
    All(Vec<AgendaRule>),
}

impl Agenda {
    /// All states that the agenda may schedule itself, without those of other agendas.
    #[must_use]
    pub fn schedules(&self) -> Vec<&str> {
        fn collect<'a>(rules: &'a [AgendaRule], found: &mut Vec<&'a str>) {
            for rule in rules {
                match &rule.task {
                    AgendaTask::Schedule(state) => found.push(state),
                    AgendaTask::Choose(rules) | AgendaTask::All(rules) => collect(rules, found),
                    AgendaTask::Agenda(_) | AgendaTask::Nothing => {}
                }
            }
        }
        let mut found = Vec::new();
        collect(&self.rules, &mut found);
        found
    }

    /// The agendas that this one carries out.
    #[must_use]
    pub fn agendas(&self) -> Vec<&str> {
        fn collect<'a>(rules: &'a [AgendaRule], found: &mut Vec<&'a str>) {
            for rule in rules {
                match &rule.task {
                    AgendaTask::Agenda(agenda) => found.push(agenda),
                    AgendaTask::Choose(rules) | AgendaTask::All(rules) => collect(rules, found),
                    AgendaTask::Schedule(_) | AgendaTask::Nothing => {}
                }
            }
        }
        let mut found = Vec::new();
        collect(&self.rules, &mut found);
        found
    }
}

/// Calls `visit` on each rule and the rules inside it.
pub fn visit_rules<'a, D: Domain>(rules: &'a [Rule<D>], visit: &mut impl FnMut(&'a Rule<D>)) {
    for rule in rules {
        visit(rule);
        if let End::Choose(rules) = &rule.end {
            visit_rules(rules, visit);
        }
    }
}
