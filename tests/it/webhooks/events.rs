//! When each event fires, and what is told (spec chapter 06, sections 6.3 and 6.4).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{ADA, make_something_happen};
use crate::support::{
    flow::{Device, Flow, Site},
    receiver::{Call, Receiver},
    second_factors::code_at,
};

const AGENT: &str = "a browser";

async fn telling(events: &str, more: &str) -> (Site, Receiver) {
    let receiver = Receiver::start().await;
    let site = Site::start_over(&receiver.configured(events), more).await;
    (site, receiver)
}

async fn sign_in(site: &Site) -> Flow<'_> {
    let mut flow = site.login_as(ADA).await;
    if flow.state() == "login_method_chooser" {
        flow.act("continue_to_passcode_confirmation", json!({})).await;
    }
    flow.user_agent = Some(AGENT);
    flow.confirm(ADA).await.is("success");
    flow
}

fn names(calls: &[Call]) -> Vec<String> {
    calls.iter().map(Call::event).collect()
}

/// Covers HOOK-16, HOOK-25, LR-383.
#[tokio::test]
async fn a_login_tells_of_the_session_and_then_of_the_login() {
    let (site, receiver) = telling("user, session", "").await;
    let user = site.user(ADA).await;
    receiver.called(1).await;
    let flow = sign_in(&site).await;
    let calls = receiver.called(3).await;
    assert_eq!(names(&calls), ["user.create", "session.create.flow", "user.login"]);
    let session = calls[1].data(&site).await;
    let row = site.session_row(flow.payload("claims")["session_id"].as_str().unwrap().parse().unwrap()).await.unwrap();
    let members: Vec<&str> = session.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        members,
        ["id", "user_id", "user_agent", "ip_address", "created_at", "updated_at", "expires_at", "last_used"]
    );
    assert_eq!((&session["id"], &session["user_id"]), (&json!(row.id.0), &json!(user)));
    assert_eq!((&session["user_agent"], &session["ip_address"]), (&json!(AGENT), &json!("127.0.0.1")));

    let login = calls[2].data(&site).await;
    let mut created = calls[0].data(&site).await;
    assert_eq!((created.get("ip_address"), created.get("user_agent")), (None, None));
    created["ip_address"] = json!("127.0.0.1");
    created["user_agent"] = json!(AGENT);
    assert_eq!(login, created);
}

/// Covers HOOK-16.
#[tokio::test]
async fn a_login_without_a_name_is_told() {
    let (site, receiver) = telling("user.login", "passkey: { acquire_on_login: always }").await;
    let user = site.user(ADA).await;
    let passkey = site.give_passkey(ADA).await;
    receiver.called(1).await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.act("webauthn_generate_request_options", json!({})).await.is("login_passkey");
    flow.use_passkey(&passkey).await.is("success");
    let calls = receiver.called(2).await;
    assert_eq!(names(&calls), ["user.login"; 2]);
    assert_eq!(calls[1].data(&site).await["id"], json!(user));
}

/// Covers HOOK-16.
#[tokio::test]
async fn a_login_with_a_second_factor_is_told_after_it() {
    let password = "correct horse";
    let more = "{ mfa: { enabled: true, device_trust_policy: never }, passkey: { acquire_on_login: never } }";
    let (site, receiver) = telling("user.login", more).await;
    let mut told = 0;
    for method in ["none", "app", "security key"] {
        let address = format!("{}@example.org", method.replace(' ', "-"));
        let user = site.user_with_password(&address, password).await;
        match method {
            "app" => {
                site.give_app(user).await;
                let mut flow = site.first_factor(&address, password, Device::Old).await;
                flow.is("login_otp");
                assert_eq!(receiver.calls().len(), told);
                flow.enter_otp(&code_at(site.tenant().clock.now())).await.is("success");
            }
            "security key" => {
                let key = site.give_security_key(user).await;
                let mut flow = site.first_factor(&address, password, Device::Passkeys).await;
                flow.is("login_security_key").act("webauthn_generate_request_options", json!({})).await;
                assert_eq!(receiver.calls().len(), told);
                flow.use_passkey(&key).await.is("success");
            }
            _ => {
                site.first_factor(&address, password, Device::Old).await.is("success");
            }
        }
        told += 1;
        let calls = receiver.called(told).await;
        assert_eq!(calls[told - 1].data(&site).await["id"], json!(user), "{method}");
    }
}

