//! HTML pages that are complete in themselves: no script, style or font of theirs comes from anywhere else.

use poem::{
    Response,
    http::{HeaderValue, StatusCode, header},
};

/// An answer with a page.
#[must_use]
pub fn page(status: StatusCode, html: impl Into<String>) -> Response {
    let mut response = Response::builder().status(status).body(html.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=UTF-8"));
    response
}
