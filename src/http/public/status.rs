//! `GET /`: a page for people who wonder whether the server runs (spec chapter 04 section 5.1), on the public and the
//! admin server.

use poem::{Response, handler, http::StatusCode};

use crate::{
    http::{html, request::Call},
    storage::jwks,
};

const PAGE: &str = include_str!("status.html");

/// Says that the API is running, or that its database cannot be reached.
#[handler]
pub async fn status_page(call: Call<'_>) -> Response {
    let tenant = call.tenant();
    match jwks::all(&tenant.unit()).await {
        Ok(_) => {
            page(StatusCode::OK, "up", "The API is running", "Its documentation is at <a href=\"/docs\">/docs</a>.")
        }
        Err(error) => {
            tracing::error!(%error, "the database cannot be reached");
            let text = "The log of the server says why.";
            page(StatusCode::INTERNAL_SERVER_ERROR, "down", "The database cannot be reached", text)
        }
    }
}

fn page(status: StatusCode, class: &str, title: &str, text: &str) -> Response {
    let page = PAGE.replace("{{class}}", class).replace("{{title}}", title).replace("{{text}}", text);
    html::page(status, page)
}
