//! The session that the profile needs (spec chapter 03, section 2).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::ADA;
use crate::support::{Answer, flow::Site, receiver::Receiver};

async fn asked(site: &Site, header: &str, value: &str) -> (u16, Value) {
    let request = site.request("POST", "/profile").header(header, value);
    Answer::of(request.send().await.unwrap()).await.outcome()
}

fn is_unauthorized(outcome: (u16, Value)) {
    let (status, body) = outcome;
    let message = body["error"]["message"].clone();
    assert!(message.is_string(), "{body:#}");
    let expected = json!({
        "name": "error", "status": 401, "csrf_token": "", "actions": {}, "links": null,
        "error": { "code": "unauthorized", "message": message },
    });
    assert_eq!((status, body), (401, expected));
}

/// Covers PROF-001, PROF-002, PROF-016.
#[tokio::test]
async fn nobody_sees_a_profile_without_a_session() {
    let site = Site::start("").await;
    is_unauthorized(site.ask("POST", "/profile").await.outcome());
    let session = site.session(site.user(ADA).await).await;
    let mut flow = site.profile(&session).await;
    let before = site.rows("flows", &["id", "version", "csrf_token", "data"]).await;
    let token = std::mem::take(&mut flow.session);
    is_unauthorized(flow.overhear(flow.request("session_delete", json!({}))).await);
    is_unauthorized(flow.send_raw("session_delete", "application/json", "{".to_owned()).await);
    assert_eq!(site.rows("flows", &["id", "version", "csrf_token", "data"]).await, before);
    flow.session = token;
    flow.act("no_such_action", json!({})).await.is_rejected(403, "operation_not_permitted_error");
}

/// Covers PROF-003, PROF-004, PROF-005, PROF-006.
#[tokio::test]
async fn a_session_is_shown_by_header_or_cookie() {
    let site = Site::start("session: { cookie: { name: sid } }").await;
    let token = site.session(site.user(ADA).await).await.token;
    for (bearer, cookie) in [
        (None, Some(token.as_str())),
        (Some(token.as_str()), None),
        (Some("a.b.c"), Some(token.as_str())),
        (Some(token.as_str()), Some("a.b.c")),
    ] {
        let mut request = site.request("POST", "/profile");
        if let Some(token) = bearer {
            request = request.header("authorization", format!("bEARER {token}"));
        }
        if let Some(token) = cookie {
            request = request.header("cookie", format!("sid={token}"));
        }
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!((answer.status, &answer.json()["name"]), (200, &json!("preflight")));
        grants_nothing(&answer);
    }
}

fn grants_nothing(answer: &Answer) {
    for header in ["set-cookie", "x-auth-token", "x-session-lifetime", "x-session-retention"] {
        assert_eq!(answer.header(header), None);
    }
}

/// Covers PROF-015, PROF-261.
#[tokio::test]
async fn no_answer_grants_a_session() {
    let yaml = "session: { cookie: { retention: prompt }, enable_auth_token_header: true }, mfa: { enabled: true }";
    let (site, clock) = Site::start_with_clock(&format!("{{ {yaml} }}")).await;
    let session = site.session(site.user(ADA).await).await;
    site.execute(
        "INSERT INTO trusted_devices (id, user_id, device_token, expires_at, created_at, updated_at, tenant_id) \
         SELECT id, id, 'token', created_at, created_at, updated_at, tenant_id FROM users",
    )
    .await;
    let mut flow = site.init_as("profile", Some(session.token.clone())).await;
    grants_nothing(&flow.answer);
    for (action, inputs, status) in [
        ("register_client_capabilities", json!({ "webauthn_available": true }), 200),
        ("password_create", json!({ "password": "correct horse" }), 200),
        ("password_update", json!({ "password": "battery staple" }), 200),
        ("patch_metadata", json!({}), 400),
        ("account_delete", json!({}), 403),
        ("continue_to_otp_secret_creation", json!({}), 200),
        ("back", json!({}), 200),
        ("webauthn_credential_create", json!({}), 200),
        ("back", json!({}), 200),
        ("email_create", json!({ "email": "new@example.org" }), 200),
        ("resend_passcode", json!({}), 200),
        ("verify_passcode", json!({ "code": "nocode" }), 400),
        ("back", json!({}), 200),
    ] {
        // Nor is the session renewed.
        clock.advance(TimeDelta::minutes(1));
        flow.act(action, inputs).await.reaches(status);
        grants_nothing(&flow.answer);
    }
    flow.act("email_create", json!({ "email": "new@example.org" })).await;
    flow.confirm("new@example.org").await.is("profile_init");
    grants_nothing(&flow.answer);
    assert_eq!((site.count("sessions").await, site.count("trusted_devices").await), (1, 1));
}

