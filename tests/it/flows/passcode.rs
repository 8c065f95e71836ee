//! Codes by e-mail (spec chapter 02, sections 7.8 and 17.1).

use chrono::TimeDelta;
use sealflow::notify::mail::KeptMail;
use serde_json::{Value, json};

use crate::support::flow::{Flow, Site, code_in};

const ADA: &str = "ada@example.org";
/// Sign-in by code only.
const PASSCODES: &str = "password: { enabled: false }";

/// A code that is not the one.
fn wrong(code: &str) -> String {
    if code == "000000" { "000001".to_owned() } else { "000000".to_owned() }
}

async fn enter<'a, 's>(flow: &'a mut Flow<'s>, code: &str) -> &'a mut Flow<'s> {
    flow.act("verify_passcode", json!({ "code": code })).await
}

/// Covers LR-143, LR-014, LR-167, LR-382, LR-151, PROTO-190.
#[tokio::test]
async fn a_code_signs_in() {
    let site = Site::start(PASSCODES).await;
    let user = site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    flow.is("passcode_confirmation");
    assert_eq!(flow.body["payload"], json!({}));
    assert_eq!(flow.actions(), ["back", "resend_passcode", "verify_passcode"]);
    let mails = site.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(template(&mails[0]), "login");
    let code = site.code_for(ADA);
    assert!(code.len() == 6 && code.chars().all(|c| c.is_ascii_digit()), "{code}");
    let row = site.rows("passcodes", &["code"]).await.remove(0);
    assert!(!row["code"].as_str().unwrap().contains(&code), "{row}");

    enter(&mut flow, &code).await.is("success");
    assert_eq!(flow.body["actions"], json!({}));
    assert_eq!(flow.payload("user")["id"], json!(user));
    assert_eq!(flow.payload("claims")["subject"], json!(user));
    assert_eq!(flow.payload("claims")["amr"], json!(["otp"]));
    assert_eq!(flow.payload("last_login"), &json!({ "login_method": "passcode" }));
    assert_eq!(site.count("passcodes").await, 0);
    let audited = site.audited("login_success").await;
    assert_eq!(audited.len(), 1);
    assert_eq!(audited[0]["details"], json!({ "login_method": "passcode", "flow_id": flow.id }));
}

fn template(kept: &KeptMail) -> String {
    let template = serde_json::to_value(kept).unwrap()["template"].clone();
    template.as_str().unwrap().to_owned()
}

/// Covers LR-144.
#[tokio::test]
async fn codes_can_have_letters_whose_case_counts() {
    let site = Site::start("{ password: { enabled: false }, email: { passcode_charset: alphanumeric } }").await;
    site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    let mut code = None;
    for _ in 0..20 {
        let mail = site.mail_to(ADA);
        code = code_in(&mail).filter(|code| code.to_lowercase() != *code);
        if code.is_some() {
            break;
        }
        flow.act("resend_passcode", json!({})).await.is("passcode_confirmation");
    }
    let code = code.unwrap();
    assert!(code.chars().all(|c| c.is_ascii_alphanumeric() && !"01IOl".contains(c)), "{code}");
    enter(&mut flow, &code.to_lowercase()).await.refuses(
        "passcode_confirmation",
        "verify_passcode",
        "code",
        "passcode_invalid",
    );
    enter(&mut flow, &code).await.is("success");
}

/// Covers LR-141, LR-142, PROTO-154, PROTO-155.
#[tokio::test]
async fn no_second_mail_is_sent_while_the_first_code_is_good() {
    let site = Site::start("").await;
    site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    for _ in 0..3 {
        flow.act("continue_to_passcode_confirmation", json!({})).await.is("passcode_confirmation");
        flow.act("back", json!({})).await.is("login_method_chooser");
    }
    assert_eq!(site.mails_to(ADA).len(), 1);
    flow.act("back", json!({})).await;
    flow.identify("grace@example.org").await;
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    assert_eq!((site.mails_to(ADA).len(), site.mails_to("grace@example.org").len()), (1, 1));

    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    let code = site.code_for(ADA);
    flow.act("back", json!({})).await;
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    enter(&mut flow, &code).await.is("success");
}

/// Covers LR-147, LR-148, LR-149, LR-150, LR-015, LR-152, PROTO-143, PROTO-145.
#[tokio::test]
async fn a_code_may_be_entered_wrong_twice() {
    let site = Site::start(PASSCODES).await;
    let user = site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    let code = site.code_for(ADA);
    for attempt in 1..=2 {
        enter(&mut flow, &wrong(&code)).await.refuses(
            "passcode_confirmation",
            "verify_passcode",
            "code",
            "passcode_invalid",
        );
        assert_eq!(site.rows("passcodes", &["try_count"]).await[0]["try_count"], attempt);
    }
    for entered in [wrong(&code), code] {
        enter(&mut flow, &entered).await.fails("passcode_confirmation", 401, "passcode_max_attempts_reached");
    }
    assert_eq!(site.mails().len(), 1);
    let failures = site.audited("login_failure").await;
    assert_eq!(failures.len(), 4);
    for failure in failures {
        assert_eq!(failure["details"], json!({ "login_method": "passcode", "flow_id": flow.id }));
        assert_eq!(failure["actor_user_id"], json!(user));
        assert!(failure["error"].is_string());
    }
    flow.act("resend_passcode", json!({})).await.is("passcode_confirmation");
    flow.confirm(ADA).await.is("success");
}

