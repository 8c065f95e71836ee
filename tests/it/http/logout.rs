//! `POST /logout` (spec chapter 04 section 5.5).

use sea_orm::EntityTrait;
use sealflow::storage::entities::audit_logs;
use serde_json::json;

use crate::support::Server;

/// Covers API-007, API-102, API-136, API-137, API-141, SESS-39, SESS-40.
#[tokio::test]
async fn ends_this_session_and_no_other() {
    let server = Server::start("").await;
    let user = server.user("ada@example.org").await;
    let (here, elsewhere) = (server.session(user).await, server.session(user).await);
    let answer = server.ask_with_cookie(&here.token, "POST", "/logout").await;
    assert_eq!((answer.status, answer.text.as_str(), answer.header("content-type")), (204, "", None));
    let removal = "hanko=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict";
    assert_eq!(answer.header("set-cookie"), Some(removal));
    assert!(server.session_row(here.id).await.is_none());
    assert_eq!(server.ask_as(&here, "GET", "/me").await.status, 401);
    assert_eq!(server.ask_as(&elsewhere, "GET", "/me").await.status, 200);
}

/// Covers API-140.
#[tokio::test]
async fn keeps_the_cookie_when_there_is_no_session() {
    let server = Server::start("").await;
    let answer = server.ask_with_cookie("a.b.c", "POST", "/logout").await;
    assert_eq!(answer.outcome(), (401, json!({"code": 401, "message": "Unauthorized"})));
    assert_eq!(answer.header("set-cookie"), None);
}

/// Covers API-142.
#[tokio::test]
async fn accepts_the_content_type_of_a_body_that_is_not_there() {
    let server = Server::start("").await;
    let session = server.session(server.user("ada@example.org").await).await;
    let request = server.request("POST", "/logout").bearer_auth(&session.token);
    let request = request.header("content-type", "application/json").header("content-length", "0");
    assert_eq!(request.send().await.unwrap().status(), 204);
}

/// Covers API-139.
#[tokio::test]
async fn records_who_logged_out() {
    let server = Server::start("audit_log: { mask: false, storage: { enabled: true } }").await;
    let user = server.user("ada@example.org").await;
    let session = server.session(user).await;
    let request = server.request("POST", "/logout").bearer_auth(&session.token);
    request.header("x-request-id", "trace-1").header("user-agent", "browser").send().await.unwrap();
    let rows = audit_logs::Entity::find().all(&server.tenant().unit().read()).await.unwrap();
    let [row] = rows.try_into().unwrap();
    assert_eq!((row.r#type.as_str(), row.error.as_deref()), ("user_logged_out", None));
    assert_eq!(row.actor_user_id.map(|id| id.0), Some(user));
    assert_eq!(row.actor_email.as_deref(), Some("ada@example.org"));
    assert_eq!(row.meta_http_request_id, "trace-1");
    assert_eq!((row.meta_source_ip.as_str(), row.meta_user_agent.as_str()), ("127.0.0.1", "browser"));
}
