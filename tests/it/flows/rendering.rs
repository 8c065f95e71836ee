//! What answers show of actions and inputs (spec chapter 01, sections 4 and 5).

use serde_json::{Value, json};

use crate::support::flow::{Device, Site};

/// Covers PROTO-57, PROTO-50, PROTO-49, PROTO-53, LR-025, LR-040, LR-041, LR-042.
#[tokio::test]
async fn one_input_takes_the_login_identifier() {
    let table = [
        (
            "{ username: { enabled: true } }",
            json!({ "identifier":
                { "name": "identifier", "type": "string", "max_length": 255, "required": true } }),
        ),
        (
            "{ email: { max_length: 99 } }",
            json!({ "email":
                { "name": "email", "type": "email", "min_length": 3, "max_length": 99, "required": true } }),
        ),
        (
            "{ username: { enabled: true, min_length: 4, max_length: 20 }, email: { use_as_login_identifier: false } }",
            json!({ "username":
                { "name": "username", "type": "string", "min_length": 4, "max_length": 20, "required": true } }),
        ),
    ];
    for (yaml, inputs) in table {
        let site = Site::start(yaml).await;
        let flow = site.login().await;
        assert_eq!(Value::from(flow.inputs("continue_with_login_identifier").clone()), inputs);
    }
}

/// Covers PROTO-50, LR-025, LR-342.
#[tokio::test]
async fn registration_asks_for_what_is_acquired() {
    let email = |required: bool| json!({ "name": "email", "type": "email", "max_length": 120, "required": required });
    let username = |required: bool| json!({ "name": "username", "type": "string", "min_length": 3, "max_length": 32, "required": required });
    let table = [
        ("", json!({ "email": email(true) })),
        ("{ email: { optional: true } }", json!({ "email": email(false) })),
        ("{ username: { enabled: true } }", json!({ "email": email(true), "username": username(false) })),
        (
            "{ username: { enabled: true, optional: false }, email: { acquire_on_registration: false } }",
            json!({ "username": username(true) }),
        ),
        ("{ username: { enabled: true, acquire_on_registration: false } }", json!({ "email": email(true) })),
    ];
    for (yaml, inputs) in table {
        let site = Site::start(yaml).await;
        let flow = site.registration().await;
        assert_eq!(Value::from(flow.inputs("register_login_identifier").clone()), inputs, "{yaml}");
    }
}

/// Covers LR-236.
#[tokio::test]
async fn passwords_are_asked_for_as_passwords() {
    let site = Site::start("{ email: { require_verification: false }, password: { min_length: 10 } }").await;
    let mut flow = site.registration().await;
    flow.act("register_login_identifier", json!({ "email": "ada@example.org" })).await.is("password_creation");
    assert_eq!(
        Value::from(flow.inputs("register_password").clone()),
        json!({ "new_password":
            { "name": "new_password", "type": "password", "min_length": 10, "required": true } })
    );
    let mut flow = site.login_as("ada@example.org").await;
    flow.act("continue_to_password_login", json!({})).await.is("login_password");
    assert_eq!(
        Value::from(flow.inputs("password_login").clone()),
        json!({ "password": { "name": "password", "type": "password", "required": true } })
    );
}

