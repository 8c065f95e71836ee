//! A new password in the place of the forgotten one (spec chapter 02, sections 7.7 and 20).

use serde_json::json;

use crate::support::flow::{Flow, Site, code_in};

const ADA: &str = "ada@example.org";

async fn recover<'s>(site: &'s Site, address: &str) -> Flow<'s> {
    let mut flow = site.login_as(address).await;
    flow.act("continue_to_password_login", json!({})).await;
    flow.act("continue_to_passcode_confirmation_recovery", json!({})).await.is("passcode_confirmation");
    flow
}

/// Covers LR-123, LR-124, LR-125, LR-129, LR-130, PROTO-81, PROTO-82.
#[tokio::test]
async fn a_forgotten_password_is_replaced() {
    let site = Site::start("").await;
    let user = site.user_with_password(ADA, "forgotten").await;
    let mut flow = recover(&site, ADA).await;
    assert_eq!(serde_json::to_value(&*site.mail_to(ADA)).unwrap()["template"], "recovery");
    flow.confirm(ADA).await.is("login_password_recovery");
    assert_eq!(flow.actions(), ["password_recovery"]);
    assert_eq!(
        flow.inputs("password_recovery")["new_password"],
        json!({ "name": "new_password", "type": "password", "min_length": 8, "max_length": 72, "required": true })
    );
    let long = "a".repeat(73);
    for (password, code) in
        [("", "value_missing_error"), ("short", "value_too_short_error"), (&long, "value_too_long_error")]
    {
        flow.act("password_recovery", json!({ "new_password": password })).await;
        flow.refuses("login_password_recovery", "password_recovery", "new_password", code);
    }
    flow.act("password_recovery", json!({ "new_password": "correct horse" })).await.is("success");
    assert_eq!(flow.payload("claims")["amr"], json!(["pwd"]));
    assert_eq!(flow.payload("last_login"), &json!({ "login_method": "password" }));
    let audited = site.audited("password_changed").await;
    assert_eq!(audited.len(), 1);
    assert_eq!(audited[0]["actor_user_id"], json!(user));
    assert_eq!(audited[0]["details"], json!({ "context": "recovery", "flow_id": flow.id }));

    for (password, status) in [("forgotten", 400), ("correct horse", 200)] {
        let mut flow = site.login_as(ADA).await;
        flow.act("continue_to_password_login", json!({})).await;
        flow.act("password_login", json!({ "password": password })).await.reaches(status);
    }
}

/// Covers LR-126, LR-132.
#[tokio::test]
async fn recovery_gives_a_password_to_who_had_none() {
    for acquire in ["always", "conditional", "never"] {
        let site = Site::start(&format!("password: {{ acquire_on_login: {acquire} }}")).await;
        site.user(ADA).await;
        let mut flow = recover(&site, ADA).await;
        flow.confirm(ADA).await.is("login_password_recovery");
        flow.act("password_recovery", json!({ "new_password": "correct horse" })).await.is("success");
        assert_eq!(site.count("password_credentials").await, 1);
    }
}

/// Covers LR-122.
#[tokio::test]
async fn recovery_is_offered_to_addresses_that_nobody_has() {
    let site = Site::start("").await;
    let mut flow = recover(&site, "nobody@example.org").await;
    let mail = site.mail_to("nobody@example.org");
    assert_eq!(serde_json::to_value(&*mail).unwrap()["template"], "email_login_attempted");
    assert_eq!(code_in(&mail), None);
    flow.act("verify_passcode", json!({ "code": "000000" })).await;
    flow.refuses("passcode_confirmation", "verify_passcode", "code", "passcode_invalid");
}

/// A recovery ends what others may have begun with the old password.
#[tokio::test]
async fn recovery_ends_other_sessions() {
    let site = Site::start("").await;
    let user = site.user_with_password(ADA, "forgotten").await;
    let session = site.session(user).await;
    let mut flow = recover(&site, ADA).await;
    flow.confirm(ADA).await;
    flow.act("password_recovery", json!({ "new_password": "correct horse" })).await.is("success");
    assert!(site.session_row(session.id).await.is_none());
}

/// Covers LR-405: whoever replaced the password, its owner is told.
#[tokio::test]
async fn the_owner_is_told_of_a_recovery() {
    for wanted in [true, false] {
        let switch = format!("{{ notifications: {{ password_update: {{ enabled: {wanted} }} }} }}");
        let site = Site::start(&format!("security_notifications: {switch}")).await;
        site.user_with_password(ADA, "forgotten").await;
        let mut flow = recover(&site, ADA).await;
        flow.confirm(ADA).await;
        flow.act("password_recovery", json!({ "new_password": "correct horse" })).await.is("success");
        let template = serde_json::to_value(&*site.mail_to(ADA)).unwrap()["template"].clone();
        let audited = site.audited("security_notification_sent").await;
        if wanted {
            assert_eq!(template, "password_update");
            assert_eq!(audited.len(), 1);
            let details = &audited[0]["details"];
            assert_eq!(details["template"], "password_update");
            assert_eq!(details["delivered_by_hanko"], "true");
            assert_eq!(details["email_address"], ADA);
        } else {
            assert_eq!(template, "recovery");
            assert!(audited.is_empty());
        }
    }
}
