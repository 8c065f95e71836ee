//! What happens to every request before and after its handler, as one endpoint around all routes: each part below does
//! one thing and knows nothing of the others, and no request pays for a stack of wrappers.

mod access_log;
mod client_ip;
mod cors;
mod request_id;

use std::{any::Any, sync::Arc, time::Instant};

pub use access_log::{AccessLog, Entry, Outcome};
pub use client_ip::{ClientIp, Source};
pub use cors::Cors;
use poem::{
    Endpoint, EndpointExt, IntoEndpoint, Request, Response, Result,
    endpoint::BoxEndpoint,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::CatchPanic,
};
pub use request_id::{X_REQUEST_ID, request_id};

use crate::{
    app::App,
    http::{error::ApiError, json::BODY_LIMIT, request::Arrival},
};

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// The gateway of one server.
pub struct Gateway {
    app: Arc<App>,
    client_ip: ClientIp,
    log: AccessLog,
    cors: Option<Cors>,
    debug: bool,
    routes: BoxEndpoint<'static, Response>,
}

impl Gateway {
    /// The gateway in front of `routes`. Without `cors` OPTIONS is a method like any other; with `debug` errors show
    /// their causes.
    pub fn new(
        app: Arc<App>,
        client_ip: ClientIp,
        log: AccessLog,
        routes: impl IntoEndpoint<Endpoint: 'static>,
    ) -> Self {
        let routes = routes.map_to_response().with(CatchPanic::new().with_handler(panicked)).boxed();
        Self { app, client_ip, log, cors: None, debug: false, routes }
    }

    /// Lets other origins in.
    #[must_use]
    pub fn with_cors(self, cors: Cors) -> Self {
        Self { cors: Some(cors), ..self }
    }

    /// Shows the causes of errors to the client.
    #[must_use]
    pub fn with_debug(self, debug: bool) -> Self {
        Self { debug, ..self }
    }

    /// The answer, and why it is an error.
    async fn answer(&self, request: Request) -> (Response, String) {
        let method = request.method().clone();
        let error = match self.dispatch(request).await {
            Ok(response) => match response.data::<Panicked>() {
                None => return (response, String::new()),
                Some(Panicked(text)) => ApiError::internal(format!("panic: {text}")),
            },
            Err(error) => ApiError::from(error),
        };
        let cause = error.chain();
        let status = error.status();
        let mut response = error.respond(self.debug);
        if method == Method::HEAD {
            response = Response::builder().status(status).finish();
        }
        (response, cause)
    }

    async fn dispatch(&self, request: Request) -> Result<Response> {
        // There are no HEAD routes (spec chapter 04 section 2.8), and the router would make one of every GET.
        if request.method() == Method::HEAD {
            return Err(StatusCode::NOT_FOUND.into());
        }
        if announced_length(&request) > BODY_LIMIT as u64 {
            return Err(StatusCode::PAYLOAD_TOO_LARGE.into());
        }
        self.routes.call(request).await
    }
}

impl Endpoint for Gateway {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let started = Instant::now();
        let id = request_id(request.headers(), self.app.random.as_ref());
        let client_ip = self.client_ip.resolve(request.remote_addr(), request.headers());
        let entry = self.log.begin(&request);
        let preflight = self.cors.as_ref().filter(|_| request.method() == Method::OPTIONS);
        let (mut response, error) = match preflight {
            Some(cors) => (cors.preflight(request.headers()), String::new()),
            None => {
                let origin = self.cors.as_ref().and_then(|cors| cors.allow(request.headers()));
                let tenant = Arc::clone(self.app.tenant());
                request.set_data(Arrival { id: id.clone(), client_ip, tenant });
                let (mut response, error) = self.answer(request).await;
                if let Some(cors) = &self.cors {
                    cors.mark(origin, response.headers_mut());
                }
                (response, error)
            }
        };
        if response.status().is_server_error() {
            tracing::error!(request_id = id.to_str().unwrap_or_default(), error, "a request failed");
        }
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
        if let Some(entry) = entry {
            self.log.end(
                &entry,
                &Outcome {
                    time: self.app.clock.now(),
                    id: &id,
                    remote_ip: client_ip,
                    status: response.status(),
                    error: &error,
                    latency: started.elapsed(),
                    bytes_out: length(&response),
                },
            );
        }
        response.headers_mut().insert(X_REQUEST_ID, id);
        Ok(response)
    }
}

/// What a handler's panic left behind in the answer.
#[derive(Debug, Clone)]
struct Panicked(String);

fn panicked(payload: Box<dyn Any + Send>) -> Response {
    let text = payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    Response::builder().extension(Panicked(text)).finish()
}

fn announced_length(request: &Request) -> u64 {
    request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0)
}

fn length(response: &Response) -> u64 {
    response.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0)
}
