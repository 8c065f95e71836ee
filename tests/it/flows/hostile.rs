//! Nothing that a client sends makes the server fail: other bodies are in [`super::protocol`].

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{
    authenticator::Authenticator,
    flow::{Device, Flow, ORIGIN, Site},
};

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

#[tokio::test]
async fn odd_inputs_are_refused_in_the_profile() {
    let site = Site::start("{ username: { enabled: true }, mfa: { enabled: true } }").await;
    let user = site.user_named("ada", ADA).await;
    site.set_password(user, "correct horse").await;
    for (id, second) in [("one", false), ("two", false), ("key", true)] {
        site.add_credential(id, second).await;
    }
    let (session, _other) = (site.session(user).await, site.session(user).await);
    let mut flow = site.profile_on(&session, Device::Passkeys).await;
    let attacked =
        ["email_create", "patch_metadata", "session_delete", "username_update", "webauthn_credential_rename"];
    assert!(attacked.into_iter().all(|action| flow.offers(action)));
    attack(&mut flow, &[]).await;
    for (action, inputs, state) in [
        ("email_create", json!({ "email": "new@example.org" }), "passcode_confirmation"),
        ("webauthn_credential_create", json!({}), "webauthn_credential_verification"),
        ("continue_to_otp_secret_creation", json!({}), "mfa_otp_secret_creation"),
    ] {
        flow.act(action, inputs).await.is(state);
        attack(&mut flow, &[]).await;
        flow.act("back", json!({})).await.is("profile_init");
    }
    let kept = ["emails", "webauthn_credentials", "sessions"].map(|table| site.count(table));
    assert_eq!(futures_util::future::join_all(kept).await, [1, 3, 2]);
}

/// Answers that look like new credentials until something in them is looked at.
#[tokio::test]
async fn odd_credentials_are_refused() {
    let odd_bytes = [
        Vec::new(),
        vec![0],
        vec![0xFF; 100],
        // CBOR: arrays and maps in each other, a text and a map of nearly endless length, tags of tags.
        vec![0x81; 100_000],
        [0xA1, 0x00].repeat(50_000),
        [&[0x7B][..], &[0xFF; 8], b"x"].concat(),
        [&[0xBB][..], &[0xFF; 8]].concat(),
        vec![0xC1; 100_000],
        b"{\"type\":\"webauthn.create\"}".to_vec(),
        b"[".repeat(100_000),
    ];
    let odd_bytes = odd_bytes.iter().map(|bytes| json!(URL_SAFE_NO_PAD.encode(bytes)));
    let odd_transports =
        [json!([null]), json!([1]), json!("usb"), json!({}), json!([["usb"]]), json!(vec!["\u{0}"; 10_000])];
    let mut changes: Vec<(&str, Value)> = odd_transports.into_iter().map(|value| ("transports", value)).collect();
    for value in odd_bytes.chain(odd_values()) {
        changes.extend(["clientDataJSON", "attestationObject"].map(|member| (member, value.clone())));
    }
    let site = Site::start("").await;
    let mut flow = site.profile_on(&site.session(site.user(ADA).await).await, Device::Passkeys).await;
    let mut authenticator = Authenticator::new(ORIGIN);
    for (member, value) in changes {
        flow.act("webauthn_credential_create", json!({})).await.is("webauthn_credential_verification");
        let mut credential = authenticator.create(flow.payload("creation_options"));
        credential["response"][member] = value;
        flow.act("webauthn_verify_attestation_response", json!({ "public_key": credential })).await;
        if flow.answer.status == 200 {
            // Transports are only remarks.
            assert_eq!(member, "transports");
            let id = credential["id"].clone();
            flow.is("profile_init").act("webauthn_credential_delete", json!({ "passkey_id": id })).await;
        } else {
            assert!([400, 401].contains(&flow.answer.status), "{member} {credential:#}: {:#}", flow.body);
        }
        if flow.state() != "profile_init" {
            flow.act("back", json!({})).await.is("profile_init");
        }
    }
}
