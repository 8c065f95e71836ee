//! `GET` and `POST /sessions/validate` (spec chapter 04 sections 5.6 to 5.8).

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Answer, Server};

const REMOVAL: &str = "hanko=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict";

async fn post(server: &Server, token: &str) -> Answer {
    let request = server.request("POST", "/sessions/validate").json(&json!({ "session_token": token }));
    Answer::of(request.send().await.unwrap()).await
}

fn invalid() -> (u16, Value) {
    (200, json!({ "is_valid": false }))
}

/// Covers API-143, API-144, API-148, API-149, SESS-34.
#[tokio::test]
async fn answers_200_also_for_sessions_that_are_not_good() {
    let server = Server::start("").await;
    let session = server.session(server.user("ada@example.org").await).await;
    assert_eq!(server.ask("GET", "/sessions/validate").await.outcome(), invalid());
    assert_eq!(server.ask_with_cookie("a.b.c", "GET", "/sessions/validate").await.outcome(), invalid());
    assert_eq!(server.ask_as(&session, "POST", "/logout").await.status, 204);
    let answer = server.ask_as(&session, "GET", "/sessions/validate").await;
    assert_eq!(answer.outcome(), invalid());
    assert_eq!(answer.header("cache-control"), None);
}

/// Covers API-145, API-146, API-150, API-151, API-152, API-157, API-158, API-159, API-161, SESS-35.
#[tokio::test]
async fn shows_what_the_token_of_a_good_session_says() {
    let (server, _) = Server::start_with_clock("").await;
    let user = server.user("ada@example.org").await;
    let session = server.session(user).await;
    let expected = json!({
        "is_valid": true,
        "claims": {
            "audience": ["localhost"],
            "email": { "address": "ada@example.org", "is_primary": true, "is_verified": true },
            "expiration": "2026-03-01T22:00:00Z",
            "issued_at": "2026-03-01T10:00:00Z",
            "session_id": session.id,
            "subject": user,
        },
        "expiration_time": "2026-03-01T22:00:00Z",
        "user_id": user,
    });
    for answer in [
        server.ask_as(&session, "GET", "/sessions/validate").await,
        server.ask_with_cookie(&session.token, "GET", "/sessions/validate").await,
        post(&server, &session.token).await,
    ] {
        assert_eq!(answer.outcome(), (200, expected.clone()));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

/// Covers API-156.
#[tokio::test]
async fn shows_custom_claims_at_the_top_level() {
    let yaml =
        "session: { issuer: me, jwt_template: { claims: { plan: pro, verified: '{{ .User.Email.IsVerified }}' } } }";
    let server = Server::start(yaml).await;
    let session = server.session(server.user("ada@example.org").await).await;
    let claims = server.ask_as(&session, "GET", "/sessions/validate").await.json()["claims"].clone();
    assert_eq!((&claims["plan"], &claims["verified"], &claims["issuer"]), (&json!("pro"), &json!(true), &json!("me")));
}

/// Covers API-147, API-162, SESS-30.
#[tokio::test]
async fn counts_as_use_only_when_a_token_was_posted() {
    let (server, clock) = Server::start_with_clock("").await;
    let session = server.session(server.user("ada@example.org").await).await;
    let last_used = async || server.session_row(session.id).await.unwrap().last_used.0;
    let begun = last_used().await;
    clock.advance(TimeDelta::minutes(1));
    server.ask_as(&session, "GET", "/sessions/validate").await;
    assert_eq!(last_used().await, begun);
    post(&server, &session.token).await;
    assert_eq!(last_used().await, begun + TimeDelta::minutes(1));
}

/// Covers API-153, API-154, SESS-36.
#[tokio::test]
async fn says_when_the_session_ends_unless_it_is_used() {
    let (server, clock) = Server::start_with_clock("session: { lifespan: 2h, idle_timeout: 90m }").await;
    let session = server.session(server.user("ada@example.org").await).await;
    let get = server.ask_as(&session, "GET", "/sessions/validate").await.json();
    assert_eq!(get["idle_expires_at"], "2026-03-01T11:30:00.25Z");
    clock.advance(TimeDelta::minutes(20));
    let posted = post(&server, &session.token).await.json();
    assert_eq!(posted["idle_expires_at"], "2026-03-01T11:50:00.25Z");
    clock.advance(TimeDelta::minutes(20));
    let posted = post(&server, &session.token).await.json();
    assert_eq!(posted["idle_expires_at"], "2026-03-01T12:00:00Z");
}

/// Covers API-155, SESS-31.
#[tokio::test]
async fn ends_an_idle_session_and_removes_its_cookie() {
    let (server, clock) = Server::start_with_clock("session: { idle_timeout: 30m }").await;
    let session = server.session(server.user("ada@example.org").await).await;
    clock.advance(TimeDelta::minutes(31));
    let answer = server.ask_with_cookie(&session.token, "GET", "/sessions/validate").await;
    assert_eq!(answer.outcome(), invalid());
    assert_eq!(answer.header("set-cookie"), Some(REMOVAL));
    assert!(server.session_row(session.id).await.is_none());
}

/// Covers API-169.
#[tokio::test]
async fn ends_an_idle_session_whose_token_was_posted() {
    let (server, clock) = Server::start_with_clock("session: { idle_timeout: 30m }").await;
    let session = server.session(server.user("ada@example.org").await).await;
    clock.advance(TimeDelta::minutes(31));
    let answer = post(&server, &session.token).await;
    assert_eq!(answer.outcome(), invalid());
    assert_eq!(answer.header("set-cookie"), Some(REMOVAL));
    assert!(server.session_row(session.id).await.is_none());
}

#[tokio::test]
async fn keeps_a_good_cookie_beside_an_idle_token_in_the_header() {
    let (server, clock) = Server::start_with_clock("session: { idle_timeout: 30m }").await;
    let user = server.user("ada@example.org").await;
    let old = server.session(user).await;
    clock.advance(TimeDelta::minutes(31));
    let new = server.session(user).await;
    let cookie = format!("hanko={}", new.token);
    let request = server.request("GET", "/sessions/validate").bearer_auth(&old.token).header("cookie", cookie);
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!((&answer.json()["is_valid"], answer.header("set-cookie")), (&json!(true), None));
}

/// Covers API-160.
#[tokio::test]
async fn takes_a_signed_token_of_another_kind_for_no_session() {
    let server = Server::start("").await;
    let claims = json!({ "sub": "hanko webhooks", "exp": 4_000_000_000_i64, "evt": "user", "data": {} });
    let token = server.tenant().keys.sign(&claims).await.unwrap();
    assert_eq!(server.ask_with_cookie(&token, "GET", "/sessions/validate").await.outcome(), invalid());
    assert_eq!(post(&server, &token).await.outcome(), invalid());
}

/// Covers API-163, API-164.
#[tokio::test]
async fn looks_only_at_the_token_that_was_posted() {
    let server = Server::start("").await;
    let session = server.session(server.user("ada@example.org").await).await;
    let request = server.request("POST", "/sessions/validate").bearer_auth(&session.token);
    let request = request.header("cookie", format!("hanko={}", session.token)).json(&json!({ "session_token": "x" }));
    assert_eq!(Answer::of(request.send().await.unwrap()).await.outcome(), invalid());
}

/// Covers API-017, API-018, API-165, API-166, API-167, API-168, SESS-38.
#[tokio::test]
async fn refuses_bodies_without_a_token() {
    let server = Server::start("").await;
    let send = async |content_type: Option<&str>, body: &'static str| {
        let mut request = server.request("POST", "/sessions/validate").body(body);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        Answer::of(request.send().await.unwrap()).await.outcome()
    };
    let error = |code: u16, message: &str| (code, json!({ "code": code, "message": message }));
    let missing = error(400, "code=400, message=session_token is a required field");
    let json_type = Some("application/json");
    assert_eq!(send(None, "").await, missing);
    assert_eq!(send(Some("text/plain"), "").await, missing);
    assert_eq!(send(json_type, "").await, missing);
    assert_eq!(send(json_type, "{}").await, missing);
    assert_eq!(send(json_type, "{\"session_token\":\"\"}").await, missing);
    assert_eq!(send(Some("application/x-www-form-urlencoded"), "session_token=a").await, missing);
    assert_eq!(send(json_type, "{").await, error(400, "unexpected EOF"));
    assert_eq!(send(json_type, "{\"session_token\":1}").await.0, 400);
    assert_eq!(send(Some("text/plain"), "{}").await, error(415, "Unsupported Media Type"));
}
