//! Random graphs: valid by construction, and small enough for the model to interpret.

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Value, json};

/// How many states a plan has besides `done` and `error`.
pub(super) const STATES: usize = 5;

/// A state by its number; [`STATES`] is `done`.
pub(super) type StateId = usize;

pub(super) fn name(state: StateId) -> String {
    if state == STATES { "done".to_owned() } else { format!("s{state}") }
}

#[derive(Debug, Clone)]
pub(in crate::engine) struct Plan {
    pub(super) states: Vec<State>,
    /// What is scheduled at the beginning.
    pub(super) scheduled: Vec<StateId>,
    /// An agenda carries out only those behind it.
    pub(super) agendas: Vec<Agenda>,
    /// The agendas that are carried out when the states of the flow and of the sub-flow are left.
    pub(super) on_leave: [Option<usize>; 2],
}

#[derive(Debug, Clone)]
pub(super) struct State {
    /// It belongs to the sub-flow.
    pub(super) borrowed: bool,
    /// It issues a ticket when it is entered.
    pub(super) ticket: bool,
    pub(super) back: bool,
    pub(super) actions: Vec<Action>,
}

#[derive(Debug, Clone)]
pub(super) struct Action {
    pub(super) name: &'static str,
    pub(super) offer: Option<Condition>,
    pub(super) rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) when: Option<Condition>,
    pub(super) gift: Option<bool>,
    pub(super) agenda: Option<usize>,
    pub(super) no_return: bool,
    pub(super) error: bool,
    pub(super) end: End,
}

#[derive(Debug, Clone)]
pub(super) enum End {
    Next,
    Stay,
    To(StateId),
    Refuse(&'static str, u64),
}

#[derive(Debug, Clone)]
pub(super) struct Agenda {
    pub(super) once: bool,
    pub(super) rules: Vec<(Option<Condition>, Task)>,
}

#[derive(Debug, Clone)]
pub(super) enum Task {
    Schedule(StateId),
    /// An agenda that comes this many behind the present one.
    Agenda(usize),
    Error,
    Choose(Vec<(Condition, StateId)>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    Gift,
    Coupon,
    MoreItemsThan(usize),
    From(StateId),
    Visited(StateId),
    Scheduled(StateId),
    Not(Box<Condition>),
}

fn condition() -> impl Strategy<Value = Condition> {
    let simple = prop_oneof![
        Just(Condition::Gift),
        Just(Condition::Coupon),
        (0..3_usize).prop_map(Condition::MoreItemsThan),
        (0..STATES).prop_map(Condition::From),
        (0..STATES).prop_map(Condition::Visited),
        (0..=STATES).prop_map(Condition::Scheduled),
    ];
    (simple, any::<bool>()).prop_map(|(simple, not)| if not { Condition::Not(Box::new(simple)) } else { simple })
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        3 => Just(End::Next),
        2 => Just(End::Stay),
        5 => (0..=STATES).prop_map(End::To),
        1 => Just(End::Refuse("card_declined", 402)),
        1 => Just(End::Refuse("gateway_down", 503)),
    ]
}

fn rule(agendas: usize) -> impl Strategy<Value = Rule> {
    let flag = || prop::bool::weighted(0.15);
    (option::of(any::<bool>()), option::weighted(0.3, 0..agendas), flag(), flag(), end())
        .prop_map(|(gift, agenda, no_return, error, end)| Rule { when: None, gift, agenda, no_return, error, end })
}

/// Rules of which the last has no condition, and no two the same.
fn rules(agendas: usize) -> impl Strategy<Value = Vec<Rule>> {
    (vec((condition(), rule(agendas)), 0..3), rule(agendas)).prop_map(|(conditional, last)| {
        let mut rules: Vec<Rule> = Vec::new();
        for (condition, rule) in conditional {
            if rules.iter().all(|other| other.when.as_ref() != Some(&condition)) {
                rules.push(Rule { when: Some(condition), ..rule });
            }
        }
        rules.push(last);
        rules
    })
}

fn state(number: StateId, agendas: usize) -> impl Strategy<Value = State> {
    let names = prop::sample::subsequence(vec!["add_item", "apply_coupon", "pay", "leap"], 0..=4);
    let others = vec((option::weighted(0.3, condition()), rules(agendas)), 4);
    (any::<(bool, bool, bool)>(), names, others, rules(agendas)).prop_map(
        move |((borrowed, ticket, back), names, others, mut rules)| {
            // Whatever else happens, `confirm` leads on to the next state in the end.
            if let Some(last) = rules.last_mut() {
                last.end = End::To(number + 1);
            }
            let confirm = Action { name: "confirm", offer: None, rules };
            let others = names.into_iter().zip(others).map(|(name, (offer, rules))| Action { name, offer, rules });
            let actions = std::iter::once(confirm).chain(others).collect();
            State { borrowed, ticket, back, actions }
        },
    )
}

fn agenda() -> impl Strategy<Value = Agenda> {
    let choice = vec((condition(), 0..=STATES), 1..3).prop_map(|mut choice| {
        choice.dedup_by(|a, b| a.0 == b.0);
        Task::Choose(choice)
    });
    let task = prop_oneof![
        4 => (0..=STATES).prop_map(Task::Schedule),
        1 => (1..3_usize).prop_map(Task::Agenda),
        1 => Just(Task::Error),
        2 => choice,
    ];
    (any::<bool>(), vec((option::of(condition()), task), 1..4)).prop_map(|(once, rules)| Agenda { once, rules })
}

/// A random plan.
pub(in crate::engine) fn plan() -> impl Strategy<Value = Plan> {
    const AGENDAS: usize = 3;
    let states: Vec<_> = (0..STATES).map(|number| state(number, AGENDAS)).collect();
    let on_leave = [option::weighted(0.4, 0..AGENDAS), option::weighted(0.4, 0..AGENDAS)];
    (states, vec(0..=STATES, 0..3), vec(agenda(), AGENDAS), on_leave).prop_map(
        |(states, scheduled, mut agendas, on_leave)| {
            for (number, agenda) in agendas.iter_mut().enumerate() {
                agenda.rules.retain(|(_, task)| !matches!(task, Task::Agenda(behind) if number + behind >= AGENDAS));
            }
            Plan { states, scheduled, agendas, on_leave }
        },
    )
}

impl Plan {
    /// The owner of a state: 0 is the flow, 1 the sub-flow.
    pub(super) fn owner(&self, state: StateId) -> usize {
        usize::from(self.states.get(state).is_some_and(|state| state.borrowed))
    }

