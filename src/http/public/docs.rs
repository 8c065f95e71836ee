//! `GET /openapi.json` and `GET /docs`: the OpenAPI document of the public server, and a page that renders it.

use std::sync::Arc;

use poem::{
    Response, Route,
    endpoint::make_sync,
    get,
    http::{HeaderValue, StatusCode, header},
};

use crate::http::html;

/// Adds both to `routes`; `document` is the finished OpenAPI document as JSON.
#[must_use]
pub fn add(routes: Route, document: Arc<str>) -> Route {
    let document = make_sync(move |_| {
        let mut response = Response::from(document.to_string());
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    });
    let page = make_sync(|_| html::page(StatusCode::OK, include_str!("docs.html")));
    routes.at("/openapi.json", get(document)).at("/docs", get(page))
}
