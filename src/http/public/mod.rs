//! The public server, which browsers and relying parties talk to: one file per endpoint.

pub mod docs;
pub mod flows;
pub mod health;
pub mod jwks;
pub mod logout;
pub mod mails;
pub mod me;
pub mod page;
pub mod status;
pub mod validate;

use hyper::body::Bytes;
use poem::{Route, post};
use poem_openapi::OpenApiService;
use serde_json::Value;

use crate::http::tags;

/// What the public server shows besides its API.
#[derive(Debug, Clone)]
pub struct Pages {
    /// Whether `/` shows the built-in page; otherwise it says that the server runs.
    pub built_in: bool,
    /// The OpenAPI document, served at `/openapi.json`.
    pub openapi: Bytes,
}

type Apis = (
    status::RootApi,
    health::HealthApi,
    jwks::JwksApi,
    me::MeApi,
    logout::LogoutApi,
    validate::ValidateApi,
    mails::MailsApi,
);

fn service(built_in: bool) -> OpenApiService<Apis, ()> {
    let apis = (
        status::RootApi { built_in },
        health::HealthApi,
        jwks::JwksApi,
        me::MeApi,
        logout::LogoutApi,
        validate::ValidateApi,
        mails::MailsApi,
    );
    OpenApiService::new(apis, "Sealflow public API", env!("CARGO_PKG_VERSION"))
        .description("Sign-up, sign-in and profiles as flows, and the sessions that come of them.")
}

/// The OpenAPI document of everything here, that is, without the flows.
#[must_use]
pub fn public_api_spec() -> Value {
    tags::arranged(serde_json::from_str(&service(false).spec()).unwrap_or_default())
}

/// The routes of the public server, with an endpoint for each of `flows`.
#[must_use]
pub fn routes(pages: Pages, flows: impl IntoIterator<Item = String>) -> Route {
    let mut routes = docs::add(Route::new(), pages.openapi);
    for flow in flows {
        routes = routes.at(format!("/{flow}"), post(flows::FlowEndpoint::new(flow)));
    }
    routes.nest("/", service(pages.built_in))
}
