//! A client of the toy shop: takes one action after the other and looks at the answers.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Ledger, Lockers, Settings, Shop, Till, registry,
    till::{Row, Shelf},
};
use crate::{
    clock::ManualClock,
    engine::{Engine, FlowError, Graph, Graphs, Reply, Request, Source, compile},
    random::SeededRandom,
};

/// Compiles graphs of the shop; panics with all that is wrong with them.
pub(crate) fn graphs(texts: &[&str]) -> Vec<Graph<Shop>> {
    graphs_with(texts, &Settings::default())
}

/// Compiles graphs under settings.
pub(crate) fn graphs_with(texts: &[&str], settings: &Settings) -> Vec<Graph<Shop>> {
    match compile(&sources(texts), &[], &registry(), settings) {
        Ok(graphs) => graphs,
        Err(problems) => panic!("the graphs of the test are wrong:\n{problems}"),
    }
}

/// Texts as files that are called `0.yaml`, `1.yaml` and so on.
pub(crate) fn sources(texts: &[&str]) -> Vec<Source> {
    let source = |(index, text): (usize, &&str)| Source { file: format!("{index}.yaml"), text: (*text).to_owned() };
    texts.iter().enumerate().map(source).collect()
}

/// A shop that is open.
pub(crate) struct Checkout {
    pub(crate) engine: Engine<Shop>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) lockers: Arc<Lockers>,
    clock: Arc<ManualClock>,
}

impl Checkout {
    /// With these graphs, in debug mode, with a locker.
    pub(crate) fn new(texts: &[&str]) -> Self {
        Self::of(Graphs::new(graphs(texts)))
    }

    pub(crate) fn of(graphs: Graphs<Shop>) -> Self {
        Self::built(graphs, true, true)
    }

    pub(crate) fn built(graphs: Graphs<Shop>, debug: bool, locked: bool) -> Self {
        let clock = Arc::new(ManualClock::new(Self::opening()));
        let (ledger, lockers) = (Arc::new(Ledger::default()), Arc::new(Lockers::default()));
        let random = Arc::new(SeededRandom::new(7));
        let (settings, store) = (Arc::new(Settings::default()), Arc::new(Shelf));
        let engine = Engine::new(graphs, settings, store, Arc::clone(&clock) as _, random, debug);
        let engine = if locked { engine.with_locker(Arc::clone(&lockers) as _) } else { engine };
        Self { engine, ledger, lockers, clock }
    }

    /// The same shop after a restart with other graphs: what was written is still there.
    pub(crate) fn reopened(self, graphs: Graphs<Shop>) -> Self {
        Self { ledger: Arc::clone(&self.ledger), clock: self.clock, ..Self::of(graphs) }
    }

    /// When the shop opens.
    pub(crate) fn opening() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    pub(crate) fn wait(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    /// Starts the flow `checkout`.
    pub(crate) async fn start(&self) -> Walk<'_> {
        self.start_with("checkout", |_| {}).await
    }

    /// Starts a flow with a till that is told what to do wrong.
    pub(crate) async fn start_with(&self, flow: &str, prepare: impl FnOnce(&mut Till)) -> Walk<'_> {
        let mut till = Till::new(Arc::clone(&self.ledger));
        prepare(&mut till);
        let answer = Answer::new(self.engine.start(flow, &mut till).await, till);
        let id = answer.flow().unwrap_or_default();
        Walk { shop: self, flow: flow.to_owned(), id, csrf_token: answer.text("/csrf_token"), answer }
    }

    /// Sends a request to the flow `flow`.
    pub(crate) async fn request(&self, flow: &str, request: Request, prepare: impl FnOnce(&mut Till)) -> Answer {
        let mut till = Till::new(Arc::clone(&self.ledger));
        prepare(&mut till);
        Answer::new(self.engine.advance(flow, request, &mut till).await, till)
    }
}

