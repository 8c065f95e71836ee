//! A system that hooks call: it keeps what it was told, and can be told to behave badly.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::stream;
use poem::{
    Body, Endpoint, Request, Response,
    http::{HeaderMap, StatusCode},
    listener::{Acceptor, Listener, TcpListener},
};
use serde_json::Value;
use tokio::sync::Notify;

use super::Server;

/// A receiver on a port of its own. Clones are the same receiver.
#[derive(Clone)]
pub(crate) struct Receiver(Arc<State>);

struct State {
    port: u16,
    calls: Mutex<Vec<Call>>,
    manners: Mutex<Manners>,
    changed: Notify,
    let_go: Notify,
}

/// How a receiver answers.
#[derive(Debug, Clone)]
pub(crate) enum Manners {
    /// With this status.
    Status(u16),
    /// With this status and a `Location`.
    Redirect(u16, String),
    /// With a body that never ends.
    Endless,
    /// With this status, but not before it is let go.
    Held(u16),
}

/// A call that a receiver got.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Call {
    /// The header of this name.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The event that the call is about.
    pub(crate) fn event(&self) -> String {
        self.json()["event"].as_str().unwrap().to_owned()
    }

    /// The body.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The claims of the token, which must be one of `server`.
    pub(crate) async fn claims(&self, server: &Server) -> Value {
        let body = self.json();
        Value::Object(server.tenant().keys.verify(body["token"].as_str().unwrap()).await.unwrap())
    }

    /// What the token tells.
    pub(crate) async fn data(&self, server: &Server) -> Value {
        self.claims(server).await["data"].clone()
    }
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let port = acceptor.local_addr()[0].as_socket_addr().unwrap().port();
        let receiver = Self(Arc::new(State {
            port,
            calls: Mutex::default(),
            manners: Mutex::new(Manners::Status(200)),
            changed: Notify::new(),
            let_go: Notify::new(),
        }));
        tokio::spawn(poem::Server::new_with_acceptor(acceptor).run(receiver.clone()));
        receiver
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.0.port)
    }

    /// Its URL with a name that leads to the same host.
    pub(crate) fn url_by_name(&self) -> String {
        format!("http://localhost:{}/hook", self.0.port)
    }

    /// The configuration of a hook here for these events.
    pub(crate) fn configured(&self, events: &str) -> String {
        format!("webhooks: {{ enabled: true, hooks: [{{ callback: '{}', events: [{events}] }}] }}", self.url())
    }

    pub(crate) fn behave(&self, manners: Manners) {
        *self.0.manners.lock().unwrap() = manners;
    }

    /// Lets those go that wait for an answer.
    pub(crate) fn let_go(&self) {
        self.0.let_go.notify_waiters();
    }

    /// What it was told so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.0.calls.lock().unwrap().clone()
    }

    /// Waits until it has been told so much.
    pub(crate) async fn called(&self, times: usize) -> Vec<Call> {
        loop {
            let changed = self.0.changed.notified();
            let calls = self.calls();
            if calls.len() >= times {
                return calls;
            }
            changed.await;
        }
    }

    /// The events that it was told of, in the order of the calls, once there are so many.
    pub(crate) async fn events(&self, count: usize) -> Vec<String> {
        self.called(count).await.iter().map(Call::event).collect()
    }
}

impl Endpoint for Receiver {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let body = request.take_body().into_string().await?;
        let call = Call {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            headers: request.headers().clone(),
            body,
        };
        let let_go = self.0.let_go.notified();
        let manners = self.0.manners.lock().unwrap().clone();
        self.0.calls.lock().unwrap().push(call);
        self.0.changed.notify_waiters();
        let status = |status: u16| Response::builder().status(StatusCode::from_u16(status).unwrap());
        Ok(match manners {
            Manners::Status(code) => status(code).finish(),
            Manners::Redirect(code, location) => status(code).header("location", location).finish(),
            Manners::Endless => {
                let chunks = stream::unfold((), async |()| {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    Some((Ok::<_, std::io::Error>(vec![b'a'; 16 * 1024]), ()))
                });
                status(200).body(Body::from_bytes_stream(Box::pin(chunks)))
            }
            Manners::Held(code) => {
                let_go.await;
                status(code).finish()
            }
        })
    }
}
