//! Requests of the flow protocol: what starts a flow, what continues it, and what does neither (spec chapter 01,
//! sections 2, 3, 8 and 9).

use serde_json::{Value, json};

use crate::support::{
    Answer,
    flow::{Device, Flow, Site},
};

fn rejection(status: u16, code: &str, message: &str) -> (u16, Value) {
    let body = json!({
        "name": "error", "status": status, "csrf_token": "", "actions": {}, "links": null,
        "error": { "code": code, "message": message },
    });
    (status, body)
}

fn technical() -> (u16, Value) {
    rejection(500, "technical_error", "Something went wrong.")
}

fn not_permitted() -> (u16, Value) {
    rejection(403, "operation_not_permitted_error", "The operation is not permitted.")
}

fn body(flow: &Flow<'_>, inputs: &Value) -> String {
    json!({ "input_data": inputs, "csrf_token": flow.token() }).to_string()
}

/// Covers PROTO-1, PROTO-2, PROTO-13, PROTO-39, PROTO-40, PROTO-44, PROTO-45, PROTO-55, LR-001, LR-002, LR-030, LR-034.
#[tokio::test]
async fn a_flow_begins_with_the_capabilities_of_the_device() {
    let site = Site::start("").await;
    for name in ["login", "registration"] {
        let flow = site.init(name).await;
        let href = format!("/{name}?action=register_client_capabilities%40{}", flow.id);
        assert_eq!(
            flow.body,
            json!({
                "name": "preflight",
                "status": 200,
                "payload": {},
                "csrf_token": flow.token(),
                "actions": { "register_client_capabilities": {
                    "href": href,
                    "inputs": {
                        "webauthn_available":
                            { "name": "webauthn_available", "type": "boolean", "required": true, "hidden": true },
                        "webauthn_conditional_mediation_available":
                            { "name": "webauthn_conditional_mediation_available", "type": "boolean", "hidden": true },
                        "webauthn_platform_authenticator_available":
                            { "name": "webauthn_platform_authenticator_available", "type": "boolean", "hidden": true },
                    },
                    "action": "register_client_capabilities",
                    "description": "Send the computers capabilities.",
                } },
                "links": null,
            })
        );
    }
}

/// Covers PROTO-5, PROTO-6, PROTO-7.
#[tokio::test]
async fn starting_a_flow_ignores_the_body() {
    let site = Site::start("").await;
    let bodies =
        [("", ""), ("application/json", "{"), ("application/json", "[1]"), ("text/plain", "hello"), ("image/png", "x")];
    let mut tokens = Vec::new();
    for (content_type, body) in bodies {
        for path in ["/login", "/login?action=", "/login?other=1"] {
            let mut request = site.request("POST", path).body(body);
            if !content_type.is_empty() {
                request = request.header("content-type", content_type);
            }
            let answer = Answer::of(request.send().await.unwrap()).await;
            assert_eq!((answer.status, answer.json()["name"].as_str()), (200, Some("preflight")), "{body}");
            tokens.push(answer.json()["csrf_token"].as_str().unwrap().to_owned());
        }
    }
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 15);
    assert_eq!(site.count("flows").await, 15);
}

/// Covers PROTO-12.
#[tokio::test]
async fn only_posts_start_flows() {
    let site = Site::start("").await;
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        for flow in ["login", "registration"] {
            let answer = site.ask(method, &format!("/{flow}")).await;
            assert!(matches!(answer.status, 404 | 405), "{method} {flow}: {}", answer.status);
            assert!(!answer.text.contains("csrf_token"));
        }
    }
    assert_eq!(site.count("flows").await, 0);
}