/// One flow on its way.
pub(crate) struct Walk<'a> {
    pub(crate) shop: &'a Checkout,
    pub(crate) flow: String,
    pub(crate) id: Uuid,
    /// The token of the last answer that had one.
    pub(crate) csrf_token: String,
    pub(crate) answer: Answer,
}

impl Walk<'_> {
    /// Takes an action with the newest token.
    pub(crate) async fn take(&mut self, action: &str, inputs: Value) -> &Answer {
        self.take_with(action, inputs, |_| {}).await
    }

    /// Takes an action with a till that is told what to do wrong.
    pub(crate) async fn take_with(&mut self, action: &str, inputs: Value, prepare: impl FnOnce(&mut Till)) -> &Answer {
        let request = self.request(action, inputs);
        self.answer = self.shop.request(&self.flow, request, prepare).await;
        if let Some(token) = self.answer.response["csrf_token"].as_str().filter(|token| !token.is_empty()) {
            token.clone_into(&mut self.csrf_token);
        }
        &self.answer
    }

    /// The request that takes an action with the newest token.
    pub(crate) fn request(&self, action: &str, inputs: Value) -> Request {
        let Value::Object(inputs) = inputs else { panic!("inputs are an object") };
        Request { action: action.to_owned(), flow: self.id, inputs, csrf_token: self.csrf_token.clone() }
    }

    pub(crate) fn row(&self) -> Row {
        self.shop.ledger.row(self.id).unwrap()
    }

    /// The stored document.
    pub(crate) fn document(&self) -> Value {
        serde_json::from_str(&self.row().document).unwrap()
    }

    /// The stored stash.
    pub(crate) fn stash(&self) -> Value {
        self.document()["data"].clone()
    }
}

/// An answer of the shop.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What the client sees.
    pub(crate) response: Value,
    /// The error with its cause, as it is logged.
    pub(crate) error: Option<FlowError>,
    /// What ran, and what was sent.
    pub(crate) till: Till,
}

impl Answer {
    pub(crate) fn new(reply: Reply, till: Till) -> Self {
        Self { response: serde_json::to_value(&reply.response).unwrap(), error: reply.error, till }
    }

    fn text(&self, pointer: &str) -> String {
        self.response.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub(crate) fn state(&self) -> String {
        self.text("/name")
    }

    /// State and status.
    pub(crate) fn place(&self) -> (String, u64) {
        (self.state(), self.response["status"].as_u64().unwrap())
    }

    /// The code of the error, or nothing.
    pub(crate) fn code(&self) -> String {
        self.text("/error/code")
    }

    /// What is logged about the error.
    pub(crate) fn cause(&self) -> String {
        self.error.as_ref().and_then(|error| error.cause.clone()).unwrap_or_default()
    }

    pub(crate) fn payload(&self) -> &Value {
        &self.response["payload"]
    }

    /// The names of the actions that are offered, sorted.
    pub(crate) fn actions(&self) -> Vec<&str> {
        self.response["actions"].as_object().unwrap().keys().map(String::as_str).collect()
    }

    pub(crate) fn input(&self, action: &str, input: &str) -> &Value {
        &self.response["actions"][action]["inputs"][input]
    }

    /// The id of the flow, as it stands in the addresses of the actions.
    fn flow(&self) -> Option<Uuid> {
        let actions = self.response["actions"].as_object()?;
        let (_, id) = actions.values().next()?["href"].as_str()?.split_once("%40")?;
        id.parse().ok()
    }

    /// Asserts that this is the body of a rejection with this status and code.
    #[track_caller]
    pub(crate) fn assert_rejected(&self, status: u16, code: &str) {
        let mut response = self.response.clone();
        let error = response["error"].take();
        assert_eq!(error["code"], code);
        let bare = json!({
            "name": "error", "status": status, "csrf_token": "", "actions": {}, "error": null, "links": null
        });
        assert_eq!(response, bare);
    }
}
