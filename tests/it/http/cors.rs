//! Cross-origin requests (spec chapter 04 section 3.6).

use crate::support::{Answer, Server};

const PAGE: &str = "http://localhost:8888";

async fn ask(server: &Server, method: &str, path: &str, origin: &str) -> Answer {
    let request = server.request(method, path).header("origin", origin).header("access-control-request-method", "POST");
    Answer::of(request.send().await.unwrap()).await
}

fn cors_headers(answer: &Answer) -> Vec<String> {
    answer.headers.keys().map(ToString::to_string).filter(|name| name.starts_with("access-control-")).collect()
}

/// Covers API-059, API-069, API-070, API-077.
#[tokio::test]
async fn answers_every_preflight_without_asking_anything_else() {
    let server = Server::start("").await;
    server.tenant().database.close().await;
    for path in ["/me", "/nope", "/sessions/validate"] {
        let answer = ask(&server, "OPTIONS", path, PAGE).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
        let vary = ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"];
        assert_eq!(answer.all("vary"), vary);
        assert_eq!(answer.header("content-type"), None);
    }
}

/// Covers API-007, API-058, API-065, API-066.
#[tokio::test]
async fn serves_foreign_origins_without_headers() {
    let server = Server::start("").await;
    for (method, status) in [("OPTIONS", 204), ("GET", 200)] {
        let answer = ask(&server, method, "/sessions/validate", "https://evil.example").await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.all("vary"), ["Origin"]);
        assert!(cors_headers(&answer).is_empty());
    }
    assert_eq!(server.ask("GET", "/sessions/validate").await.all("vary"), ["Origin"]);
}

/// Covers API-064, API-071.
#[tokio::test]
async fn lets_an_allowed_page_read_errors() {
    let server = Server::start("cors: { allow_origins: ['https://*.example.org'] }").await;
    for (path, status) in [("/me", 401), ("/nope", 404)] {
        let answer = ask(&server, "GET", path, "https://app.example.org").await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example.org"));
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
        assert!(answer.header("access-control-expose-headers").unwrap().starts_with("Retry-After,"));
    }
}

/// Covers API-079.
#[tokio::test]
async fn sends_no_headers_from_the_admin_server() {
    let server = Server::start("").await;
    let request = server.admin_request("GET", "/health/alive").header("origin", PAGE);
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert!(cors_headers(&answer).is_empty() && answer.header("vary").is_none());
}

/// Covers API-078.
#[tokio::test]
async fn honors_the_older_place_of_the_origins() {
    let server = Server::start("server: { public: { cors: { allow_origins: ['https://old.example'] } } }").await;
    let answer = ask(&server, "GET", "/health/alive", "https://old.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://old.example"));
}