/// Covers HOOK-16, LR-357, LR-383, V2-212.
#[tokio::test]
async fn a_registration_tells_of_the_account_and_then_of_the_session() {
    let (site, receiver) = telling("user, session", "username: { enabled: true }").await;
    let mut flow = site.registration().await;
    flow.act("register_login_identifier", json!({ "email": ADA, "username": "ada" })).await;
    flow.confirm(ADA).await.is("password_creation");
    flow.act("register_password", json!({ "new_password": "correct horse" })).await.is("success");
    let user = flow.payload("user").clone();
    receiver.called(2).await;
    make_something_happen(&site, &receiver, "grace").await;
    let calls = receiver.calls();
    assert_eq!(names(&calls), ["user.create", "session.create.flow", "user.create"]);
    let created = calls[0].data(&site).await;
    assert_eq!((&created["id"], &created["emails"][0]["id"]), (&user["user_id"], &user["emails"][0]["id"]));
    assert_eq!(created["username"]["username"], "ada");
    let password: Vec<&str> = created["password"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(password, ["id", "tenant_id", "created_at", "updated_at"]);
    assert_eq!(created["ip_address"], "127.0.0.1");
}

/// Covers HOOK-25, HOOK-26.
#[tokio::test]
async fn an_account_that_is_created_by_an_administrator_is_told_once_and_without_a_client() {
    let (site, receiver) = telling("user", "").await;
    let body = json!({ "username": "ada" });
    let created = site.administer("POST", "/users", body).await.json();
    receiver.called(1).await;
    let id = created["id"].as_str().unwrap();
    site.administer("POST", &format!("/users/{id}/password"), json!({ "password": "correct horse" })).await;
    make_something_happen(&site, &receiver, "grace").await;
    let calls = receiver.calls();
    assert_eq!(names(&calls), ["user.create", "user.create"]);
    assert_eq!(calls[0].data(&site).await, created);
    let members: Vec<&str> = created.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["id", "username", "created_at", "updated_at"]);
}

#[tokio::test]
async fn what_is_added_during_a_login_is_told_before_it() {
    let more = "{ username: { enabled: true, acquire_on_login: true, optional: true },
                  email: { require_verification: false, acquire_on_login: true } }";
    let (site, receiver) = telling("user, session", more).await;
    let user = site.user_named("ada", "").await;
    site.set_password(user, "correct horse").await;
    receiver.called(1).await;
    let mut flow = site.login().await;
    flow.act("continue_with_login_identifier", json!({ "identifier": "ada" })).await;
    flow.act("password_login", json!({ "password": "correct horse" })).await.is("onboarding_email");
    flow.act("email_address_set", json!({ "email": ADA })).await.is("success");
    let calls = receiver.called(4).await;
    assert_eq!(names(&calls), ["user.create", "user.update.email.create", "session.create.flow", "user.login"]);
    let added = calls[1].data(&site).await;
    assert_eq!((&added["emails"][0]["address"], &added["emails"][0]["is_primary"]), (&json!(ADA), &json!(true)));
    assert_eq!(added, calls[3].data(&site).await);
}

/// Covers HOOK-19.
#[tokio::test]
async fn a_username_that_is_chosen_during_a_login_is_told() {
    let more = "username: { enabled: true, acquire_on_login: true, optional: true }";
    let (site, receiver) = telling("user.update", more).await;
    site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    if flow.state() == "login_method_chooser" {
        flow.act("continue_to_passcode_confirmation", json!({})).await;
    }
    flow.confirm(ADA).await.is("onboarding_username");
    flow.act("username_create", json!({ "username": "ada" })).await.is("success");
    let calls = receiver.called(1).await;
    assert_eq!(names(&calls), ["user.update.username.create"]);
    assert_eq!(calls[0].data(&site).await["username"]["username"], "ada");
}

