//! Strangers do not learn who has an account (spec chapter 02, section 19).

use serde_json::{Value, json};

use crate::support::flow::{Device, Flow, Site};

/// An answer without what differs from request to request.
fn shape(flow: &Flow<'_>, address: &str) -> (u16, String) {
    let mut body = flow.body.clone();
    if body["csrf_token"] != "" {
        body["csrf_token"] = json!("token");
    }
    if let Some(challenge) = body.pointer_mut("/payload/request_options/publicKey/challenge") {
        *challenge = json!("challenge");
    }
    let text = body.to_string().replace(&flow.id.to_string(), "id").replace(address, "address");
    (flow.answer.status, text)
}

async fn walk(site: &Site, start: &str, address: &str, steps: &[(&str, Value)]) -> Vec<(u16, String)> {
    let mut flow = site.begin(start, Device::Autofill).await;
    let mut shapes = Vec::new();
    for (action, inputs) in steps {
        let inputs = serde_json::from_str(&inputs.to_string().replace("ADDRESS", address)).unwrap();
        flow.act(action, inputs).await;
        shapes.push(shape(&flow, address));
    }
    shapes
}

/// Covers LR-400, LR-401, LR-112.
#[tokio::test]
async fn known_and_unknown_addresses_look_alike() {
    let identify = || ("continue_with_login_identifier", json!({ "email": "ADDRESS" }));
    let code = || ("verify_passcode", json!({ "code": "nocode" }));
    let go = |action: &'static str| (action, json!({}));
    let password = |text: &str| ("password_login", json!({ "password": text }));
    let by_code = vec![
        identify(),
        go("continue_to_passcode_confirmation"),
        code(),
        go("resend_passcode"),
        code(),
        code(),
        code(),
    ];
    let by_password = vec![
        identify(),
        go("continue_to_password_login"),
        password(""),
        password("wrong horse"),
        go("continue_to_passcode_confirmation_recovery"),
        code(),
        go("back"),
    ];
    let by_passkey = vec![identify(), go("webauthn_generate_request_options"), go("back"), go("back")];
    let only_code = vec![identify(), code(), go("resend_passcode"), go("back")];
    let only_password = vec![identify(), password("wrong horse"), go("continue_to_passcode_confirmation_recovery")];
    let registration = vec![
        ("register_login_identifier", json!({ "email": "ADDRESS" })),
        code(),
        go("resend_passcode"),
        code(),
        code(),
        code(),
        go("back"),
    ];
    let no_password = "password: { enabled: false }";
    let no_passcode = "email: { use_for_authentication: false }";
    for (yaml, start, steps) in [
        ("", "login", by_code),
        ("", "login", by_password),
        ("", "login", by_passkey),
        (no_password, "login", only_code),
        (no_passcode, "login", only_password),
        ("", "registration", registration),
    ] {
        let site = Site::start(yaml).await;
        site.user("known@example.org").await;
        site.user_with_password("password@example.org", "correct horse").await;
        let unknown = walk(&site, start, "unknown@example.org", &steps).await;
        for known in ["known@example.org", "password@example.org"] {
            assert_eq!(walk(&site, start, known, &steps).await, unknown, "{yaml} {start} {known}");
        }
        assert_eq!(site.mails_to("unknown@example.org").len(), site.mails_to("known@example.org").len());
    }
}

/// Covers PROTO-166, PROTO-167.
#[tokio::test]
async fn what_the_flow_remembers_stays_in_the_server() {
    let site = Site::start("{ username: { enabled: true }, email: { require_verification: false } }").await;
    let mut flow = site.begin("registration", Device::Autofill).await;
    flow.act("register_login_identifier", json!({ "email": "secret@example.org", "username": "secret" })).await;
    flow.is("password_creation");
    assert!(!flow.answer.text.contains("secret"));
    flow.act("register_password", json!({ "new_password": "secret horse" })).await.is("onboarding_create_passkey");
    assert!(!flow.answer.text.contains("secret"));
    let stored = site.rows("flows", &["data"]).await.remove(0);
    assert!(!stored["data"].as_str().unwrap().contains("secret horse"));
    flow.act("webauthn_generate_creation_options", json!({})).await;
    assert!(flow.payload("creation_options").is_object());
    flow.act("back", json!({})).await.is("onboarding_create_passkey");
    assert_eq!(flow.body["payload"], json!({}));
}
