//! `GET /health/alive`, `GET /health/ready` (spec chapter 04 section 5.2), on the public and the admin server.

use poem_openapi::OpenApi;
use schemars::JsonSchema;
use serde::Serialize;

use crate::http::{json::Json, tags::Tag};

/// The health endpoints. They look at nothing: a server that answers is alive, and it answers only when it is ready.
#[derive(Debug)]
pub struct HealthApi;

/// The server is alive.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Alive {
    /// Always true.
    pub alive: bool,
}

/// The server is ready for requests.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ready {
    /// Always true.
    pub ready: bool,
}

#[OpenApi(tag = "Tag::Health")]
impl HealthApi {
    /// Is the server alive?
    ///
    /// Needs no database.
    #[oai(path = "/health/alive", method = "get", operation_id = "get_health_alive")]
    async fn alive(&self) -> Json<Alive> {
        Json(Alive { alive: true })
    }

    /// Is the server ready for requests?
    ///
    /// Needs no database.
    #[oai(path = "/health/ready", method = "get", operation_id = "get_health_ready")]
    async fn ready(&self) -> Json<Ready> {
        Json(Ready { ready: true })
    }
}