    /// The graph files. JSON is YAML.
    pub(in crate::engine) fn texts(&self) -> Vec<String> {
        let part = |borrowed: bool| -> Map<String, Value> {
            let states = self.states.iter().enumerate().filter(|(_, state)| state.borrowed == borrowed);
            states.map(|(number, state)| (name(number), state.json())).collect()
        };
        let (mut own, borrowed) = (part(false), part(true));
        own.insert("done".to_owned(), json!({}));
        own.insert("error".to_owned(), json!({}));
        let agendas =
            self.agendas.iter().enumerate().map(|(number, agenda)| (agenda_name(number), agenda.json(number)));
        let on_leave = ["checkout", "extras"].into_iter().zip(self.on_leave);
        let on_leave = on_leave.filter(|(owner, _)| *owner == "checkout" || !borrowed.is_empty());
        let on_leave = on_leave.filter_map(|(owner, agenda)| Some((owner.to_owned(), agenda_name(agenda?).into())));
        let start = std::iter::once(0).chain(self.scheduled.iter().copied()).map(name);
        let flow = json!({
            "flow": "checkout",
            "start": start.collect::<Vec<_>>(),
            "use": if borrowed.is_empty() { json!([]) } else { json!(["extras"]) },
            "before_each_action": ["check_in"],
            "states": own,
            "agendas": agendas.collect::<Map<_, _>>(),
            "on_leave_subflow": on_leave.collect::<Map<_, _>>(),
        });
        let mut texts = vec![flow.to_string()];
        if !borrowed.is_empty() {
            texts.push(json!({"subflow": "extras", "states": borrowed}).to_string());
        }
        texts
    }
}

fn agenda_name(number: usize) -> String {
    format!("agenda_{number}")
}

impl State {
    fn json(&self) -> Value {
        let mut actions: Map<String, Value> =
            self.actions.iter().map(|action| (action.name.to_owned(), action.json())).collect();
        if self.back {
            actions.insert("back".to_owned(), Value::Null);
        }
        let on_enter = if self.ticket { json!(["issue_ticket"]) } else { json!([]) };
        json!({"payload": ["ticket", "advice"], "on_enter": on_enter, "actions": actions})
    }
}

impl Action {
    fn json(&self) -> Value {
        let rules: Value = self.rules.iter().map(Rule::json).collect();
        let mut action = match self.name {
            "leap" => json!({"description": "Leap.", "go": rules}),
            "pay" => json!({"outcomes": {"paid": rules, "on_account": rules}}),
            "add_item" => json!({"outcomes": {"added": rules}}),
            "apply_coupon" => json!({"outcomes": {"applied": rules}}),
            _ => json!({"outcomes": {"confirmed": rules}}),
        };
        if let Some(offer) = &self.offer {
            action["offer"] = offer.text().into();
        }
        action
    }
}

impl Rule {
    fn json(&self) -> Value {
        let mut rule = json!({"no_return": self.no_return});
        if let Some(when) = &self.when {
            rule["when"] = when.text().into();
        }
        if let Some(gift) = self.gift {
            rule["set"] = json!({"gift": gift});
        }
        if let Some(agenda) = self.agenda {
            rule["agenda"] = agenda_name(agenda).into();
        }
        if self.error {
            rule["error"] = "low_stock".into();
        }
        match self.end {
            End::Next => rule["to"] = "next".into(),
            End::Stay => rule["to"] = "stay".into(),
            End::To(state) => rule["to"] = name(state).into(),
            End::Refuse(code, _) => rule["refuse"] = code.into(),
        }
        rule
    }
}

impl Agenda {
    fn json(&self, number: usize) -> Value {
        let rules = self.rules.iter().map(|(when, task)| {
            let mut rule = match task {
                Task::Schedule(state) => json!({"schedule": name(*state)}),
                Task::Agenda(behind) => json!({"agenda": agenda_name(number + behind)}),
                Task::Error => json!({"error": "low_stock"}),
                Task::Choose(choice) => {
                    let one =
                        |(when, state): &(Condition, StateId)| json!({"when": when.text(), "schedule": name(*state)});
                    json!({"choose": choice.iter().map(one).collect::<Vec<_>>()})
                }
            };
            if let Some(when) = when {
                rule["when"] = when.text().into();
            }
            rule
        });
        json!({"once": self.once, "rules": rules.collect::<Vec<_>>()})
    }
}

impl Condition {
    fn text(&self) -> String {
        match self {
            Self::Gift => "gift".to_owned(),
            Self::Coupon => "coupon".to_owned(),
            Self::MoreItemsThan(number) => format!("cart.size > {number}"),
            Self::From(state) => format!("flow.previous == '{}'", name(*state)),
            Self::Visited(state) => format!("'{}' in flow.visited", name(*state)),
            Self::Scheduled(state) => format!("'{}' in flow.scheduled", name(*state)),
            Self::Not(condition) => format!("!({})", condition.text()),
        }
    }
}