/// Covers PROF-008, PROF-009, PROF-010, PROF-011.
#[tokio::test]
async fn tokens_that_name_no_session_are_worth_nothing() {
    let site = Site::start("").await;
    let user = site.user(ADA).await;
    let session = site.session(user).await;
    let elsewhere = Site::start("").await;
    let foreign = elsewhere.session(elsewhere.user(ADA).await).await.token;
    is_unauthorized(asked(&site, "authorization", &format!("Bearer {foreign}")).await);
    let sign = async |claims: Value| site.tenant().keys.sign(&claims).await.unwrap();
    let nameless = sign(json!({ "sub": user, "exp": 4_000_000_000_i64 })).await;
    is_unauthorized(asked(&site, "authorization", &format!("Bearer {nameless}")).await);
    let other =
        sign(json!({ "sub": user, "session_id": session.id, "exp": 4_000_000_000_i64, "aud": ["x"], "iss": "y" }))
            .await;
    assert_eq!(asked(&site, "authorization", &format!("Bearer {other}")).await.0, 200);
    site.ask_as(&session, "POST", "/logout").await;
    is_unauthorized(asked(&site, "authorization", &format!("Bearer {}", session.token)).await);
}

/// Covers PROF-007, PROF-012, PROF-014.
#[tokio::test]
async fn each_call_counts_as_use_until_the_token_expires() {
    let (site, clock) = Site::start_with_clock("session: { lifespan: 20h }").await;
    let session = site.session(site.user(ADA).await).await;
    let mut flow = site.profile(&session).await;
    clock.advance(TimeDelta::hours(19));
    flow.act("no_such_action", json!({})).await.is_rejected(403, "operation_not_permitted_error");
    let row = site.session_row(session.id).await.unwrap();
    assert_eq!(row.last_used.0 - row.created_at.0, TimeDelta::hours(19));
    clock.advance(TimeDelta::hours(1));
    flow.act("no_such_action", json!({})).await.is_rejected(401, "unauthorized");
}

/// Covers PROF-013.
#[tokio::test]
async fn a_session_that_was_idle_for_too_long_ends() {
    let receiver = Receiver::start().await;
    let yaml = format!("{{ session: {{ idle_timeout: 30m }}, {} }}", receiver.configured("session"));
    let (site, clock) = Site::start_with_clock(&yaml).await;
    let session = site.session(site.user(ADA).await).await;
    let mut flow = site.profile(&session).await;
    clock.advance(TimeDelta::minutes(31));
    flow.act("no_such_action", json!({})).await.is_rejected(401, "unauthorized");
    let removal = flow.answer.header("set-cookie").unwrap();
    assert!(removal.starts_with("hanko=; Path=/; Max-Age=0"), "{removal}");
    assert!(site.session_row(session.id).await.is_none());
    let told = receiver.called(1).await.remove(0);
    assert_eq!(
        (told.event().as_str(), &told.data(&site).await["id"]),
        ("session.delete.passive.expire", &json!(session.id))
    );
}

/// Covers PROF-025, PROF-026.
#[tokio::test]
async fn a_flow_belongs_to_the_account_that_began_it() {
    let site = Site::start("account: { allow_deletion: true }").await;
    let user = site.user(ADA).await;
    let session = site.session(user).await;
    let grace = site.session(site.user("grace@example.org").await).await;
    let mut flow = site.profile(&session).await;
    flow.session.clone_from(&grace.token);
    flow.act("account_delete", json!({})).await.is_rejected(403, "operation_not_permitted_error");
    assert_eq!(site.count("users").await, 2);
    // Another session of the same account may go on.
    flow.session = site.session(user).await.token;
    let mut login = site.init("login").await;
    let href = login.href("register_client_capabilities").replace("/login", "/profile");
    let body = json!({ "csrf_token": login.token(), "input_data": {} });
    let answer = Answer::of(flow.post(&href).json(&body).send().await.unwrap()).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (403, &json!("operation_not_permitted_error")));
    login.act("register_client_capabilities", json!({})).await.is("login_init");
    flow.act("account_delete", json!({})).await.is("account_deleted");
}

/// Covers PROF-017, PROF-018, PROF-019, PROF-020, PROF-021.
#[tokio::test]
async fn what_does_not_fit_the_flow_is_rejected() {
    let (site, clock) = Site::start_with_clock("session: { lifespan: 100h }").await;
    let session = site.session(site.user(ADA).await).await;
    let mut flow = site.profile(&session).await;
    let refused = |(status, body): (u16, Value)| {
        assert_eq!((status, &body["error"]["code"]), (403, &json!("operation_not_permitted_error")));
    };
    refused(flow.send_raw("session_delete", "application/json", r#"{"csrf_token":"x"}"#.to_owned()).await);
    refused(flow.send_raw("session_delete", "application/json", "{}".to_owned()).await);
    let unknown = "/profile?action=session_delete%40018f0000-0000-7000-8000-000000000000";
    refused(flow.overhear(flow.post(unknown).json(&json!({ "csrf_token": flow.token() }))).await);
    // In another state, in no state, and suspended.
    let before = site.rows("flows", &["version", "data"]).await;
    for action in ["register_client_capabilities", "verify_passcode", "account_delete"] {
        flow.act(action, json!({})).await.is_rejected(403, "operation_not_permitted_error");
    }
    assert_eq!(site.rows("flows", &["version", "data"]).await, before);
    // The token of the last good answer still is.
    flow.act("patch_metadata", json!({ "patch_metadata": {} })).await.is("profile_init");
    clock.advance(TimeDelta::hours(25));
    flow.act("session_delete", json!({})).await.is_rejected(410, "flow_expired_error");
}
