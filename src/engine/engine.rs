//! The engine: takes one request to one flow and answers it (spec chapter 01, section 9).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Map, Value};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{
    document::{Document, Place},
    domain::{Domain, Locker, Store, StoredFlow, UnitOfWork},
    error::{self, Failure, FlowError, Undone},
    graph::Graph,
    input::Submission,
    run::{Run, Stored},
    situation::Situation,
    wire::Response,
};
use crate::{
    clock::Clock,
    random::{ALPHANUMERIC, Random},
};

/// Length of the token that ties a request to one version of a flow.
const CSRF_TOKEN_LENGTH: usize = 32;
/// How often a step is taken that other requests are in the way of.
const TRIES: u32 = 3;

/// The graphs of all flows: the present ones, and older ones on which flows are still under way.
pub struct Graphs<D: Domain> {
    present: BTreeMap<String, Arc<Graph<D>>>,
    older: BTreeMap<(String, String), Arc<Graph<D>>>,
}

impl<D: Domain> Graphs<D> {
    /// The present graphs.
    #[must_use]
    pub fn new(graphs: Vec<Graph<D>>) -> Self {
        let present = graphs.into_iter().map(|graph| (graph.name.clone(), Arc::new(graph))).collect();
        Self { present, older: BTreeMap::new() }
    }

    /// Adds graphs of which flows may still be under way. New flows never begin on them.
    #[must_use]
    pub fn with_older(mut self, graphs: Vec<Graph<D>>) -> Self {
        for graph in graphs {
            self.older.insert((graph.name.clone(), graph.hash.clone()), Arc::new(graph));
        }
        self
    }

    /// The present graph of a flow.
    #[must_use]
    pub fn get(&self, flow: &str) -> Option<&Arc<Graph<D>>> {
        self.present.get(flow)
    }

    /// The present graphs by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Graph<D>>> {
        self.present.values()
    }

    /// The graph on which a flow began.
    fn of(&self, flow: &str, hash: &str) -> Option<&Arc<Graph<D>>> {
        let present = self.present.get(flow).filter(|graph| graph.hash == hash);
        present.or_else(|| self.older.get(&(flow.to_owned(), hash.to_owned())))
    }
}

/// An action that a client wants to take.
#[derive(Debug, Clone)]
pub struct Request {
    /// The name of the action.
    pub action: String,
    /// The id of the flow.
    pub flow: Uuid,
    /// The inputs.
    pub inputs: Submission,
    /// The token of the last answer.
    pub csrf_token: String,
}

/// An answer, with what is to be logged about it and nobody else's business.
#[derive(Debug)]
pub struct Reply {
    /// The flow, unless the request was rejected before it changed anything.
    pub flow: Option<Uuid>,
    /// What the client is told.
    pub response: Response,
    /// The error with its cause, whatever of it the client is told.
    pub error: Option<FlowError>,
}

/// Runs flows.
pub struct Engine<D: Domain> {
    graphs: Graphs<D>,
    settings: Arc<D::Settings>,
    store: Arc<dyn Store<D>>,
    locker: Option<Arc<dyn Locker>>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    debug: bool,
}

/// What came of a request that did not fail: an answer, or the reason for which it was rejected.
type Judged = Result<Reply, FlowError>;

impl<D: Domain> Engine<D> {
    /// An engine without a lock; in debug mode the causes of errors are shown to clients.
    #[must_use]
    pub fn new(
        graphs: Graphs<D>,
        settings: Arc<D::Settings>,
        store: Arc<dyn Store<D>>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        debug: bool,
    ) -> Self {
        Self { graphs, settings, store, locker: None, clock, random, debug }
    }

    /// The same engine, which answers only one request to a flow at a time.
    #[must_use]
    pub fn with_locker(mut self, locker: Arc<dyn Locker>) -> Self {
        self.locker = Some(locker);
        self
    }

    /// The graphs that it runs.
    #[must_use]
    pub const fn graphs(&self) -> &Graphs<D> {
        &self.graphs
    }

    /// The answer to a request that is rejected before any flow is looked at.
    #[must_use]
    pub fn reject(&self, error: FlowError) -> Reply {
        Reply { flow: None, response: Response::rejection(&error, self.debug), error: Some(error) }
    }

    /// Starts a flow.
    pub async fn start(&self, flow: &str, context: &mut D::Context) -> Reply {
        let result = self.begin(flow, context).await;
        self.finish(result, context).await.unwrap_or_else(|undone| self.reject(undone.told()))
    }

    /// Takes an action of a flow.
    pub async fn advance(&self, flow: &str, request: Request, context: &mut D::Context) -> Reply {
        let lock = match &self.locker {
            None => None,
            Some(locker) => match locker.try_lock(request.flow).await {
                Ok(Some(lock)) => Some(lock),
                Ok(None) => return self.reject(error::TECHNICAL.because("the flow is locked by another request")),
                Err(failure) => return self.reject(error::TECHNICAL.because(failure)),
            },
        };
        let reply = self.persist(flow, &request, context).await;
        // What is committed stays committed, whatever becomes of the lock.
        if let Some(lock) = lock
            && let Err(failure) = lock.release().await
        {
            tracing::warn!(flow = %request.flow, %failure, "the lock on the flow was not released");
        }
        reply
    }

