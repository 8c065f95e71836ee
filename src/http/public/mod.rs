//! The public server, which browsers and relying parties talk to: one file per endpoint.

pub mod docs;
pub mod health;
pub mod jwks;
pub mod logout;
pub mod mails;
pub mod me;
pub mod status;
pub mod validate;

use std::sync::Arc;

use poem::{Response, Route, endpoint::make_sync, get, http::StatusCode};
use poem_openapi::OpenApiService;
use serde_json::Value;

use crate::http::html;

/// What the public server shows besides its API.
#[derive(Debug, Clone)]
pub struct Pages {
    /// The built-in page, served at `/`; without it, a status page is.
    pub home: Option<Arc<str>>,
    /// The OpenAPI document, served at `/openapi.json`.
    pub openapi: Arc<str>,
}

type Apis = (
    health::HealthApi,
    jwks::JwksApi,
    me::MeApi,
    logout::LogoutApi,
    validate::ValidateApi,
    mails::MailsApi,
);

fn service() -> OpenApiService<Apis, ()> {
    let apis = (
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
///
/// # Panics
///
/// Never: the document is made of types that are known to be JSON.
#[must_use]
pub fn public_api_spec() -> Value {
    serde_json::from_str(&service().spec()).unwrap_or_default()
}

/// The routes of the public server, without the flows.
#[must_use]
pub fn routes(pages: Pages) -> Route {
    let routes = docs::add(Route::new(), pages.openapi);
    let routes = match pages.home {
        Some(home) => routes.at("/", get(make_sync(move |_| -> Response { html::page(StatusCode::OK, &*home) }))),
        None => routes.at("/", get(status::status_page)),
    };
    routes.nest("/", service())
}
