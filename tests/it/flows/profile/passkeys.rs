//! Renaming and giving up passkeys (spec chapter 03, sections 7.21 and 7.22).

use serde_json::json;

use super::ADA;
use crate::support::flow::Site;

/// Covers PROF-045, PROF-046, PROF-048, PROF-189, PROF-190, PROF-191.
#[tokio::test]
async fn credentials_of_both_kinds_are_renamed() {
    let site = Site::start("").await;
    let user = site.user(ADA).await;
    let session = site.session(user).await;
    assert!(!site.profile(&session).await.offers("webauthn_credential_rename"));
    site.add_credential("pass", false).await;
    site.add_credential("key", true).await;
    let stranger = site.session(site.user("grace@example.org").await).await;
    let mut flow = site.profile(&session).await;
    let action = "webauthn_credential_rename";
    for (id, list) in [("pass", "passkeys"), ("key", "security_keys")] {
        flow.act(action, json!({ "passkey_id": id, "passkey_name": " Mine " })).await.is("profile_init");
        let shown = flow.payload("user")[list].as_array().unwrap();
        assert_eq!(shown.len(), 1);
        assert_eq!((&shown[0]["id"], &shown[0]["name"]), (&json!(id), &json!(" Mine ")));
    }
    for (name, code) in [(String::new(), "value_missing_error"), ("a".repeat(256), "value_too_long_error")] {
        flow.act(action, json!({ "passkey_id": "pass", "passkey_name": name })).await;
        flow.refuses("profile_init", action, "passkey_name", code);
    }
    flow.act(action, json!({ "passkey_id": "other", "passkey_name": "x" })).await;
    flow.fails("profile_init", 404, "not_found");
    site.execute("UPDATE webauthn_credentials SET name = 'Mine'").await;
    let mut flow = site.profile(&stranger).await;
    flow.act(action, json!({ "passkey_id": "pass", "passkey_name": "x" })).await;
    flow.is_rejected(403, "operation_not_permitted_error");
    assert_eq!(site.rows("webauthn_credentials", &["name"]).await, vec![json!({ "name": "Mine" }); 2]);

    let site = Site::start("passkey: { enabled: false }").await;
    let session = site.session(site.user(ADA).await).await;
    site.add_credential("pass", false).await;
    let flow = site.profile(&session).await;
    assert!(!flow.offers("webauthn_credential_rename") && !flow.offers("webauthn_credential_delete"));
    assert!(flow.payload("user")["passkeys"].is_null());
}

/// Covers PROF-198.
#[tokio::test]
async fn a_passkey_is_given_up() {
    let site = Site::start("mfa: { enabled: true }").await;
    let user = site.user(ADA).await;
    let session = site.session(user).await;
    site.add_credential("pass", false).await;
    site.add_credential("key", true).await;
    let mut flow = site.profile(&session).await;
    let action = "webauthn_credential_delete";
    for id in ["key", "other"] {
        flow.act(action, json!({ "passkey_id": id })).await.fails("profile_init", 404, "not_found");
    }
    flow.act(action, json!({})).await;
    flow.refuses("profile_init", action, "passkey_id", "value_missing_error");
    flow.act(action, json!({ "passkey_id": "pass" })).await.is("profile_init");
    assert!(flow.payload("user")["passkeys"].is_null());
    flow.act(action, json!({ "passkey_id": "key" })).await.fails("profile_init", 404, "not_found");
    flow.act("security_key_delete", json!({ "security_key_id": "key" })).await.is("profile_init");
    assert!(!flow.offers(action));
    let audited = site.audited("passkey_deleted").await;
    assert_eq!(audited.len(), 1);
    let wanted = json!({ "credential_id": "pass", "flow_id": flow.id });
    assert_eq!((&audited[0]["actor_user_id"], &audited[0]["details"]), (&json!(user), &wanted));
}

/// The elements show the link for a security key only beside the action for passkeys.
#[tokio::test]
async fn a_security_key_brings_the_action_that_its_link_needs() {
    let required = "passkey: { optional: false }";
    for (yaml, keys, offered) in [
        ("", 0, false),
        ("", 1, true),
        (required, 1, false),
        (required, 2, true),
        ("passkey: { enabled: false }", 1, false),
    ] {
        let site = Site::start(yaml).await;
        let session = site.session(site.user(ADA).await).await;
        for key in 0..keys {
            site.add_credential(&format!("key{key}"), true).await;
        }
        let flow = site.profile(&session).await;
        assert_eq!(flow.offers("webauthn_credential_delete"), offered, "{yaml} {keys}");
    }
}

/// Covers PROF-193, PROF-194.
#[tokio::test]
async fn the_last_way_in_is_not_given_up() {
    let no_codes = "email: { use_for_authentication: false }";
    for (yaml, password, second, offered) in [
        ("", false, false, true),
        ("passkey: { optional: false }", false, false, false),
        ("passkey: { optional: false }", false, true, true),
        (no_codes, false, false, false),
        (no_codes, false, true, true),
        (no_codes, true, false, true),
        ("email: { use_as_login_identifier: false }", true, false, false),
    ] {
        let site = Site::start(yaml).await;
        let user = site.user(ADA).await;
        if password {
            site.set_password(user, "correct horse").await;
        }
        site.add_credential("pass", false).await;
        site.add_credential("key", true).await;
        if second {
            site.add_credential("more", false).await;
        }
        let flow = site.profile(&site.session(user).await).await;
        assert_eq!(flow.offers("webauthn_credential_delete"), offered, "{yaml} {password} {second}");
    }
}

/// Each request alone leaves a way in. One of them is refused, so that one is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_two_ways_in_are_not_given_up_at_once() {
    for password in [true, false, true, false] {
        let site = Site::start("{ password: { optional: true }, email: { use_for_authentication: false } }").await;
        let user = site.user(ADA).await;
        site.add_credential("pass", false).await;
        let passkey = |id: &str| ("webauthn_credential_delete", json!({ "passkey_id": id }));
        let another = if password {
            site.set_password(user, "correct horse").await;
            ("password_delete", json!({}))
        } else {
            site.add_credential("more", false).await;
            passkey("more")
        };
        let (mut one, mut other) =
            (site.profile(&site.session(user).await).await, site.profile(&site.session(user).await).await);
        let (action, inputs) = passkey("pass");
        tokio::join!(one.act(action, inputs), other.act(another.0, another.1));
        assert_eq!(site.count("password_credentials").await + site.count("webauthn_credentials").await, 1);
        let mut statuses = [one.answer.status, other.answer.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 403]);
    }
}