    /// Takes the step, and takes it again if another request was in the way, for it to find what that one wrote: an action
    /// that looks whether a name is taken, and is overtaken by somebody who takes it, then says so.
    async fn persist(&self, flow: &str, request: &Request, context: &mut D::Context) -> Reply {
        let mut tries = 0;
        loop {
            let result = self.step(flow, request, context).await;
            tries += 1;
            match self.finish(result, context).await {
                Ok(reply) => return reply,
                Err(undone) if undone.raced && tries < TRIES => {
                    tracing::debug!(flow = %request.flow, failure = %undone.failure, "a step is taken again");
                }
                Err(undone) => return self.reject(undone.told()),
            }
        }
    }

    async fn finish(&self, result: Result<Judged, Failure>, context: &mut D::Context) -> Result<Reply, Undone> {
        let failure = match result {
            Ok(judged) => match context.commit().await {
                Ok(()) => return Ok(judged.unwrap_or_else(|error| self.reject(error))),
                Err(failure) => failure,
            },
            Err(failure) => failure,
        };
        let raced = context.rollback().await;
        Err(Undone { failure, raced })
    }

    async fn begin(&self, flow: &str, context: &mut D::Context) -> Result<Judged, Failure> {
        let Some(graph) = self.graphs.get(flow) else { return Err(format!("there is no flow {flow}").into()) };
        let place = Place {
            state: graph.start.clone(),
            previous: None,
            scheduled: graph.scheduled.clone(),
            done: Vec::new(),
            stash: D::Stash::default(),
        };
        let document = Document {
            flow: graph.name.clone(),
            graph: graph.hash.clone(),
            place,
            history: Vec::new(),
            passed: BTreeSet::new(),
        };
        let mut run = Run::new(graph, &self.settings, context, self.random.uuid(), document);
        run.enter_first().await?;
        let (document, view) = run.into_stored()?;
        let flow = StoredFlow {
            id: view.id,
            version: 0,
            csrf_token: self.token(),
            expires_at: self.clock.now() + graph.lifetime,
            document: Some(document),
        };
        self.store.insert(context, &flow).await?;
        Ok(Ok(self.reply(view, flow.csrf_token)))
    }

    async fn step(&self, flow: &str, request: &Request, context: &mut D::Context) -> Result<Judged, Failure> {
        if request.action.is_empty() {
            return Ok(Err(error::TECHNICAL.because("the action has no name")));
        }
        let Some(mut stored) = self.store.load(context, request.flow).await? else {
            return Ok(Err(error::NOT_PERMITTED.because("there is no such flow")));
        };
        if self.clock.now() > stored.expires_at {
            return Ok(Err(error::EXPIRED));
        }
        let same = stored.csrf_token.as_bytes().ct_eq(request.csrf_token.as_bytes());
        let Some(document) = stored.document.take() else {
            return Ok(Err(error::EXPIRED.because("the flow was begun by another program")));
        };
        if document.flow != flow {
            let cause = format!("the flow is not a {flow} but a {}", document.flow);
            return Ok(Err(error::NOT_PERMITTED.because(cause)));
        }
        if stored.csrf_token.is_empty() || !bool::from(same) {
            return Ok(Err(error::NOT_PERMITTED.because("the csrf token does not match")));
        }
        let Some(graph) = self.graphs.of(flow, &document.graph) else {
            return Ok(Err(error::EXPIRED.because("the graph on which the flow began is gone")));
        };
        let state = graph.state(&document.place.state)?;
        let Some(action) = state.actions.get(&request.action) else {
            let cause = format!("{} has no action {}", state.name, request.action);
            return Ok(Err(error::NOT_PERMITTED.because(cause)));
        };
        let mut run = Run::new(graph, &self.settings, context, stored.id, document);
        if let Err(rejection) = run.admit(action).await? {
            return Ok(Err(rejection));
        }
        run.take(action, request.inputs.clone()).await?;
        let (document, view) = run.into_stored()?;
        stored.version += 1;
        stored.csrf_token = self.token();
        stored.document = Some(document);
        if !self.store.update(context, &stored).await? {
            return Err("another request changed the flow at the same time".into());
        }
        Ok(Ok(self.reply(view, stored.csrf_token)))
    }

    /// What a flow offers where it is now and what not, with the reasons. For those who write graphs, not for clients: it
    /// tells what the flow knows. `None` when there is no such flow, or none that this engine can continue.
    ///
    /// # Errors
    ///
    /// When the flow cannot be loaded, or a guard not be decided.
    pub async fn explain(&self, flow: Uuid, context: &mut D::Context) -> Result<Option<Situation>, Failure> {
        let stored = self.store.load(context, flow).await?;
        let Some(document) = stored.and_then(|stored| stored.document) else { return Ok(None) };
        let Some(graph) = self.graphs.of(&document.flow, &document.graph) else { return Ok(None) };
        Run::new(graph, &self.settings, context, flow, document).situation().map(Some)
    }

    fn token(&self) -> String {
        self.random.text(ALPHANUMERIC, CSRF_TOKEN_LENGTH)
    }

    fn reply(&self, view: Stored, csrf_token: String) -> Reply {
        let status = view.error.as_ref().map_or(200, |error| error.status);
        let error = view.error.as_ref().map(|error| super::wire::ErrorView::of(error, self.debug));
        let links = (!view.links.is_empty()).then_some(view.links);
        let payload: Option<Map<String, Value>> = Some(view.payload);
        let response = Response { name: view.name, status, payload, csrf_token, actions: view.actions, error, links };
        Reply { flow: Some(view.id), response, error: view.error }
    }
}
