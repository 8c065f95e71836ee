//! The same request twice at once takes effect once (spec chapter 01, section 11).

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::flow::{Device, Flow, Site};

const ADA: &str = "ada@example.org";

/// Sends the same action many times at once and gives the answers.
async fn storm(flow: &Flow<'_>, action: &str, inputs: Value) -> Vec<(u16, Value)> {
    join_all((0..8).map(|_| flow.overhear(flow.request(action, inputs.clone())))).await
}

fn successes(answers: &[(u16, Value)]) -> Vec<&Value> {
    for (status, body) in answers {
        let code = body["error"]["code"].as_str();
        let expected = match status {
            200 => None,
            403 => Some("operation_not_permitted_error"),
            500 => Some("technical_error"),
            other => panic!("{other}: {body:#}"),
        };
        assert_eq!(code, expected);
    }
    answers.iter().filter(|(status, _)| *status == 200).map(|(_, body)| body).collect()
}

/// Covers PROTO-107, PROTO-108, LR-151.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_is_accepted_once() {
    for locker in [true, false] {
        let site =
            Site::start(&format!("{{ password: {{ enabled: false }}, flow_locker: {{ enabled: {locker} }} }}")).await;
        site.user(ADA).await;
        let flow = site.login_as(ADA).await;
        let code = site.code_for(ADA);
        let answers = storm(&flow, "verify_passcode", json!({ "code": code })).await;
        let accepted = successes(&answers);
        assert_eq!(accepted.len(), 1, "{answers:#?}");
        assert_eq!(accepted[0]["name"], "success");
        assert_eq!(site.count("sessions").await, 1);
        assert_eq!(site.audited("login_success").await.len(), 1);
    }
}

/// Covers PROTO-107, LR-355.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_account_is_made() {
    for locker in [true, false] {
        let yaml = format!("{{ email: {{ require_verification: false }}, flow_locker: {{ enabled: {locker} }} }}");
        let site = Site::start(&yaml).await;
        let mut flow = site.registration().await;
        flow.act("register_login_identifier", json!({ "email": ADA })).await.is("password_creation");
        let answers = storm(&flow, "register_password", json!({ "new_password": "correct horse" })).await;
        assert_eq!(successes(&answers).len(), 1);
        for table in ["users", "emails", "password_credentials", "sessions"] {
            assert_eq!(site.count(table).await, 1, "{table}");
        }
    }
}

/// Covers PROTO-111.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_passkey_challenge_is_answered_once() {
    let site = Site::start("").await;
    site.user(ADA).await;
    let authenticator = site.give_passkey(ADA).await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.act("webauthn_generate_request_options", json!({})).await;
    let assertion = authenticator.get(flow.payload("request_options"));
    let before = site.count("sessions").await;
    let answers = storm(&flow, "webauthn_verify_assertion_response", json!({ "assertion_response": assertion })).await;
    assert_eq!(successes(&answers).len(), 1);
    assert_eq!(site.count("sessions").await, before + 1);
}

/// Covers PROTO-111.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn flows_do_not_disturb_each_other() {
    let site = Site::start("").await;
    for index in 0..8 {
        site.user_with_password(&format!("user{index}@example.org"), "correct horse").await;
    }
    join_all((0..8).map(async |index| {
        let mut flow = site.login_as(&format!("user{index}@example.org")).await;
        flow.act("continue_to_password_login", json!({})).await.is("login_password");
        flow.act("password_login", json!({ "password": "correct horse" })).await.is("success");
    }))
    .await;
    assert_eq!(site.count("sessions").await, 8);
}

/// Covers PROTO-107, LR-147.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn wrong_codes_at_once_are_counted() {
    let site = Site::start("{ password: { enabled: false }, flow_locker: { enabled: false } }").await;
    site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    let code = site.code_for(ADA);
    let mut rounds = 0;
    loop {
        let answers = storm(&flow, "verify_passcode", json!({ "code": "nocode" })).await;
        rounds += 1;
        let newest = answers.into_iter().map(|(_, body)| body).find(|body| body["csrf_token"] != "").unwrap();
        let over = newest["error"]["code"] == "passcode_max_attempts_reached";
        flow.catch_up(newest);
        if over {
            break;
        }
        assert!(rounds < 3);
    }
    flow.act("verify_passcode", json!({ "code": code })).await.reaches(401);
    assert_eq!(site.count("sessions").await, 0);
}

/// No request waits for a second connection while it holds one: more people than there are connections get their codes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_people_get_their_codes_at_once() {
    let site = Site::start("password: { enabled: false }").await;
    site.user(ADA).await;
    let mut flows = Vec::new();
    for _ in 0..200 {
        flows.push(site.login().await);
    }
    join_all(flows.iter_mut().map(async |flow| {
        flow.identify(ADA).await.is("passcode_confirmation");
    }))
    .await;
    assert_eq!(site.count("passcodes").await, 200);
}
