//! The session at the end of a flow (spec chapter 02, sections 16.3, 22.3 and 24.2).

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::flow::{Flow, Site};

const ADA: &str = "ada@example.org";

async fn sign_in(site: &Site) -> Flow<'_> {
    let mut flow = site.login_as(ADA).await;
    if flow.state() == "login_method_chooser" {
        flow.act("continue_to_passcode_confirmation", json!({})).await;
    }
    flow.confirm(ADA).await.is("success");
    flow
}

/// The claims of a token, unverified.
fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    serde_json::from_slice(&base64::Engine::decode(&engine, payload).unwrap()).unwrap()
}

/// Covers LR-370, LR-371, LR-372, LR-373, LR-374, PROTO-190.
#[tokio::test]
async fn the_claims_are_those_of_the_token_and_of_the_row() {
    for (acquire, agent) in [(true, json!("a browser")), (false, Value::Null)] {
        let yaml = format!(
            "{{ session: {{ enable_auth_token_header: true, issuer: 'https://issuer.example', acquire_ip_address: {acquire}, acquire_user_agent: {acquire} }} }}"
        );
        let (site, _) = Site::start_with_clock(&yaml).await;
        let user = site.user(ADA).await;
        let mut flow = site.login_as(ADA).await;
        flow.act("continue_to_passcode_confirmation", json!({})).await;
        flow.user_agent = Some("a browser");
        flow.confirm(ADA).await.is("success");
        let token = flow.answer.header("x-auth-token").unwrap();
        let (claims, shown) = (claims_of(token), flow.payload("claims"));
        assert_eq!(shown["amr"], claims["amr"]);
        assert_eq!((&shown["subject"], &claims["sub"]), (&json!(user), &json!(user)));
        assert_eq!(shown["session_id"], claims["session_id"]);
        assert!(shown["expiration"].as_str().unwrap().starts_with("2026-03-01T22:00:00"));
        assert_eq!(claims["exp"], 1_772_402_400);
        assert_eq!(shown["email"], json!({ "address": ADA, "is_primary": true, "is_verified": true }));
        assert_eq!((shown.get("username"), &shown["issuer"]), (None, &json!("https://issuer.example")));
        let row = site.rows("sessions", &["user_agent", "ip_address"]).await.remove(0);
        assert_eq!(row["user_agent"], agent);
        assert_eq!(row["ip_address"].is_string(), acquire);
        let id = shown["session_id"].as_str().unwrap().parse().unwrap();
        assert!(site.session_row(id).await.is_some());
    }
}

/// Covers LR-380, LR-381, PROTO-192, PROTO-193.
#[tokio::test]
async fn the_token_travels_as_configured() {
    let table = [
        ("session: { cookie: { secure: true } }", "hanko=", "Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=43200"),
        (
            "session: { cookie: { name: sid, domain: example.org, http_only: false, same_site: lax, secure: false } }",
            "sid=",
            "Path=/; Domain=example.org; SameSite=Lax; Max-Age=43200",
        ),
    ];
    for (yaml, name, attributes) in table {
        let site = Site::start(yaml).await;
        site.user(ADA).await;
        let flow = sign_in(&site).await;
        assert_eq!(flow.answer.header("x-auth-token"), None);
        let cookie = flow.answer.header("set-cookie").unwrap();
        let (pair, rest) = cookie.split_once("; ").unwrap();
        let token = pair.strip_prefix(name).unwrap_or_else(|| panic!("{cookie}"));
        let sorted = |text: &str| {
            let mut parts: Vec<String> = text.split("; ").map(str::to_owned).collect();
            parts.sort();
            parts
        };
        assert_eq!(sorted(rest), sorted(attributes));
        assert_eq!(site.ask_with_cookie(token, "GET", "/me").await.status, 200);
    }
    let site = Site::start("session: { enable_auth_token_header: true }").await;
    site.user(ADA).await;
    let flow = sign_in(&site).await;
    assert_eq!(flow.answer.header("set-cookie"), None);
    let token = flow.answer.header("x-auth-token").unwrap();
    let answer = site.request("GET", "/me").bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn the_oldest_sessions_make_room() {
    let (site, clock) = Site::start_with_clock("session: { limit: 2 }").await;
    site.user(ADA).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        let flow = sign_in(&site).await;
        ids.push(flow.payload("claims")["session_id"].as_str().unwrap().parse().unwrap());
        clock.advance(chrono::TimeDelta::seconds(1));
    }
    let mut alive = Vec::new();
    for id in ids {
        alive.push(site.session_row(id).await.is_some());
    }
    assert_eq!(alive, [false, false, true, true]);
}

/// However many sign in at once, no more than may be are left, and everybody else's sign-in is not disturbed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sign_ins_at_once_make_room_for_each_other() {
    for limit in [1, 3] {
        let site = Site::start(&format!("{{ password: {{ enabled: false }}, session: {{ limit: {limit} }} }}")).await;
        site.user(ADA).await;
        for _ in 0..4 {
            let mut flows = Vec::new();
            for _ in 0..6 {
                let flow = site.login_as(ADA).await;
                flows.push((flow, site.code_for(ADA)));
            }
            join_all(flows.iter_mut().map(async |(flow, code)| {
                flow.act("verify_passcode", json!({ "code": code })).await.is("success");
            }))
            .await;
            assert_eq!(site.count("sessions").await, limit);
        }
    }
}

/// Covers PROTO-170, PROTO-171, PROTO-133, LR-013.
#[tokio::test]
async fn a_step_that_fails_sends_no_session() {
    let site = Site::start("password: { enabled: false }").await;
    site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    flow.is("passcode_confirmation");
    site.execute("ALTER TABLE sessions RENAME TO elsewhere").await;
    flow.confirm(ADA).await.is_rejected(500, "technical_error");
    for header in ["set-cookie", "x-auth-token", "x-session-lifetime", "x-session-retention"] {
        assert_eq!(flow.answer.header(header), None);
    }
    assert_eq!(site.audited("login_success").await.len(), 0);
    site.execute("ALTER TABLE elsewhere RENAME TO sessions").await;
    assert_eq!((site.count("sessions").await, site.count("passcodes").await), (0, 1));
    flow.confirm(ADA).await.is("success");
}
