//! HTML pages that are complete in themselves: no script, style or font of theirs comes from anywhere else.

use hyper::body::Bytes;
use poem::{
    IntoResponse, Response,
    http::{HeaderValue, StatusCode},
};
use poem_openapi::{
    ApiResponse,
    registry::{MetaResponses, Registry},
};

use super::json::whole;

/// An answer with a page.
#[must_use]
pub fn page(status: StatusCode, html: impl Into<Bytes>) -> Response {
    whole(status, HeaderValue::from_static("text/html; charset=UTF-8"), html)
}

/// A page as the answer of an endpoint. Pages are for people: no OpenAPI document describes them.
#[derive(Debug)]
pub struct Page(pub Response);

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Page {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![] }
    }

    fn register(_: &mut Registry) {}
}
