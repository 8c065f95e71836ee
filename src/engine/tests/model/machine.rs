//! A simple model of the engine, written from spec chapter 01 (sections 8 and 9) with the improvements that it asks for.

use serde_json::{Value, json};

use super::plan::{Action, Condition, End, Plan, Rule, STATES, StateId, Task, name};
use crate::engine::testing::Stash;

/// The number of the state `error`.
const ERROR: StateId = STATES + 1;

/// What an answer should be.
#[derive(Debug)]
pub(super) enum Expected {
    /// The action is not offered.
    Rejected,
    /// A failure whose cause begins like this.
    Failed(&'static str),
    /// The flow has moved.
    Answer { state: String, status: u64, offered: Vec<&'static str> },
}

#[derive(Debug, Clone)]
struct Place {
    state: StateId,
    previous: Option<StateId>,
    scheduled: Vec<StateId>,
    done: Vec<usize>,
    stash: Stash,
}

/// A flow in the model.
pub(super) struct Machine<'a> {
    plan: &'a Plan,
    hash: Value,
    place: Place,
    history: Vec<(Place, bool)>,
}

/// What a request has gathered so far.
struct Request {
    stash: Stash,
    scheduled: Vec<StateId>,
    done: Vec<usize>,
    no_return: bool,
    status: u64,
}

/// How an action ended.
enum Act {
    Outcome,
    Refused(u64),
    Failed(&'static str),
}

impl<'a> Machine<'a> {
    /// A flow that has just begun; its hash is none of the model's business and taken from the stored document.
    pub(super) fn start(plan: &'a Plan, stored: &Value) -> Self {
        let place = Place {
            state: 0,
            previous: None,
            scheduled: plan.scheduled.clone(),
            done: Vec::new(),
            stash: Stash::default(),
        };
        let mut machine = Self { plan, hash: stored["graph"].clone(), place, history: Vec::new() };
        machine.place.stash = machine.entered(0, Stash::default());
        machine
    }

    pub(super) fn take(&mut self, action: &str, inputs: &Value) -> Expected {
        if !self.offered().contains(&action) {
            return Expected::Rejected;
        }
        if action == "back" {
            return self.back();
        }
        let plan = self.plan;
        let Some(found) = plan.states[self.place.state].actions.iter().find(|known| known.name == action) else {
            return Expected::Rejected;
        };
        let stash = self.place.stash.clone();
        let mut request = Request { stash, scheduled: Vec::new(), done: Vec::new(), no_return: false, status: 200 };
        match act(action, inputs, &mut request.stash) {
            Act::Failed(cause) => Expected::Failed(cause),
            Act::Refused(status) => self.refuse(status),
            Act::Outcome => self.follow(found, request),
        }
    }

    fn follow(&mut self, action: &Action, mut request: Request) -> Expected {
        let applies = |rule: &&Rule| rule.when.as_ref().is_none_or(|when| self.holds(when, &request.stash));
        let Some(rule) = action.rules.iter().find(applies) else { return Expected::Failed("no rule") };
        if let Some(gift) = rule.gift {
            request.stash.gift = gift;
        }
        if rule.error {
            request.status = 409;
        }
        request.no_return = rule.no_return;
        if let Some(agenda) = rule.agenda {
            self.carry_out(agenda, &mut request);
        }
        match rule.end {
            End::Refuse(_, status) => return self.refuse(status),
            End::Next => {}
            End::Stay => request.scheduled.push(self.place.state),
            End::To(state) => request.scheduled.push(state),
        }
        self.advance(request)
    }

    fn advance(&mut self, mut request: Request) -> Expected {
        let plan = self.plan;
        let owner = plan.owner(self.place.state);
        let upcoming = request.scheduled.iter().chain(&self.place.scheduled).next();
        if upcoming.is_none_or(|next| plan.owner(*next) != owner)
            && let Some(agenda) = plan.on_leave[owner]
        {
            self.carry_out(agenda, &mut request);
        }
        let mut queue = request.scheduled.clone();
        queue.extend(&self.place.scheduled);
        if queue.is_empty() {
            return Expected::Failed("nothing is scheduled");
        }
        let next = queue.remove(0);
        let stash = self.entered(next, request.stash);
        let mut place = Place {
            state: next,
            previous: self.place.previous,
            scheduled: queue,
            done: self.place.done.clone(),
            stash,
        };
        place.done.extend(request.done);
        if next != self.place.state {
            place.previous = Some(self.place.state);
            self.history.push((self.place.clone(), !request.no_return));
        }
        self.place = place;
        self.answer(request.status)
    }

    fn refuse(&mut self, status: u64) -> Expected {
        let next = if status < 500 { self.place.state } else { ERROR };
        self.place.stash = self.entered(next, self.place.stash.clone());
        if next != self.place.state {
            self.place.previous = Some(self.place.state);
            self.place.state = next;
        }
        self.answer(status)
    }

