//! `GET /me` and the session that it needs (spec chapter 04 sections 4 and 5.4).

use chrono::TimeDelta;
use serde_json::json;

use crate::support::{Answer, Server};

fn unauthorized() -> (u16, serde_json::Value) {
    (401, json!({"code": 401, "message": "Unauthorized"}))
}

/// Covers API-008, API-082, API-116, API-117, API-121, API-124, API-125.
#[tokio::test]
async fn shows_the_user_of_the_session() {
    let (server, _) = Server::start_with_clock("").await;
    let user = server.user("Ada@example.org").await;
    let session = server.session(user).await;
    let answer = server.ask_as(&session, "GET", "/me").await;
    let body = answer.json();
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    assert_eq!(
        body,
        json!({
            "id": user, "user_id": user,
            "mfa_config": { "auth_app_set_up": false, "totp_enabled": true, "security_keys_enabled": true },
            "emails": [{
                "id": body["emails"][0]["id"], "address": "ada@example.org", "is_verified": true, "is_primary": true
            }],
            "created_at": "2026-03-01T10:00:00.25Z", "updated_at": "2026-03-01T10:00:00.25Z",
        })
    );
}

/// Covers API-118, API-119.
#[tokio::test]
async fn says_which_second_factors_can_be_used() {
    for (yaml, totp, security_keys) in [
        ("mfa: { enabled: false }", false, false),
        ("mfa: { totp: { enabled: false } }", false, true),
        ("mfa: { security_keys: { enabled: false } }", true, false),
    ] {
        let server = Server::start(yaml).await;
        let session = server.session(server.user("ada@example.org").await).await;
        let body = server.ask_as(&session, "GET", "/me").await.json();
        let expected =
            json!({ "auth_app_set_up": false, "totp_enabled": totp, "security_keys_enabled": security_keys });
        assert_eq!(body["mfa_config"], expected, "{yaml}");
    }
}

/// Covers API-084, API-086, API-087, SESS-23, SESS-25.
#[tokio::test]
async fn accepts_the_cookie_also_beside_a_bad_header() {
    for yaml in ["", "session: { cookie: { name: sid } }"] {
        let server = Server::start(yaml).await;
        let session = server.session(server.user("ada@example.org").await).await;
        assert_eq!(server.ask_with_cookie(&session.token, "GET", "/me").await.status, 200);
        let name = if yaml.is_empty() { "hanko" } else { "sid" };
        let request = server.request("GET", "/me").bearer_auth("a.b.c");
        let request = request.header("cookie", format!("{name}={}", session.token));
        assert_eq!(Answer::of(request.send().await.unwrap()).await.status, 200);
    }
}

/// Covers API-088, API-090, API-093, SESS-27, SESS-28.
#[tokio::test]
async fn refuses_requests_without_a_good_session() {
    let server = Server::start("").await;
    let session = server.session(server.user("ada@example.org").await).await;
    assert_eq!(server.ask("GET", "/me").await.outcome(), unauthorized());
    let (signed, signature) = session.token.rsplit_once('.').unwrap();
    let flipped: String = signature.chars().rev().collect();
    for token in ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", &format!("{signed}.{flipped}")] {
        let answer = server.ask_with_cookie(token, "GET", "/me").await;
        assert_eq!(answer.outcome(), unauthorized(), "{token}");
        assert!(answer.header("set-cookie").is_none() && answer.header("www-authenticate").is_none());
    }
    assert_eq!(server.ask_as(&session, "POST", "/logout").await.status, 204);
    assert_eq!(server.ask_as(&session, "GET", "/me").await.outcome(), unauthorized());
}

/// Covers API-089.
#[tokio::test]
async fn refuses_an_expired_token() {
    let (server, clock) = Server::start_with_clock("session: { lifespan: 1h }").await;
    let session = server.session(server.user("ada@example.org").await).await;
    clock.advance(TimeDelta::minutes(59));
    assert_eq!(server.ask_as(&session, "GET", "/me").await.status, 200);
    clock.advance(TimeDelta::minutes(1));
    assert_eq!(server.ask_as(&session, "GET", "/me").await.outcome(), unauthorized());
}

/// Covers API-092.
#[tokio::test]
async fn refuses_tokens_that_are_not_of_a_session() {
    let server = Server::start("").await;
    let user = server.user("ada@example.org").await;
    let session = server.session(user).await;
    let now = chrono::DateTime::UNIX_EPOCH.timestamp();
    let exp = 4_000_000_000_i64;
    for claims in [
        json!({ "sub": user, "iat": now, "exp": exp }),
        json!({ "sub": "hanko webhooks", "iat": now, "exp": exp, "evt": "user" }),
        // A session of somebody else.
        json!({ "sub": uuid::Uuid::nil(), "session_id": session.id, "iat": now, "exp": exp }),
    ] {
        let token = server.tenant().keys.sign(&claims).await.unwrap();
        assert_eq!(server.ask_with_cookie(&token, "GET", "/me").await.outcome(), unauthorized(), "{claims}");
    }
}

/// Covers API-094.
#[tokio::test]
async fn does_not_look_at_audience_and_issuer() {
    let server = Server::start("").await;
    let user = server.user("ada@example.org").await;
    let session = server.session(user).await;
    let claims = json!({ "sub": user, "session_id": session.id, "exp": 4_000_000_000_i64, "aud": ["x"], "iss": "y" });
    let token = server.tenant().keys.sign(&claims).await.unwrap();
    assert_eq!(server.ask_with_cookie(&token, "GET", "/me").await.status, 200);
}

/// Covers API-095, API-096, SESS-30.
#[tokio::test]
async fn counts_as_use_of_the_session() {
    let (server, clock) = Server::start_with_clock("").await;
    let session = server.session(server.user("ada@example.org").await).await;
    let begun = server.session_row(session.id).await.unwrap();
    clock.advance(TimeDelta::minutes(5));
    assert_eq!(server.ask_as(&session, "GET", "/me").await.status, 200);
    let used = server.session_row(session.id).await.unwrap();
    assert_eq!(used.last_used.0 - begun.last_used.0, TimeDelta::minutes(5));
    assert_eq!(used.updated_at, used.last_used);
    assert_eq!(used.created_at, begun.created_at);
}

/// Covers API-097, API-098, API-100.
#[tokio::test]
async fn ends_a_session_that_was_idle_for_too_long() {
    let (server, clock) = Server::start_with_clock("session: { idle_timeout: 30m }").await;
    let session = server.session(server.user("ada@example.org").await).await;
    clock.advance(TimeDelta::minutes(30));
    assert_eq!(server.ask_as(&session, "GET", "/me").await.status, 200);
    clock.advance(TimeDelta::minutes(30) + TimeDelta::microseconds(1));
    let answer = server.ask_with_cookie(&session.token, "GET", "/me").await;
    assert_eq!(answer.outcome(), unauthorized());
    let removal = "hanko=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict";
    assert_eq!(answer.header("set-cookie"), Some(removal));
    assert!(server.session_row(session.id).await.is_none());
    let again = server.ask_with_cookie(&session.token, "GET", "/me").await;
    assert_eq!((again.status, again.header("set-cookie")), (401, None));
}

/// Covers API-101, SESS-33.
#[tokio::test]
async fn keeps_idle_sessions_when_nothing_else_is_configured() {
    let (server, clock) = Server::start_with_clock("session: { lifespan: 1000h, idle_timeout: 0m }").await;
    let session = server.session(server.user("ada@example.org").await).await;
    clock.advance(TimeDelta::hours(999));
    assert_eq!(server.ask_as(&session, "GET", "/me").await.status, 200);
}
