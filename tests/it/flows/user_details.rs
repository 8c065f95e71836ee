//! A username and an address for accounts that have none (spec chapter 02, section 8).

use serde_json::json;

use crate::support::flow::{Device, Flow, Site, code_in};

const ADA: &str = "ada@example.org";
const PASSWORD: &str = "correct horse";

/// Signs in with a password.
async fn sign_in<'s>(site: &'s Site, name: &str) -> Flow<'s> {
    let mut flow = site.login_as(name).await;
    if flow.state() == "login_method_chooser" {
        flow.act("continue_to_password_login", json!({})).await;
    }
    flow.act("password_login", json!({ "password": PASSWORD })).await.reaches(200);
    flow
}

/// A user with a username and a password, and no address.
async fn grace(site: &Site) -> uuid::Uuid {
    let user = site.user_named("grace", "").await;
    site.set_password(user, PASSWORD).await;
    user
}

/// Covers LR-200, LR-203, LR-205, LR-212.
#[tokio::test]
async fn what_is_missing_is_asked_for_where_that_is_wanted() {
    for acquire in [true, false] {
        for optional in [true, false] {
            let yaml = format!(
                "{{ username: {{ enabled: true, acquire_on_login: {acquire}, optional: {optional} }}, \
                 email: {{ acquire_on_login: {acquire}, optional: {optional} }} }}"
            );
            let site = Site::start(&yaml).await;
            site.user_with_password(ADA, PASSWORD).await;
            grace(&site).await;
            for (name, state) in [(ADA, "onboarding_username"), ("grace", "onboarding_email")] {
                let mut flow = sign_in(&site, name).await;
                if !acquire {
                    flow.is("success");
                    continue;
                }
                flow.is(state);
                assert!(!flow.offers("back"));
                assert_eq!(flow.offers("skip"), optional);
                if optional {
                    flow.act("skip", json!({})).await.is("success");
                } else {
                    flow.act("skip", json!({})).await.is_rejected(403, "operation_not_permitted_error");
                }
            }
        }
    }
    let site = Site::start("").await;
    site.user_with_password(ADA, PASSWORD).await;
    sign_in(&site, ADA).await.is("success");
}

/// Covers LR-201, PROTO-74.
#[tokio::test]
async fn a_username_is_chosen() {
    let site = Site::start("username: { enabled: true }").await;
    site.user_with_password(ADA, PASSWORD).await;
    grace(&site).await;
    let mut flow = sign_in(&site, ADA).await;
    let action = "username_create";
    flow.is("onboarding_username");
    assert_eq!(
        flow.inputs(action)["username"],
        json!({ "name": "username", "type": "string", "min_length": 3, "max_length": 32, "required": false })
    );
    for (username, code) in [
        ("GRACE", "username_already_exists"),
        ("ada lovelace", "invalid_username_error"),
        ("", "invalid_username_error"),
        ("ad", "value_too_short_error"),
        ("a234567890123456789012345678901234", "value_too_long_error"),
    ] {
        flow.act(action, json!({ "username": username })).await;
        flow.refuses("onboarding_username", action, "username", code);
    }
    flow.act(action, json!({ "username": " Ada_1 " })).await.is("success");
    assert_eq!(flow.payload("user")["username"]["username"], "ada_1");
    sign_in(&site, "ada_1").await.is("success");
}

/// Covers LR-206, LR-211, PROTO-54, PROTO-80, PROTO-81.
#[tokio::test]
async fn an_address_is_given_and_verified() {
    let site = Site::start("username: { enabled: true }").await;
    let user = grace(&site).await;
    let mut flow = sign_in(&site, "grace").await;
    flow.is("onboarding_email");
    let action = "email_address_set";
    let shown =
        |value| json!({ "name": "email", "type": "string", "max_length": 120, "required": true, "value": value });
    assert_eq!(flow.inputs(action)["email"], shown(json!(null)));
    for (given, code, value) in
        [(json!(" No Address "), "value_invalid_error", "no address"), (json!(null), "value_missing_error", "")]
    {
        flow.act(action, json!({ "email": given })).await;
        flow.refuses("onboarding_email", action, "email", code);
        assert_eq!(flow.inputs(action)["email"]["value"], value);
    }
    flow.act(action, json!({ "email": "Grace@Example.org" })).await.is("passcode_confirmation");
    assert_eq!(serde_json::to_value(&*site.mail_to("grace@example.org")).unwrap()["template"], "email_verification");
    assert_eq!(site.count("emails").await, 0);
    flow.confirm("grace@example.org").await.is("success");
    let email = &flow.payload("user")["emails"][0];
    assert_eq!(
        (&email["address"], &email["is_verified"], &email["is_primary"]),
        (&json!("grace@example.org"), &json!(true), &json!(true))
    );
    let audited = site.audited("email_verified").await;
    assert_eq!(audited.len(), 1);
    assert_eq!(audited[0]["actor_user_id"], json!(user));
}

