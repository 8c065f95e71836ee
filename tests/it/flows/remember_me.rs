//! How long the browser keeps a session (spec chapter 02, section 21).

use serde_json::{Value, json};

use crate::support::flow::Site;

const ADA: &str = "ada@example.org";

/// Covers LR-376, LR-377, LR-378, LR-379, LR-071, LR-072, PROTO-158, PROTO-194, PROTO-195.
#[tokio::test]
async fn the_cookie_lasts_as_the_person_wants_it() {
    let table: [(&str, &[bool], &str); 6] = [
        ("persistent", &[], "persistent"),
        ("session", &[], "session"),
        ("prompt", &[], "session"),
        ("prompt", &[true], "persistent"),
        ("prompt", &[false], "session"),
        ("prompt", &[true, false, true], "persistent"),
    ];
    for (retention, choices, expected) in table {
        let yaml = format!(
            "{{ session: {{ lifespan: 2h, cookie: {{ retention: {retention} }} }}, email: {{ require_verification: false }}, \
             password: {{ acquire_on_registration: never }} }}"
        );
        let site = Site::start(&yaml).await;
        site.user(ADA).await;
        for name in ["login", "registration"] {
            let mut flow = if name == "login" { site.login().await } else { site.registration().await };
            let initial = flow.state().to_owned();
            assert_eq!(flow.offers("remember_me"), retention == "prompt");
            for choice in choices {
                flow.act("remember_me", json!({ "remember_me": choice })).await.is(&initial);
                assert!(!flow.offers("back"));
                assert_eq!(
                    Value::from(flow.inputs("remember_me").clone()),
                    json!({ "remember_me": { "name": "remember_me", "type": "boolean", "required": true } })
                );
            }
            if name == "login" {
                flow.identify(ADA).await;
                flow.act("continue_to_passcode_confirmation", json!({})).await;
                flow.confirm(ADA).await.is("success");
            } else {
                flow.act("register_login_identifier", json!({ "email": "new@example.org" })).await.is("success");
            }
            let cookie = flow.answer.header("set-cookie").unwrap();
            assert_eq!(cookie.contains("Max-Age=7200"), expected == "persistent", "{cookie}");
            assert!(expected == "persistent" || !cookie.contains("Max-Age") && !cookie.contains("Expires"), "{cookie}");
            assert_eq!(flow.answer.header("x-session-retention"), Some(expected));
            assert_eq!(flow.answer.header("x-session-lifetime"), Some("7200"));
        }
    }
}

/// The choice stays when one goes back and enters another name.
#[tokio::test]
async fn the_choice_survives_the_way_back() {
    let site = Site::start("session: { cookie: { retention: prompt } }").await;
    site.user(ADA).await;
    let mut flow = site.login().await;
    flow.act("remember_me", json!({ "remember_me": true })).await;
    flow.identify("typo@example.org").await;
    flow.act("back", json!({})).await.is("login_init");
    flow.identify(ADA).await;
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    flow.confirm(ADA).await.is("success");
    assert_eq!(flow.answer.header("x-session-retention"), Some("persistent"));
}