/// Covers LR-146.
#[tokio::test]
async fn a_code_expires() {
    let (site, clock) = Site::start_with_clock("{ password: { enabled: false }, email: { passcode_ttl: 60 } }").await;
    site.user(ADA).await;
    for (seconds, good) in [(60, true), (61, false)] {
        let mut flow = site.login_as(ADA).await;
        clock.advance(TimeDelta::seconds(seconds));
        flow.confirm(ADA).await;
        if good {
            flow.is("success");
        } else {
            flow.refuses("passcode_confirmation", "verify_passcode", "code", "passcode_invalid");
            flow.act("resend_passcode", json!({})).await.is("passcode_confirmation");
            flow.confirm(ADA).await.is("success");
        }
    }
}

/// Covers LR-153, PROTO-158.
#[tokio::test]
async fn a_new_code_takes_the_place_of_the_old_one() {
    let site = Site::start("").await;
    site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    let old = site.code_for(ADA);
    flow.act("resend_passcode", json!({})).await.is("passcode_confirmation");
    assert_eq!((site.mails().len(), &flow.body["payload"]), (2, &json!({})));
    let new = site.code_for(ADA);
    if old != new {
        enter(&mut flow, &old).await.refuses("passcode_confirmation", "verify_passcode", "code", "passcode_invalid");
    }
    flow.act("back", json!({})).await.is("login_method_chooser");
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    assert_eq!(site.mails().len(), 2);
    enter(&mut flow, &new).await.is("success");
}

/// Covers LR-166, LR-128.
#[tokio::test]
async fn signing_in_by_code_verifies_the_address() {
    let site = Site::start("").await;
    let body = json!({ "emails": [{ "address": ADA, "is_primary": true, "is_verified": false }] });
    assert_eq!(site.administer("POST", "/users", body).await.status, 200);
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    flow.confirm(ADA).await.is("success");
    assert_eq!(flow.payload("user")["emails"][0]["is_verified"], true);
    assert_eq!(site.audited("email_verified").await, Vec::<Value>::new());

    // Recovery is audited: there the code is not what signs in.
    site.execute("UPDATE emails SET verified = FALSE").await;
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_password_login", json!({})).await;
    flow.act("continue_to_passcode_confirmation_recovery", json!({})).await;
    flow.confirm(ADA).await.is("login_password_recovery");
    let audited = site.audited("email_verified").await;
    assert_eq!(audited.len(), 1);
    assert_eq!(audited[0]["details"], json!({ "email": ADA, "flow_id": flow.id }));
    assert_eq!(site.rows("emails", &["verified"]).await, [json!({ "verified": 1 })]);
}

/// Covers LR-159, LR-346.
#[tokio::test]
async fn a_guessed_code_proves_nothing() {
    let site = Site::start("").await;
    site.user(ADA).await;
    let recovery = "continue_to_passcode_confirmation_recovery";
    for way in ["passcode", "recovery", "registration"] {
        let mut flow = match way {
            "registration" => site.registration().await,
            _ => site.login_as("nobody@example.org").await,
        };
        match way {
            "passcode" => flow.act("continue_to_passcode_confirmation", json!({})).await,
            "recovery" => flow.act("continue_to_password_login", json!({})).await.act(recovery, json!({})).await,
            _ => flow.act("register_login_identifier", json!({ "email": ADA })).await,
        }
        .is("passcode_confirmation");
        site.guess_codes("123456").await;
        enter(&mut flow, "123456").await.fails("passcode_confirmation", 403, "operation_not_permitted_error");
    }
    assert_eq!((site.count("users").await, site.count("sessions").await), (1, 0));
}

#[tokio::test]
async fn nobody_learns_whether_an_address_has_an_account() {
    let site = Site::start(PASSCODES).await;
    site.user(ADA).await;
    let mut known = site.login_as(ADA).await;
    let mut unknown = site.login_as("nobody@example.org").await;
    let mail = site.mail_to("nobody@example.org");
    assert_eq!(template(&mail), "email_login_attempted");
    assert_eq!(code_in(&mail), None);
    assert_eq!(site.count("passcodes").await, 2);
    let code = site.code_for(ADA);
    for attempt in 0..4 {
        let (known, unknown) = (enter(&mut known, &wrong(&code)).await, enter(&mut unknown, &wrong(&code)).await);
        assert_eq!(known.answer.status, unknown.answer.status, "{attempt}");
        assert_eq!(known.body["error"], unknown.body["error"]);
        assert_eq!(known.body["name"], unknown.body["name"]);
    }
}

/// Covers LR-163.
#[tokio::test]
async fn mails_are_written_in_the_language_of_the_page() {
    let site = Site::start(PASSCODES).await;
    site.user(ADA).await;
    let mut texts = Vec::new();
    for language in [None, Some("en"), Some("undefined"), Some("de")] {
        let mut flow = site.login().await;
        flow.language = language;
        flow.identify(ADA).await.is("passcode_confirmation");
        let mail = serde_json::to_value(&*site.mail_to(ADA)).unwrap();
        texts.push(mail["language"].as_str().unwrap().to_owned());
    }
    assert_eq!(texts, ["en", "en", "en", "de"]);
}

/// Without a mail server the flow goes on: its code can only be delivered by others.
#[tokio::test]
async fn nothing_is_sent_where_mails_are_off() {
    let site =
        Site::start("{ development: false, email_delivery: { enabled: false }, password: { enabled: false } }").await;
    site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    flow.is("passcode_confirmation");
    assert_eq!(site.count("passcodes").await, 1);
    assert_eq!(site.count("sealflow_outbox").await, 0);
}
