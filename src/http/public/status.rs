//! `GET /` (spec chapter 04 section 5.1): the built-in page, or a page for people who wonder whether the server runs. On
//! the public and the admin server.

use poem::{Response, http::StatusCode};
use poem_openapi::OpenApi;

use super::page;
use crate::{
    http::{
        html::{self, Page},
        request::Call,
    },
    storage::jwks,
};

const PAGE: &str = include_str!("status.html");

/// The page at the root. It is for people, so that the OpenAPI document leaves it out.
#[derive(Debug)]
pub struct RootApi {
    /// Whether it is the built-in page; otherwise it says whether the server runs.
    pub built_in: bool,
}

#[OpenApi]
impl RootApi {
    #[oai(path = "/", method = "get", hidden)]
    async fn root(&self, call: Call<'_>) -> Page {
        Page(if self.built_in { page::page() } else { status(call).await })
    }
}

async fn status(call: Call<'_>) -> Response {
    match jwks::count(&call.tenant().unit()).await {
        Ok(_) => shown(StatusCode::OK, "up", "The API is running", "It is described at /docs."),
        Err(error) => {
            tracing::error!(%error, "the database cannot be reached");
            let text = "The log of the server says why.";
            shown(StatusCode::INTERNAL_SERVER_ERROR, "down", "The database cannot be reached", text)
        }
    }
}

fn shown(status: StatusCode, class: &str, title: &str, text: &str) -> Response {
    html::page(status, PAGE.replace("{{class}}", class).replace("{{title}}", title).replace("{{text}}", text))
}
