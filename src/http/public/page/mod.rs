//! The built-in page: one self-contained document that renders any state of any flow from its answer. It is how one tries
//! a flow, and the reference for one's own user interface.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use poem::{
    Response,
    http::{HeaderValue, StatusCode, header},
};

use crate::http::html;

/// The scripts in the order in which they build on each other; together they are one module.
const SCRIPTS: [&str; 8] = [
    include_str!("js/dom.js"),
    include_str!("js/labels.js"),
    include_str!("js/client.js"),
    include_str!("js/webauthn.js"),
    include_str!("js/form.js"),
    include_str!("js/inspector.js"),
    include_str!("js/mailbox.js"),
    include_str!("js/page.js"),
];

/// The page and the policy that lets exactly its own script and style run.
struct Page {
    document: String,
    policy: HeaderValue,
}

static PAGE: LazyLock<Page> = LazyLock::new(|| {
    let (style, script) = (include_str!("page.css"), SCRIPTS.join("\n"));
    let document = include_str!("index.html").replace("/*{{css}}*/", style).replace("/*{{js}}*/", &script);
    // The frame that shows mails inherits the policy, and mails bring styles of their own; they may load nothing.
    let policy = format!(
        "default-src 'none'; script-src {}; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        source(&script),
    );
    Page { document, policy: HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'")) }
});

/// A script or style as a policy names it (Content Security Policy level 3, section 2.3.1).
fn source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

/// The page.
#[must_use]
pub(super) fn page() -> Response {
    let mut response = html::page(StatusCode::OK, PAGE.document.as_str());
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, PAGE.policy.clone());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_document_that_loads_nothing() {
        let document = &PAGE.document;
        assert!(!document.contains("{{"), "every part is in its place");
        for remote in ["src=\"http", "href=\"http", "@import", "url(http", "import("] {
            assert!(!document.contains(remote), "{remote}");
        }
    }
}