/// Covers HOOK-19, HOOK-20, HOOK-25, PROF-111, PROF-152, PROF-153, PROF-156, PROF-162, PROF-226,
/// PROF-260.
#[tokio::test]
async fn the_profile_tells_what_changed_and_shows_the_account_as_it_then_is() {
    let (site, receiver) =
        telling("user.update", "{ username: { enabled: true }, password: { optional: true } }").await;
    let body = json!({ "emails": [
        { "address": ADA, "is_primary": true, "is_verified": true },
        { "address": "countess@example.org", "is_verified": true },
    ] });
    let created = site.administer("POST", "/users", body).await.json();
    let session = site.session(created["id"].as_str().unwrap().parse().unwrap()).await;
    let mut flow = site.profile(&session).await;
    flow.user_agent = Some(AGENT);
    let second =
        created["emails"].as_array().unwrap().iter().find(|email| email["is_primary"] == false).unwrap()["id"].clone();
    flow.act("username_create", json!({ "username": "ada" })).await.is("profile_init");
    flow.act("username_update", json!({ "username": "ada" })).await.is("profile_init");
    flow.act("username_update", json!({ "username": "countess" })).await.is("profile_init");
    flow.act("username_delete", json!({})).await.is("profile_init");
    flow.act("email_set_primary", json!({ "email_id": second })).await.is("profile_init");
    flow.act("email_set_primary", json!({ "email_id": second })).await.is("profile_init");
    flow.act("patch_metadata", json!({ "patch_metadata": { "a": 1 } })).await.is("profile_init");
    flow.act("password_create", json!({ "password": "correct horse" })).await.is("profile_init");
    flow.act("password_update", json!({ "password": "battery staple" })).await.is("profile_init");
    flow.act("password_delete", json!({})).await.is("profile_init");
    flow.act("username_create", json!({ "username": "last" })).await.is("profile_init");

    let mut told = Vec::new();
    for call in receiver.called(6).await {
        let data = call.data(&site).await;
        assert_eq!((&data["ip_address"], &data["user_agent"]), (&json!("127.0.0.1"), &json!(AGENT)));
        let primary = data["emails"].as_array().unwrap().iter().find(|email| email["is_primary"] == true).unwrap();
        told.push(json!([
            call.event(),
            data["username"]["username"],
            primary["address"],
            data["password"].is_object()
        ]));
    }
    // The calls of different requests may pass each other.
    told.sort_by_key(Value::to_string);
    let expected = json!([
        ["user.update.email.primary", null, "countess@example.org", false],
        ["user.update.password.update", null, "countess@example.org", true],
        ["user.update.username.create", "ada", ADA, false],
        ["user.update.username.create", "last", "countess@example.org", false],
        ["user.update.username.delete", null, ADA, false],
        ["user.update.username.update", "countess", ADA, false],
    ]);
    assert_eq!(Value::Array(told), expected);
}

/// Covers HOOK-20, LR-127.
#[tokio::test]
async fn a_recovered_password_is_told_and_a_first_one_is_not_an_update_in_onboarding() {
    let (site, receiver) = telling("user.update, user.login", "password: { acquire_on_login: always }").await;
    site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    if flow.state() == "login_method_chooser" {
        flow.act("continue_to_passcode_confirmation", json!({})).await;
    }
    flow.confirm(ADA).await.is("password_creation");
    flow.act("register_password", json!({ "new_password": "correct horse" })).await.is("success");
    assert_eq!(receiver.events(1).await, ["user.login"]);
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_password_login", json!({})).await;
    flow.act("continue_to_passcode_confirmation_recovery", json!({})).await;
    flow.confirm(ADA).await.is("login_password_recovery");
    flow.act("password_recovery", json!({ "new_password": "battery staple" })).await.is("success");
    assert_eq!(receiver.events(3).await[1..], ["user.update.password.update", "user.login"]);
}

/// Covers HOOK-17, HOOK-24, HOOK-25, PROF-088.
#[tokio::test]
async fn a_deleted_account_is_told_as_it_was() {
    let (site, receiver) = telling("user, session", "account: { allow_deletion: true }").await;
    let user = site.user(ADA).await;
    let created = receiver.called(1).await[0].data(&site).await;
    let session = site.session(user).await;
    site.session(user).await;
    let mut flow = site.profile(&session).await;
    flow.act("account_delete", json!({})).await.is("account_deleted");
    receiver.called(2).await;
    make_something_happen(&site, &receiver, "grace").await;
    let calls = receiver.calls();
    assert_eq!(names(&calls), ["user.create", "user.delete", "user.create"]);
    assert_eq!(calls[1].data(&site).await, created);
    assert_eq!((created.get("ip_address"), created.get("user_agent")), (None, None));
}