    fn back(&mut self) -> Expected {
        let Some((place, true)) = self.history.pop() else { return Expected::Rejected };
        let coupon = self.place.stash.coupon.clone();
        let stash = self.entered(place.state, Stash { coupon, ..place.stash.clone() });
        self.place = Place { stash, ..place };
        self.answer(200)
    }

    /// The stash after the effects of a state that is entered.
    fn entered(&self, state: StateId, mut stash: Stash) -> Stash {
        if self.plan.states.get(state).is_some_and(|state| state.ticket) {
            stash.ticket += 1;
        }
        stash
    }

    fn carry_out(&self, number: usize, request: &mut Request) {
        let agenda = &self.plan.agendas[number];
        if agenda.once {
            if self.place.done.contains(&number) || request.done.contains(&number) {
                return;
            }
            request.done.push(number);
        }
        for (when, task) in &agenda.rules {
            if when.as_ref().is_some_and(|when| !self.holds(when, &request.stash)) {
                continue;
            }
            match task {
                Task::Schedule(state) => request.scheduled.push(*state),
                Task::Agenda(behind) => self.carry_out(number + behind, request),
                Task::Error => request.status = 409,
                Task::Choose(choice) => {
                    let chosen = choice.iter().find(|(when, _)| self.holds(when, &request.stash));
                    request.scheduled.extend(chosen.map(|(_, state)| *state));
                }
            }
        }
    }

    fn holds(&self, condition: &Condition, stash: &Stash) -> bool {
        match condition {
            Condition::Gift => stash.gift,
            Condition::Coupon => stash.coupon.is_some(),
            Condition::MoreItemsThan(number) => stash.items.len() > *number,
            Condition::From(state) => self.place.previous == Some(*state),
            Condition::Visited(state) => self.history.iter().any(|(place, _)| place.state == *state),
            Condition::Scheduled(state) => self.place.scheduled.contains(state),
            Condition::Not(condition) => !self.holds(condition, stash),
        }
    }

    fn offered(&self) -> Vec<&'static str> {
        let Some(state) = self.plan.states.get(self.place.state) else { return Vec::new() };
        let is_offered =
            |action: &&Action| action.offer.as_ref().is_none_or(|condition| self.holds(condition, &self.place.stash));
        let mut offered: Vec<_> = state.actions.iter().filter(is_offered).map(|action| action.name).collect();
        if state.back && self.history.last().is_some_and(|(_, revertible)| *revertible) {
            offered.push("back");
        }
        offered.sort_unstable();
        offered
    }

    fn answer(&self, status: u64) -> Expected {
        Expected::Answer { state: title(self.place.state), status, offered: self.offered() }
    }

    /// The document as it should be stored.
    pub(super) fn document(&self) -> Value {
        let mut document = self.place.json();
        document["flow"] = "checkout".into();
        document["graph"] = self.hash.clone();
        if !self.history.is_empty() {
            let snapshots = self.history.iter().map(|(place, revertible)| {
                let mut snapshot = place.json();
                snapshot["revertible"] = (*revertible).into();
                snapshot
            });
            document["hist"] = snapshots.collect();
        }
        document
    }
}

impl Place {
    fn json(&self) -> Value {
        let scheduled: Vec<String> = self.scheduled.iter().copied().map(title).collect();
        let mut place = json!({"state": title(self.state), "scheduled": scheduled, "data": self.stash});
        if let Some(previous) = self.previous {
            place["prev_state"] = title(previous).into();
        }
        if !self.done.is_empty() {
            place["done"] = self.done.iter().map(|number| format!("agenda_{number}")).collect();
        }
        place
    }
}

fn title(state: StateId) -> String {
    if state == ERROR { "error".to_owned() } else { name(state) }
}

/// What the actions of the shop do.
fn act(action: &str, inputs: &Value, stash: &mut Stash) -> Act {
    let text = |name: &str| inputs[name].as_str().unwrap_or_default().trim().to_lowercase();
    match action {
        "add_item" => {
            let item = text("item");
            if item.is_empty() || item.len() > 20 || item == "unicorn" {
                return Act::Refused(400);
            }
            stash.items.push(item);
        }
        "apply_coupon" => stash.coupon = Some(text("code")),
        "pay" => {
            let card = text("card");
            stash.items.push(card.clone());
            match card.as_str() {
                "" => return Act::Refused(400),
                "declined" => return Act::Refused(402),
                "down" => return Act::Refused(503),
                "jam" => return Act::Failed("the reader is jammed"),
                _ => {}
            }
        }
        _ => {}
    }
    Act::Outcome
}
