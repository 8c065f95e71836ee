//! Setting, changing and giving up a password (spec chapter 03, sections 7.9 to 7.11).

use futures_util::future::join_all;
use serde_json::json;

use super::ADA;
use crate::support::flow::Site;

async fn signs_in(site: &Site, password: &str) -> bool {
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_password_login", json!({})).await;
    flow.act("password_login", json!({ "password": password })).await;
    flow.state() == "success"
}

/// Covers PROF-157, PROF-158, PROF-159, PROF-160, PROF-161, PROF-163, PROF-167.
#[tokio::test]
async fn a_password_is_set_changed_and_given_up() {
    let site = Site::start("password: { optional: true }").await;
    let user = site.user(ADA).await;
    let (session, other) = (site.session(user).await, site.session(user).await);
    let mut flow = site.profile(&session).await;
    assert!(!flow.offers("password_update") && !flow.offers("password_delete"));
    for (action, spelled) in [("password_create", " correct horse "), ("password_update", "battery staple")] {
        assert_eq!(
            flow.inputs(action)["password"],
            json!({ "name": "password", "type": "string", "min_length": 8, "max_length": 72, "required": true })
        );
        for (given, code) in [
            (json!("short"), "value_too_short_error"),
            (json!("a".repeat(73)), "value_too_long_error"),
            (json!("\u{e4}".repeat(37)), "value_too_long_error"),
            (json!(""), "value_missing_error"),
            (json!(12_345_678), "value_missing_error"),
        ] {
            flow.act(action, json!({ "password": given })).await;
            flow.refuses("profile_init", action, "password", code);
        }
        flow.act(action, json!({ "password": spelled })).await.is("profile_init");
        assert!(flow.offers("password_update") && !flow.offers("password_create"));
        assert!(signs_in(&site, spelled).await);
        assert!(!signs_in(&site, "correct horse").await);
    }
    // Setting the first password is no news to anybody, changing it is.
    assert_eq!(serde_json::to_value(&*site.mail_to(ADA)).unwrap()["template"], "password_update");
    assert_eq!(site.audited("security_notification_sent").await.len(), 1);
    let audited = site.audited("password_changed").await;
    assert_eq!(audited.len(), 2);
    for entry in audited {
        let wanted = json!({ "context": "profile", "flow_id": flow.id });
        assert_eq!((&entry["actor_user_id"], &entry["details"]), (&json!(user), &wanted));
    }
    assert_eq!(site.ask_as(&other, "GET", "/me").await.status, 200);
    flow.act("password_delete", json!({})).await.is("profile_init");
    assert!(flow.offers("password_create"));
    assert_eq!(site.count("password_credentials").await, 0);
    let audited = site.audited("password_deleted").await;
    assert_eq!((audited.len(), &audited[0]["details"]), (1, &json!({ "flow_id": flow.id })));
}

/// Covers PROF-164.
#[tokio::test]
async fn a_password_is_changed_without_an_address() {
    let site = Site::start("username: { enabled: true }").await;
    let user = site.user_named("ada", "").await;
    site.set_password(user, "correct horse").await;
    let mut flow = site.profile(&site.session(user).await).await;
    flow.act("password_update", json!({ "password": "battery staple" })).await.is("profile_init");
}

/// Covers PROF-165, PROF-166, PROF-168.
#[tokio::test]
async fn the_last_way_in_is_not_given_up() {
    let no_codes = "{ password: { optional: true }, email: { use_for_authentication: false } }";
    for (yaml, passkey, security_key, offered) in [
        ("", false, false, false),
        ("password: { optional: true }", false, false, true),
        ("password: { optional: true, enabled: false }", false, false, false),
        (no_codes, false, false, false),
        (no_codes, true, false, true),
        (no_codes, false, true, false),
        (
            "{ password: { optional: true }, email: { use_as_login_identifier: false }, username: { enabled: true } }",
            false,
            false,
            false,
        ),
    ] {
        let site = Site::start(yaml).await;
        let user = site.user_with_password(ADA, "correct horse").await;
        if passkey || security_key {
            site.add_credential("abc", security_key).await;
        }
        let flow = site.profile(&site.session(user).await).await;
        assert_eq!(flow.offers("password_delete"), offered, "{yaml} {passkey} {security_key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_several_first_passwords_is_set() {
    let site = Site::start("").await;
    let session = site.session(site.user(ADA).await).await;
    let mut flows = site.profiles(&session, 4).await;
    join_all(flows.iter_mut().map(async |flow| {
        flow.act("password_create", json!({ "password": "correct horse" })).await;
    }))
    .await;
    let (set, refused): (Vec<_>, Vec<_>) = flows.iter_mut().partition(|flow| flow.answer.status == 200);
    assert_eq!((set.len(), site.audited("password_changed").await.len()), (1, 1));
    for flow in refused {
        assert_eq!((flow.answer.status, &flow.body["error"]["code"]), (403, &json!("operation_not_permitted_error")));
    }
}
