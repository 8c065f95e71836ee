//! Nothing that a client sends makes the server fail: other bodies are in [`super::protocol`].

use serde_json::{Value, json};

use crate::support::flow::{Device, Flow, Site};

const ADA: &str = "ada@example.org";

/// Values that no front end sends.
pub(super) fn odd_values() -> Vec<Value> {
    let deep = (0..100).fold(json!("x"), |inner, _| json!([inner]));
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1.5e300),
        json!(""),
        json!(" \t\n\u{a0}"),
        json!("\u{0}"),
        json!("a\u{0}b@example.org"),
        json!("\u{202e}\u{feff}\u{1f600}"),
        json!("' OR 1=1 --@example.org"),
        json!("a@b.example\r\nBcc: other@example.org"),
        json!("x".repeat(100_000)),
        json!("ß".repeat(40)),
        json!("{"),
        json!("[]"),
        json!("null"),
        json!([]),
        json!([["a"]]),
        json!({}),
        json!({ "id": 1, "rawId": [], "type": {}, "response": "x" }),
        json!({ "id": "", "rawId": "", "type": "public-key", "response": {} }),
        json!({ "id": "####", "rawId": "####", "type": "public-key", "response": {
            "clientDataJSON": "####", "authenticatorData": "AA", "signature": "", "userHandle": "????",
            "attestationObject": "oA"
        } }),
        deep,
    ]
}

/// Gives every input of every action of the current state every odd value. Actions that take the flow away from here
/// are taken back, or left out when there is no way back.
async fn attack(flow: &mut Flow<'_>, left_out: &[&str]) {
    let state = flow.state().to_owned();
    let body = flow.body.clone();
    for (action, view) in body["actions"].as_object().unwrap() {
        if left_out.contains(&action.as_str()) {
            continue;
        }
        for input in view["inputs"].as_object().unwrap().keys() {
            for value in odd_values() {
                flow.act(action, json!({ input: value })).await;
                let status = flow.answer.status;
                assert!(status < 500, "{state} {action} {input} {value}: {:#}", flow.body);
                if flow.state() != state {
                    assert_eq!(status, 200, "{state} {action} {input} {value}: {:#}", flow.body);
                    flow.act("back", json!({})).await.is(&state);
                }
            }
        }
    }
}

#[tokio::test]
async fn odd_inputs_are_refused_in_login() {
    let site =
        Site::start("{ username: { enabled: true, optional: false }, session: { cookie: { retention: prompt } } }")
            .await;
    site.user_with_password(ADA, "correct horse").await;
    let mut flow = site.begin("login", Device::Autofill).await;
    attack(&mut flow, &[]).await;
    flow.identify(ADA).await.is("login_method_chooser");
    flow.act("continue_to_password_login", json!({})).await;
    attack(&mut flow, &[]).await;
    flow.act("back", json!({})).await;
    flow.act("webauthn_generate_request_options", json!({})).await.is("login_passkey");
    attack(&mut flow, &[]).await;
    flow.act("back", json!({})).await;
    flow.act("continue_to_password_login", json!({})).await;
    flow.act("continue_to_passcode_confirmation_recovery", json!({})).await.is("passcode_confirmation");
    attack(&mut flow, &[]).await;
    flow.act("resend_passcode", json!({})).await;
    flow.confirm(ADA).await.is("login_password_recovery");
    assert_eq!(site.count("sessions").await, 0);
}

#[tokio::test]
async fn odd_inputs_are_refused_in_registration() {
    let yaml = "{ username: { enabled: true }, email: { require_verification: false } }";
    let site = Site::start(yaml).await;
    let mut flow = site.begin("registration", Device::Passkeys).await;
    attack(&mut flow, &[]).await;
    flow.act("register_login_identifier", json!({ "email": ADA })).await.is("password_creation");
    for value in odd_values() {
        // What is long enough is a password; everything else is refused.
        if value.as_str().is_none_or(|text| text.chars().count() < 8 || text.len() > 72) {
            flow.act("register_password", json!({ "new_password": value })).await;
            flow.fails("password_creation", 400, "form_data_invalid_error");
        }
    }
    flow.act("register_password", json!({ "new_password": "correct horse" })).await.is("onboarding_create_passkey");
    flow.act("webauthn_generate_creation_options", json!({})).await;
    attack(&mut flow, &[]).await;
    assert_eq!(site.count("users").await, 0);
}

#[tokio::test]
async fn odd_inputs_are_refused_in_user_details() {
    let site = Site::start("username: { enabled: true, optional: false }").await;
    site.user_with_password(ADA, "correct horse").await;
    let grace = site.user_named("grace", "").await;
    site.set_password(grace, "correct horse").await;
    for (name, state) in [(ADA, "onboarding_username"), ("grace", "onboarding_email")] {
        let mut flow = site.login_as(name).await;
        if flow.state() == "login_method_chooser" {
            flow.act("continue_to_password_login", json!({})).await;
        }
        flow.act("password_login", json!({ "password": "correct horse" })).await.is(state);
        let action = if state == "onboarding_email" { "email_address_set" } else { "username_create" };
        let input = if state == "onboarding_email" { "email" } else { "username" };
        for value in odd_values() {
            flow.act(action, json!({ input: value })).await;
            let status = flow.answer.status;
            assert!(status == 400 || status == 200 && value == json!(true), "{value}: {:#}", flow.body);
            if status == 200 {
                break;
            }
        }
    }
}