/// Covers LR-208, LR-209.
#[tokio::test]
async fn an_address_is_given_without_verification() {
    let site =
        Site::start("{ username: { enabled: true, acquire_on_login: false }, email: { require_verification: false } }")
            .await;
    site.user(ADA).await;
    grace(&site).await;
    let mut flow = sign_in(&site, "grace").await;
    flow.act("email_address_set", json!({ "email": ADA })).await;
    flow.refuses("onboarding_email", "email_address_set", "email", "email_already_exists");
    flow.act("email_address_set", json!({ "email": "grace@example.org" })).await.is("success");
    let email = &flow.payload("user")["emails"][0];
    assert_eq!((&email["is_verified"], &email["is_primary"]), (&json!(false), &json!(true)));
}

/// Covers LR-210.
#[tokio::test]
async fn an_address_of_somebody_else_stays_theirs() {
    let site = Site::start("username: { enabled: true }").await;
    let ada = site.user(ADA).await;
    grace(&site).await;
    let mut flow = sign_in(&site, "grace").await;
    flow.act("email_address_set", json!({ "email": ADA })).await.is("passcode_confirmation");
    let mail = site.mail_to(ADA);
    assert_eq!(serde_json::to_value(&*mail).unwrap()["template"], "email_registration_attempted");
    assert_eq!(code_in(&mail), None);
    flow.act("verify_passcode", json!({ "code": "000000" })).await;
    flow.refuses("passcode_confirmation", "verify_passcode", "code", "passcode_invalid");
    let owners = site.rows("emails", &["user_id"]).await;
    assert_eq!(owners.len(), 1);
    assert_eq!(site.count("sessions").await, 0);
    assert_eq!(owners[0]["user_id"], json!(ada));
}

/// Covers LR-204.
#[tokio::test]
async fn the_username_is_asked_for_before_the_address() {
    let site = Site::start("{ username: { enabled: true }, passkey: { acquire_on_login: always } }").await;
    site.user_named("ada", ADA).await;
    let authenticator = site.give_passkey(ADA).await;
    // Accounts come to this when other software writes to the database.
    site.execute("DELETE FROM usernames; DELETE FROM primary_emails; DELETE FROM emails").await;
    let mut flow = site.begin("login", Device::Autofill).await;
    flow.use_passkey(&authenticator).await.is("onboarding_username");
    flow.act("username_create", json!({ "username": "ada" })).await.is("onboarding_email");
    flow.act("email_address_set", json!({ "email": "new@example.org" })).await.is("passcode_confirmation");
    flow.confirm("new@example.org").await.is("success");
    assert_eq!(flow.payload("claims")["amr"], json!(["passkey"]));
}

/// Mails go on to the address that the owner has chosen.
#[tokio::test]
async fn an_address_that_was_added_meanwhile_stays_the_primary_one() {
    let site = Site::start("{ username: { enabled: true }, email: { require_verification: false } }").await;
    let user = grace(&site).await;
    let mut flow = sign_in(&site, "grace").await;
    flow.is("onboarding_email");
    let mut profile = site.profile(&site.session(user).await).await;
    profile.act("email_create", json!({ "email": ADA })).await.is("profile_init");
    flow.act("email_address_set", json!({ "email": "grace@example.org" })).await.is("success");
    let emails = flow.payload("user")["emails"].as_array().unwrap();
    let primary: Vec<_> =
        emails.iter().filter(|email| email["is_primary"] == true).map(|email| &email["address"]).collect();
    assert_eq!((emails.len(), primary), (2, vec![&json!(ADA)]));
}