/// Covers PROTO-64, PROTO-68, PROTO-71, PROTO-82, PROTO-84, LR-024.
#[tokio::test]
async fn an_input_error_stands_on_its_input() {
    let site = Site::start("").await;
    let mut flow = site.login().await;
    let action = "continue_with_login_identifier";
    let table = [
        (json!({}), "value_missing_error"),
        (json!({ "email": "   " }), "value_missing_error"),
        (json!({ "email": {} }), "value_invalid_error"),
        (json!({ "email": "no address" }), "value_invalid_error"),
        (json!({ "email": "a@b.c" }), "value_invalid_error"),
        (json!({ "email": "ä@example.org" }), "value_invalid_error"),
        (json!({ "email": "x@" }), "value_too_short_error"),
        (json!({ "email": format!("{}@example.org", "a".repeat(120)) }), "value_too_long_error"),
    ];
    for (inputs, code) in table {
        flow.act(action, inputs.clone()).await;
        if inputs["email"].is_object() {
            flow.fails("login_init", 400, "form_data_invalid_error");
        } else {
            flow.refuses("login_init", action, "email", code);
        }
        assert_eq!(flow.inputs(action)["email"].get("value"), None);
    }
    flow.act(action, json!({ "email": "  ADA@Example.ORG " })).await.is("login_method_chooser");
    flow.act("continue_to_passcode_confirmation", json!({})).await.is("passcode_confirmation");
    assert_eq!(site.mails_to("ada@example.org").len(), 1);
}

/// Covers PROTO-74, LR-022, LR-020.
#[tokio::test]
async fn all_invalid_inputs_are_reported_at_once() {
    let site = Site::start("{ username: { enabled: true, optional: false } }").await;
    let mut flow = site.registration().await;
    let action = "register_login_identifier";
    flow.act(action, json!({ "email": "nobody", "username": "ab" })).await;
    flow.refuses("registration_init", action, "email", "value_invalid_error");
    flow.refuses("registration_init", action, "username", "value_too_short_error");
    flow.act(action, json!({ "email": " Ada@Example.org ", "username": "  ADA " })).await.is("passcode_confirmation");
    assert_eq!(site.mails_to("ada@example.org").len(), 1);
}

/// Covers PROTO-208, PROTO-209, LR-071, LR-072, LR-069, LR-035, LR-034.
#[tokio::test]
async fn actions_are_offered_where_they_are_of_use() {
    let table: [(&str, Device, &[&str]); 6] = [
        ("", Device::Old, &["continue_with_login_identifier"]),
        (
            "",
            Device::Passkeys,
            &[
                "continue_with_login_identifier",
                "webauthn_generate_request_options",
                "webauthn_verify_assertion_response",
            ],
        ),
        (
            "passkey: { enabled: false }",
            Device::Autofill,
            &["continue_with_login_identifier", "webauthn_verify_assertion_response"],
        ),
        ("session: { cookie: { retention: prompt } }", Device::Old, &["continue_with_login_identifier", "remember_me"]),
        (
            "{ password: { enabled: false }, email: { use_for_authentication: false } }",
            Device::Passkeys,
            &["webauthn_generate_request_options", "webauthn_verify_assertion_response"],
        ),
        (
            "{ email: { use_as_login_identifier: false } }",
            Device::Passkeys,
            &["webauthn_generate_request_options", "webauthn_verify_assertion_response"],
        ),
    ];
    for (yaml, device, expected) in table {
        let site = Site::start(yaml).await;
        let mut flow = site.begin("login", device).await;
        assert_eq!(flow.actions(), expected, "{yaml}");
        if yaml.is_empty() {
            flow.identify("ada@example.org").await;
            flow.act("continue_to_password_login", json!({})).await.is("login_password");
            assert_eq!(flow.actions(), ["back", "continue_to_passcode_confirmation_recovery", "password_login"]);
        }
    }
}

/// Covers LR-043, LR-044.
#[tokio::test]
async fn nobody_is_asked_who_they_are_for_nothing() {
    for yaml in [
        "{ password: { enabled: false }, email: { use_for_authentication: false } }",
        "email: { use_as_login_identifier: false }",
        "{ email: { enabled: false } }",
    ] {
        let site = Site::start(yaml).await;
        let mut flow = site.begin("login", Device::Passkeys).await;
        assert!(!flow.offers("continue_with_login_identifier"), "{yaml}");
        flow.act("continue_with_login_identifier", json!({ "email": "ada@example.org" }))
            .await
            .is_rejected(403, "operation_not_permitted_error");
    }
}
