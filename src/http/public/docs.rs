//! `GET /openapi.json` and `GET /docs`: the OpenAPI document of the public server, and a page that renders it.

use hyper::body::Bytes;
use poem::{
    Route,
    endpoint::make_sync,
    get,
    http::{HeaderValue, StatusCode},
};

use crate::http::{html, json::whole};

/// Adds both to `routes`; `document` is the finished OpenAPI document as JSON.
#[must_use]
pub fn add(routes: Route, document: Bytes) -> Route {
    let json = HeaderValue::from_static("application/json");
    let document = make_sync(move |_| whole(StatusCode::OK, json.clone(), document.clone()));
    let page = make_sync(|_| html::page(StatusCode::OK, include_str!("docs.html")));
    routes.at("/openapi.json", get(document)).at("/docs", get(page))
}