/// Covers PROTO-8, PROTO-106.
#[tokio::test]
async fn every_step_raises_the_version_by_one_and_keeps_the_end() {
    let (site, _) = Site::start_with_clock("").await;
    let mut flow = site.init("login").await;
    let columns = ["id", "version", "csrf_token", "expires_at"];
    let first = site.rows("flows", &columns).await.remove(0);
    assert_eq!(first["id"], json!(flow.id));
    assert_eq!((&first["version"], first["csrf_token"].as_str()), (&json!(0), Some(flow.token())));
    assert!(first["expires_at"].as_str().unwrap().starts_with("2026-03-02"), "{first}");

    flow.act("register_client_capabilities", json!({})).await.is("login_init");
    flow.act("continue_with_login_identifier", json!({ "email": "" })).await.reaches(400);
    flow.act("no_such_action", json!({})).await.is_rejected(403, "operation_not_permitted_error");
    flow.identify("ada@example.org").await.is("login_method_chooser");
    flow.act("back", json!({})).await.is("login_init");
    let last = site.rows("flows", &columns).await.remove(0);
    assert_eq!((&last["version"], last["csrf_token"].as_str()), (&json!(4), Some(flow.token())));
    assert_eq!(last["expires_at"], first["expires_at"]);
}

/// Covers PROTO-14, PROTO-31, PROTO-32, LR-031, LR-032, LR-033, LR-021.
#[tokio::test]
async fn capabilities_are_understood_in_many_forms() {
    let site = Site::start("").await;
    let table = [
        (json!({ "webauthn_available": true }), true),
        (json!({ "webauthn_available": "true" }), true),
        (json!({ "webauthn_available": "1" }), true),
        (json!({ "webauthn_available": 1 }), true),
        (json!({ "webauthn_available": true, "undeclared": {} }), true),
        (json!({ "webauthn_available": false }), false),
        (json!({ "webauthn_available": "false" }), false),
        (json!({ "webauthn_available": 0 }), false),
        (json!({ "webauthn_available": null }), false),
        (json!({}), false),
        (Value::Null, false),
    ];
    for (inputs, available) in table {
        let mut flow = site.init("login").await;
        flow.act("register_client_capabilities", inputs.clone()).await.is("login_init");
        let offered = flow.offers("webauthn_generate_request_options");
        assert_eq!(offered, available, "{inputs}");
    }
    site.init("registration").await.act("register_client_capabilities", json!({})).await.is("registration_init");
}

/// Covers PROTO-18, PROTO-19, PROTO-20, PROTO-21, PROTO-86.
#[tokio::test]
async fn an_action_is_named_with_its_flow() {
    let site = Site::start("").await;
    let flow = site.login().await;
    let id = flow.id;
    let action = "continue_with_login_identifier";
    let body = body(&flow, &json!({ "email": "ada@example.org" }));
    let table = [
        (action.to_owned(), technical()),
        (format!("{action}@{id}@"), technical()),
        (format!("{action}@{id}@{id}"), technical()),
        (format!("{action}@not-a-uuid"), technical()),
        (format!("{action}@"), technical()),
        (format!("@{id}"), technical()),
        (format!("{action}@00000000-0000-4000-8000-000000000000"), not_permitted()),
    ];
    for (value, expected) in table {
        let request = flow.post(&format!("/login?action={value}"));
        let found = flow.overhear(request.header("content-type", "application/json").body(body.clone())).await;
        assert_eq!(found, expected, "{value}");
    }
}

/// Covers PROTO-15, PROTO-16, PROTO-17, PROTO-22, PROTO-30.
#[tokio::test]
async fn a_flow_is_found_by_any_spelling_of_its_id() {
    let site = Site::start("").await;
    for spelling in 0..6 {
        let mut flow = site.login().await;
        let (id, simple) = (flow.id, flow.id.simple());
        let action = "continue_with_login_identifier";
        let query = match spelling {
            0 => format!("action={action}@{id}"),
            1 => format!("action={action}%40{simple}"),
            2 => format!("action={action}%40{}", id.to_string().to_uppercase()),
            3 => format!("action={action}%40urn:uuid:{id}"),
            4 => format!("action={action}%40%7B{id}%7D"),
            _ => format!("pretty=1&action={action}%40{id}&action=other%40{id}"),
        };
        let request = flow.post(&format!("/login?{query}")).header("content-type", "application/json; charset=utf-8");
        let body = body(&flow, &json!({ "email": "ada@example.org" }));
        let (status, body) = flow.overhear(request.body(body)).await;
        assert_eq!((status, body["name"].as_str()), (200, Some("login_method_chooser")), "{query}");
        flow.catch_up(body);
        flow.act("back", json!({})).await.is("login_init");
    }
}