/// Covers LR-375, PROTO-178, SESS-13, SESS-31, PROF-231.
#[tokio::test]
async fn the_ends_of_sessions_are_told() {
    let receiver = Receiver::start().await;
    let yaml = format!("{{ session: {{ limit: 2, idle_timeout: 1h }}, {} }}", receiver.configured("session.delete"));
    let (site, clock) = Site::start_with_clock(&yaml).await;
    let user = site.user(ADA).await;
    let [surplus, oldest] = [site.session(user).await, site.session(user).await];
    clock.advance(TimeDelta::seconds(1));
    let third = site.session(user).await;
    sign_in(&site).await;
    let calls = receiver.called(2).await;
    assert_eq!(names(&calls), ["session.delete.passive.limit"; 2]);
    let mut ended = Vec::new();
    for call in &calls {
        ended.push(call.data(&site).await["id"].clone());
    }
    assert!(ended.contains(&json!(surplus.id)) && ended.contains(&json!(oldest.id)), "{ended:?}");

    let current = site.session(user).await;
    let mut flow = site.profile(&current).await;
    flow.act("session_delete", json!({ "session_id": third.id })).await.is("profile_init");
    let calls = receiver.called(3).await;
    assert_eq!(calls[2].event(), "session.delete.explicit.revoke");
    assert_eq!(calls[2].data(&site).await["id"], json!(third.id));
    assert!(site.session_row(third.id).await.is_none());
    assert_eq!(site.ask_as(&third, "GET", "/me").await.status, 401);

    assert_eq!(site.ask_as(&current, "POST", "/logout").await.status, 204);
    let calls = receiver.called(4).await;
    assert_eq!(calls[3].event(), "session.delete.explicit.logout");
    assert_eq!(calls[3].data(&site).await["id"], json!(current.id));

    let idle = site.session(user).await;
    clock.advance(TimeDelta::minutes(61));
    let asked = (0..3).map(|_| site.ask_as(&idle, "GET", "/me"));
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer.status, 401);
    }
    assert!(site.session_row(idle.id).await.is_none());
    let calls = receiver.called(5).await;
    assert_eq!(calls[4].event(), "session.delete.passive.expire");
    let session = calls[4].data(&site).await;
    assert_eq!((&session["id"], &session["user_agent"]), (&json!(idle.id), &Value::Null));
    let other = site.session(user).await;
    site.ask_as(&other, "POST", "/logout").await;
    assert_eq!(receiver.events(6).await[5], "session.delete.explicit.logout");
}

/// Covers PROF-101, PROF-103, PROF-108, PROF-123.
#[tokio::test]
async fn addresses_that_come_and_go_are_told_and_verifying_one_is_not() {
    for verification in [true, false] {
        let more = format!("email: {{ require_verification: {verification} }}");
        let (site, receiver) = telling("user.update", &more).await;
        let session = site.session(site.user_with_password(ADA, "correct horse").await).await;
        let mut flow = site.profile(&session).await;
        flow.user_agent = Some(AGENT);
        let address = "countess@example.org";
        flow.act("email_create", json!({ "email": address })).await;
        if verification {
            flow.is("passcode_confirmation");
            assert_eq!(site.audited("email_created").await.len(), 0);
            flow.confirm(address).await;
        }
        flow.is("profile_init");
        let created = receiver.called(1).await.remove(0);
        assert_eq!(created.event(), "user.update.email.create");
        let data = created.data(&site).await;
        let found =
            data["emails"].as_array().unwrap().iter().find(|email| email["address"] == address).unwrap().clone();
        assert_eq!((&found["is_verified"], &found["is_primary"]), (&json!(verification), &json!(false)));
        assert_eq!(data["user_agent"], AGENT);
        assert_eq!(site.audited("email_created").await.len(), 1);
        assert_eq!(site.audited("email_verified").await.len(), usize::from(verification));
        assert_eq!(site.audited("security_notification_sent").await[0]["details"]["template"], "email_create");

        if !verification {
            flow.act("email_verify", json!({ "email_id": found["id"] })).await.is("passcode_confirmation");
            flow.confirm(address).await.is("profile_init");
        }
        flow.act("email_delete", json!({ "email_id": found["id"] })).await.is("profile_init");
        let calls = receiver.called(2).await;
        assert_eq!(calls[1].event(), "user.update.email.delete");
        let left = calls[1].data(&site).await["emails"].clone();
        assert_eq!((left.as_array().unwrap().len(), &left[0]["address"]), (1, &json!(ADA)));
        assert_eq!(site.audited("email_deleted").await.len(), 1);
    }
}
