//! Choosing, changing and giving up a username (spec chapter 03, sections 7.15 to 7.17).

use serde_json::{Value, json};

use super::ADA;
use crate::support::flow::{Flow, Site};

const ENABLED: &str = "{ username: { enabled: true } }";

async fn profile<'s>(site: &'s Site, user: uuid::Uuid) -> Flow<'s> {
    let session = site.session(user).await;
    site.profile(&session).await
}

async fn refuses_bad_names(flow: &mut Flow<'_>, action: &str) {
    for (given, code, value) in [
        (json!(" GRACE "), "username_already_exists", "grace"),
        (json!("ada lovelace"), "invalid_username_error", "ada lovelace"),
        (json!("jos\u{e9}"), "invalid_username_error", "jos\u{e9}"),
        (json!("ad"), "value_too_short_error", "ad"),
        (json!("a".repeat(33)), "value_too_long_error", &"a".repeat(33)),
        (json!("  "), "value_missing_error", ""),
    ] {
        flow.act(action, json!({ "username": given })).await;
        flow.refuses("profile_init", action, "username", code);
        assert_eq!(flow.inputs(action)["username"]["value"], value);
    }
}

fn details(audited: &[Value]) -> Vec<(&Value, &Value)> {
    audited.iter().map(|entry| (&entry["actor_user_id"], &entry["details"])).collect()
}

/// Covers PROF-056, PROF-079, PROF-080, PROF-148, PROF-149, PROF-150, PROF-151, PROF-154.
#[tokio::test]
async fn a_username_is_chosen_and_changed() {
    let site = Site::start(ENABLED).await;
    site.user_named("grace", "").await;
    let user = site.user(ADA).await;
    let mut flow = profile(&site, user).await;
    assert!(!flow.offers("username_update") && !flow.offers("username_delete"));
    assert_eq!(
        flow.inputs("username_create")["username"],
        json!({
            "name": "username", "type": "string", "min_length": 3, "max_length": 32, "required": true, "value": null,
        })
    );
    refuses_bad_names(&mut flow, "username_create").await;
    flow.act("username_create", json!({ "username": " Ada_1 " })).await.is("profile_init");
    assert!(!flow.offers("username_create"));
    let created = flow.payload("user")["username"].clone();
    assert_eq!(created["username"], "ada_1");
    let wanted = json!({ "username": "ada_1", "flow_id": flow.id });
    assert_eq!(details(&site.audited("username_changed").await), [(&json!(user), &wanted)]);

    refuses_bad_names(&mut flow, "username_update").await;
    flow.act("username_update", json!({ "username": "ADA_1" })).await.is("profile_init");
    assert_eq!((site.audited("username_changed").await.len(), &flow.payload("user")["username"]), (1, &created));
    flow.act("username_update", json!({ "username": "Countess" })).await.is("profile_init");
    let changed = flow.payload("user")["username"].clone();
    assert_eq!(changed["username"], "countess");
    for member in ["id", "created_at"] {
        assert_eq!(changed[member], created[member]);
    }
    let wanted = json!({ "username": "countess", "flow_id": flow.id });
    assert_eq!(details(&site.audited("username_changed").await)[1], (&json!(user), &wanted));

    let disabled = Site::start("").await;
    let flow = profile(&disabled, disabled.user(ADA).await).await;
    assert!(!flow.offers("username_create"));
    let flow = profile(&disabled, disabled.user_named("ada", "").await).await;
    assert!(!flow.offers("username_update") && !flow.offers("username_delete"));
}

/// Covers PROF-155.
#[tokio::test]
async fn a_username_is_given_up_if_an_address_or_a_passkey_remains() {
    for (yaml, address, passkey, offered) in [
        ("", ADA, false, true),
        ("username: { optional: false }", ADA, false, false),
        ("", "", false, false),
        ("", "", true, true),
        ("passkey: { enabled: false }", "", true, false),
        // An address is a name to be known by, whatever it is used for.
        ("email: { use_as_login_identifier: false }", ADA, false, true),
    ] {
        let site = Site::start_over(ENABLED, yaml).await;
        let user = site.user_named("ada", address).await;
        if passkey {
            site.add_credential("abc", false).await;
        }
        let mut flow = profile(&site, user).await;
        assert_eq!(flow.offers("username_delete"), offered, "{yaml} {address} {passkey}");
        flow.act("username_delete", json!({})).await;
        if !offered {
            flow.is_rejected(403, "operation_not_permitted_error");
            continue;
        }
        flow.is("profile_init");
        assert!(flow.payload("user")["username"].is_null() && flow.offers("username_create"));
        let wanted = json!({ "username": "ada", "flow_id": flow.id });
        assert_eq!(details(&site.audited("username_deleted").await), [(&json!(user), &wanted)]);
    }
}