/// Covers PROTO-23, PROTO-24, PROTO-25, PROTO-26, PROTO-27, PROTO-28, PROTO-29, PROTO-34, PROTO-36, PROTO-41, PROTO-42,
/// PROTO-43, PROTO-95, LR-013.
#[tokio::test]
async fn bodies_that_are_something_else_change_nothing() {
    let site = Site::start("").await;
    let mut flow = site.login().await;
    let good = body(&flow, &json!({ "email": "ada@example.org" }));
    let form = format!("csrf_token={}", flow.token());
    let json = "application/json";
    let table: Vec<(&str, String, _)> = vec![
        (json, String::new(), not_permitted()),
        ("", String::new(), not_permitted()),
        (json, "null".to_owned(), not_permitted()),
        (json, "{}".to_owned(), not_permitted()),
        ("application/x-www-form-urlencoded", form, not_permitted()),
        (json, "{".to_owned(), technical()),
        (json, "[]".to_owned(), technical()),
        (json, "\"text\"".to_owned(), technical()),
        (json, r#"{"input_data":"text"}"#.to_owned(), technical()),
        (json, r#"{"input_data":[]}"#.to_owned(), technical()),
        (json, r#"{"csrf_token":1}"#.to_owned(), technical()),
        ("text/plain", good.clone(), technical()),
        ("application/xml", good.clone(), technical()),
        ("", good.clone(), technical()),
    ];
    for (content_type, body, expected) in table {
        let found = flow.send_raw("continue_with_login_identifier", content_type, body.clone()).await;
        assert_eq!(found, expected, "{content_type}: {body}");
    }
    flow.identify("ada@example.org").await.is("login_method_chooser");
}

/// Covers PROTO-35.
#[tokio::test]
async fn a_body_is_read_before_the_flow_is_looked_for() {
    let site = Site::start("").await;
    let flow = site.login().await;
    let request = flow.post("/login?action=back@00000000-0000-4000-8000-000000000000");
    assert_eq!(flow.overhear(request.header("content-type", "application/json").body("{")).await, technical());
}

/// Covers PROTO-31, PROTO-33.
#[tokio::test]
async fn bodies_may_have_more_than_is_asked_for() {
    let site = Site::start("").await;
    let flow = site.login().await;
    let body = format!(
        r#"{{"more":[],"Input_Data":{{"email":"ada@example.org","undeclared":1}},"CSRF_token":"{}"}} and so on"#,
        flow.token()
    );
    let (status, body) = flow.send_raw("continue_with_login_identifier", "application/json", body).await;
    assert_eq!((status, body["name"].as_str()), (200, Some("login_method_chooser")));
}

/// Covers PROTO-89, PROTO-90, PROTO-91, PROTO-92, PROTO-94, PROTO-95, PROTO-96, LR-011.
#[tokio::test]
async fn rejections_leave_the_flow_where_it_is() {
    let site = Site::start("").await;
    let mut flow = site.login().await;
    let inputs = json!({ "email": "ada@example.org" });
    let with_token = |token: Value| json!({ "input_data": inputs, "csrf_token": token }).to_string();
    let (action, json) = ("continue_with_login_identifier", "application/json");
    let good = flow.token().to_owned();
    let table = [
        (action, with_token(json!("x".repeat(32)))),
        (action, with_token(json!(""))),
        (action, with_token(json!(good.to_lowercase() + "a"))),
        (action, json!({ "input_data": inputs }).to_string()),
        ("no_such_action", with_token(json!(good))),
        ("no_such_action", with_token(json!("wrong"))),
        ("verify_passcode", with_token(json!(good))),
        ("back", with_token(json!(good))),
    ];
    for (action, body) in table {
        assert_eq!(flow.send_raw(action, json, body.clone()).await, not_permitted(), "{action} {body}");
    }
    flow.identify("ada@example.org").await.is("login_method_chooser");
}

/// Covers PROTO-101, PROTO-102, PROTO-103, PROTO-104, PROTO-105, LR-012.
#[tokio::test]
async fn every_step_has_a_token_of_its_own() {
    let site = Site::start("").await;
    let mut flow = site.init("login").await;
    let mut tokens = vec![flow.token().to_owned()];
    let steps = [
        ("register_client_capabilities", json!({})),
        ("continue_with_login_identifier", json!({ "email": "no address" })),
        ("continue_with_login_identifier", json!({ "email": "ada@example.org" })),
        ("back", json!({})),
    ];
    for (action, inputs) in steps {
        flow.act(action, inputs.clone()).await;
        assert_ne!(flow.body["csrf_token"], "");
        tokens.push(flow.token().to_owned());
        for old in &tokens[..tokens.len() - 1] {
            let body = json!({ "input_data": inputs, "csrf_token": old }).to_string();
            assert_eq!(flow.send_raw(action, "application/json", body).await, not_permitted());
        }
    }
    for token in &tokens {
        assert_eq!(token.len(), 32);
        assert!(token.chars().all(|c| c.is_ascii_alphanumeric()), "{token}");
    }
    flow.identify("ada@example.org").await.is("login_method_chooser");
}

/// Covers PROTO-100, PROTO-109, LR-018.
#[tokio::test]
async fn a_flow_belongs_to_its_path_and_its_token_to_it() {
    let site = Site::start("").await;
    let mut login = site.init("login").await;
    let mut registration = site.init("registration").await;
    let id = login.id;
    let path = format!("/registration?action=register_client_capabilities%40{id}");
    let request = registration.post(&path).json(&json!({ "csrf_token": login.token() }));
    assert_eq!(registration.overhear(request).await, not_permitted());
    let body = json!({ "csrf_token": registration.token() }).to_string();
    let found = login.send_raw("register_client_capabilities", "application/json", body).await;
    assert_eq!(found, not_permitted());
    login.act("register_client_capabilities", json!({})).await.is("login_init");
    registration.act("register_client_capabilities", json!({})).await.is("registration_init");
}

/// Covers PROTO-93, LR-010.
#[tokio::test]
async fn an_action_that_is_not_offered_cannot_be_taken() {
    let site = Site::start("").await;
    let mut flow = site.begin("login", Device::Old).await;
    assert!(!flow.offers("remember_me"));
    flow.act("remember_me", json!({ "remember_me": true })).await.is_rejected(403, "operation_not_permitted_error");
    flow.act("webauthn_generate_request_options", json!({})).await.is_rejected(403, "operation_not_permitted_error");
    flow.identify("ada@example.org").await.is("login_method_chooser");
}

/// Covers PROTO-97, LR-008.
#[tokio::test]
async fn nothing_follows_success() {
    let site = Site::start("passkey: { acquire_on_login: never }").await;
    site.user_with_password("ada@example.org", "correct horse").await;
    let mut flow = site.login_as("ada@example.org").await;
    flow.act("continue_to_password_login", json!({})).await;
    flow.act("password_login", json!({ "password": "correct horse" })).await.is("success");
    assert_eq!(flow.body["actions"], json!({}));
    for action in ["password_login", "back", "register_client_capabilities", "skip"] {
        flow.act(action, json!({})).await.is_rejected(403, "operation_not_permitted_error");
    }
    assert_eq!(site.count("sessions").await, 1);
}

/// Covers PROTO-98, PROTO-141, LR-009, LR-055.
#[tokio::test]
async fn nothing_follows_the_error_state() {
    let site = Site::start("{ password: { enabled: false }, username: { enabled: true } }").await;
    site.user_named("ada", "").await;
    let mut flow = site.login_as("ada").await;
    flow.fails("error", 500, "flow_discontinuity_error");
    assert_eq!((flow.body["payload"].clone(), flow.token().len()), (json!({}), 32));
    for action in ["continue_with_login_identifier", "back"] {
        flow.act(action, json!({})).await.is_rejected(403, "operation_not_permitted_error");
    }
}

/// Covers PROTO-59, PROTO-60, PROTO-61, LR-404.
#[tokio::test]
async fn causes_are_shown_in_debug_mode_only() {
    for (yaml, shown) in [("", false), ("debug: true", true)] {
        let site = Site::start(yaml).await;
        let mut flow = site.login().await;
        let (_, wrong_token) = flow
            .send_raw("continue_with_login_identifier", "application/json", r#"{"csrf_token":"a"}"#.to_owned())
            .await;
        assert_eq!(wrong_token["error"]["cause"].is_string(), shown, "{wrong_token}");
        flow.identify("nobody").await.reaches(400);
        assert_eq!(flow.body["error"].get("cause"), None);
    }
}

/// Covers PROTO-151, PROTO-156, PROTO-159, PROTO-160, LR-016, LR-084, LR-164.
#[tokio::test]
async fn back_leads_back_step_by_step() {
    let site = Site::start("passkey: { acquire_on_login: always }").await;
    site.user_with_password("ada@example.org", "correct horse").await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    assert!(!flow.offers("back"));
    flow.identify("ada@example.org").await.is("login_method_chooser");
    flow.act("continue_to_password_login", json!({})).await.is("login_password");
    flow.act("continue_to_passcode_confirmation_recovery", json!({})).await.is("passcode_confirmation");
    flow.act("back", json!({})).await.is("login_password");
    flow.act("back", json!({})).await.is("login_method_chooser");
    flow.act("continue_to_passcode_confirmation", json!({})).await.is("passcode_confirmation");
    flow.act("back", json!({})).await.is("login_method_chooser");
    flow.act("back", json!({})).await.is("login_init");
    assert!(!flow.offers("back"));
    flow.act("back", json!({})).await.is_rejected(403, "operation_not_permitted_error");

    flow.identify("ada@example.org").await;
    flow.act("continue_to_password_login", json!({})).await;
    flow.act("password_login", json!({ "password": "correct horse" })).await.is("onboarding_create_passkey");
    assert!(!flow.offers("back"));
    flow.act("back", json!({})).await.is_rejected(403, "operation_not_permitted_error");
}

/// Covers PROTO-152, PROTO-153, LR-017.
#[tokio::test]
async fn back_forgets_who_was_signing_in() {
    let site = Site::start("").await;
    let mut flow = site.login_as("ada@example.org").await;
    flow.act("back", json!({})).await.is("login_init");
    flow.identify("grace@example.org").await.is("login_method_chooser");
    flow.act("continue_to_passcode_confirmation", json!({})).await.is("passcode_confirmation");
    assert_eq!((site.mails_to("ada@example.org").len(), site.mails_to("grace@example.org").len()), (0, 1));
}

/// Covers PROTO-199.
#[tokio::test]
async fn requests_have_an_id() {
    let site = Site::start("").await;
    let answer = Answer::of(site.request("POST", "/login").header("x-request-id", "mine").send().await.unwrap()).await;
    assert_eq!(answer.header("x-request-id"), Some("mine"));
    let answer = site.ask("POST", "/login").await;
    assert!(answer.header("x-request-id").is_some_and(|id| !id.is_empty()));
}
