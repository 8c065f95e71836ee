//! What is there, what is not, and how both look (spec chapter 04 sections 2.8, 5.1, 5.2, 5.11).

use serde_json::json;

use crate::support::{Answer, Server};

fn assert_not_found(answer: &Answer, what: &str) {
    let expected = (404, json!({"code": 404, "message": "Not Found"}));
    assert_eq!(answer.outcome(), expected, "{what}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
}

/// Covers API-006, API-108, API-109.
#[tokio::test]
async fn answers_health_checks_on_both_servers() {
    let server = Server::start("").await;
    for base in [&server.base, &server.admin] {
        for (path, body) in [("/health/alive", "{\"alive\":true}\n"), ("/health/ready", "{\"ready\":true}\n")] {
            let answer = Answer::of(server.http.get(format!("{base}{path}")).send().await.unwrap()).await;
            assert_eq!((answer.status, answer.text.as_str()), (200, body));
            assert_eq!(answer.header("content-type"), Some("application/json"));
        }
    }
}

/// Covers API-106, API-107, API-110.
#[tokio::test]
async fn tells_people_whether_the_database_can_be_reached() {
    let server = Server::start("").await;
    let up = server.ask("GET", "/").await;
    assert_eq!((up.status, up.header("content-type")), (200, Some("text/html; charset=UTF-8")));
    assert!(up.text.contains("The API is running"));

    server.tenant().database.close().await;
    let down = server.ask("GET", "/").await;
    assert_eq!((down.status, down.header("content-type")), (500, Some("text/html; charset=UTF-8")));
    assert!(down.text.contains("database cannot be reached"));
    assert_eq!(server.ask("GET", "/health/ready").await.status, 200);
}

/// Covers API-009, API-025, API-026, API-028, API-040, API-115.
#[tokio::test]
async fn does_not_know_other_paths_and_methods() {
    let server = Server::start("").await;
    for (method, path) in [
        ("GET", "/nope"),
        ("POST", "/me"),
        ("DELETE", "/sessions/validate"),
        ("PATCH", "/health/alive"),
        ("GET", "/me/"),
        ("GET", "//me"),
        ("GET", "/health"),
        ("GET", "/.well-known/config"),
    ] {
        let answer = server.ask(method, path).await;
        assert_not_found(&answer, &format!("{method} {path}"));
        assert!(answer.header("x-request-id").is_some());
    }
}

/// Covers API-027, API-032.
#[tokio::test]
async fn does_not_know_other_paths_and_methods_of_the_admin_server() {
    let server = Server::start("").await;
    let id = "7b6f9f52-6c2e-4ad0-9c5e-0a2f6f6b6a10";
    for (method, path) in [
        ("GET", "/nope".to_owned()),
        ("OPTIONS", "/users".to_owned()),
        ("TRACE", format!("/users/{id}/password")),
        ("GET", format!("/users/{id}/password/")),
    ] {
        let request = server.admin_request(method, &path);
        assert_not_found(&Answer::of(request.send().await.unwrap()).await, &format!("{method} {path}"));
    }
}

/// Covers API-033.
#[tokio::test]
async fn has_no_head_routes() {
    let server = Server::start("").await;
    for request in [server.request("HEAD", "/health/alive"), server.admin_request("HEAD", "/health/alive")] {
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!((answer.status, answer.text.as_str()), (404, ""));
        assert_eq!(answer.header("content-type"), None);
    }
}

/// Covers API-171.
#[tokio::test]
async fn has_none_of_the_endpoints_of_earlier_versions() {
    let server = Server::start("").await;
    for path in [
        "/user",
        "/users",
        "/users/7b6f9f52-6c2e-4ad0-9c5e-0a2f6f6b6a10",
        "/passcode/login/initialize",
        "/passcode/login/finalize",
        "/password",
        "/password/login",
        "/webauthn/login/initialize",
        "/emails",
        "/emails/1/set_primary",
        "/token",
        "/thirdparty/auth",
        "/saml/provider",
        "/.well-known/config",
    ] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            assert_not_found(&server.ask(method, path).await, &format!("{method} {path}"));
        }
    }
}
