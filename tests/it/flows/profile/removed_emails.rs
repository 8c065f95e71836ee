//! Removing addresses from an account (spec chapter 03, section 7.5).

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::ADA;
use crate::support::flow::{Flow, Site};

const SECOND: &str = "b@example.org";

/// A user with a primary address and a second one.
async fn user(site: &Site) -> uuid::Uuid {
    let email = |address: &str, primary| json!({ "address": address, "is_primary": primary, "is_verified": true });
    let body = json!({ "emails": [email(ADA, true), email(SECOND, false)] });
    let answer = site.administer("POST", "/users", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().parse().unwrap()
}

fn id_of(flow: &Flow<'_>, address: &str) -> Value {
    let emails = flow.payload("user")["emails"].as_array().unwrap();
    emails.iter().find(|email| email["address"] == address).unwrap()["id"].clone()
}

/// The addresses that can be removed, as they are listed for people; none when there is no list.
fn deletable<'a>(flow: &'a Flow<'_>) -> Option<Vec<&'a str>> {
    let allowed = flow.inputs("email_delete")["email_id"].get("allowed_values")?.as_array().unwrap();
    Some(allowed.iter().map(|allowed| allowed["name"].as_str().unwrap()).collect())
}

/// Covers PROF-116, PROF-118, PROF-124.
#[tokio::test]
async fn an_address_is_removed() {
    let site = Site::start("").await;
    let user = user(&site).await;
    let mut flow = site.profile(&site.session(user).await).await;
    let (primary, second) = (id_of(&flow, ADA), id_of(&flow, SECOND));
    assert_eq!(
        flow.inputs("email_delete")["email_id"],
        json!({
            "name": "email_id", "type": "string", "required": true, "hidden": true,
            "allowed_values": [{ "value": second, "name": SECOND }],
        })
    );
    for (given, code) in [(json!(""), "value_missing_error"), (primary, "value_invalid_error")] {
        flow.act("email_delete", json!({ "email_id": given })).await;
        flow.refuses("profile_init", "email_delete", "email_id", code);
    }
    flow.act("email_set_primary", json!({ "email_id": second })).await.is("profile_init");
    assert_eq!(deletable(&flow), Some(vec![ADA]));
    let id = id_of(&flow, ADA);
    flow.act("email_delete", json!({ "email_id": id })).await.is("profile_init");
    assert_eq!(site.rows("emails", &["address"]).await, [json!({ "address": SECOND })]);
    assert_eq!(flow.payload("user")["emails"].as_array().unwrap().len(), 1);
    let told = site.mail_to(SECOND);
    assert_eq!(serde_json::to_value(&*told).unwrap()["template"], "email_delete");
    assert!(told.mail.text.contains(ADA));
    let audited = site.audited("email_deleted").await;
    let wanted = json!({ "email": ADA, "flow_id": flow.id });
    assert_eq!((audited.len(), &audited[0]["actor_user_id"], &audited[0]["details"]), (1, &json!(user), &wanted));
}

/// Covers PROF-117, PROF-120, PROF-121, PROF-122.
#[tokio::test]
async fn another_address_than_the_primary_one_can_be_removed_if_a_way_in_remains() {
    let no_codes = "email: { use_for_authentication: false, optional: true }";
    for (yaml, password, passkey, offered) in [
        ("", false, false, true),
        (no_codes, false, false, false),
        ("email: { use_for_authentication: false }", false, false, false),
        (no_codes, true, false, true),
        (no_codes, false, true, true),
        ("{ password: { enabled: false }, email: { use_for_authentication: false } }", true, false, false),
        ("{ passkey: { enabled: false }, email: { use_for_authentication: false } }", false, true, false),
    ] {
        let site = Site::start(yaml).await;
        let user = user(&site).await;
        if password {
            site.set_password(user, "correct horse").await;
        }
        if passkey {
            site.add_credential("abc", false).await;
        }
        let mut flow = site.profile(&site.session(user).await).await;
        assert_eq!(deletable(&flow), offered.then(|| vec![SECOND]), "{yaml} {password} {passkey}");
        for (address, removed) in [(ADA, false), (SECOND, offered)] {
            let id = id_of(&flow, address);
            flow.act("email_delete", json!({ "email_id": id })).await;
            if removed {
                flow.is("profile_init");
            } else {
                flow.refuses("profile_init", "email_delete", "email_id", "value_invalid_error");
            }
        }
        assert_eq!(site.count("emails").await, 2 - usize::from(offered));
    }
}

/// Covers PROF-119.
#[tokio::test]
async fn the_only_address_can_be_removed_if_the_person_can_do_without() {
    let optional = "{ email: { optional: true }, username: { enabled: true } }";
    for (yaml, username, password, passkey, offered) in [
        ("email: { optional: false }", true, true, true, false),
        ("{}", false, false, true, true),
        ("{}", true, true, false, true),
        ("{}", true, false, false, false),
        ("{}", false, true, false, false),
        ("username: { use_as_login_identifier: false }", true, true, false, false),
        ("password: { enabled: false }", true, true, false, false),
        ("passkey: { enabled: false }", false, false, true, false),
    ] {
        let site = Site::start_over(optional, yaml).await;
        let user = if username { site.user_named("ada", ADA).await } else { site.user(ADA).await };
        if password {
            site.set_password(user, "correct horse").await;
        }
        if passkey {
            site.add_credential("abc", false).await;
        }
        let mut flow = site.profile(&site.session(user).await).await;
        assert_eq!(deletable(&flow), offered.then(|| vec![ADA]), "{yaml} {username} {password} {passkey}");
        let id = id_of(&flow, ADA);
        flow.act("email_delete", json!({ "email_id": id })).await;
        if !offered {
            flow.refuses("profile_init", "email_delete", "email_id", "value_invalid_error");
            continue;
        }
        flow.is("profile_init");
        assert!(flow.payload("user")["emails"].is_null());
        assert_eq!((site.count("emails").await, site.count("primary_emails").await), (0, 0));
        assert_eq!(serde_json::to_value(&*site.mail_to(ADA)).unwrap()["template"], "email_delete");
    }
}

/// Both requests are about an address that was there when they came; one of them removes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_address_is_removed_once() {
    for _ in 0..4 {
        let site = Site::start("email: { optional: true }").await;
        let user = site.user(ADA).await;
        site.add_credential("abc", false).await;
        let mut flows = Vec::new();
        for _ in 0..3 {
            flows.push(site.profile(&site.session(user).await).await);
        }
        let id = id_of(&flows[0], ADA);
        join_all(flows.iter_mut().map(async |flow| {
            flow.act("email_delete", json!({ "email_id": id })).await;
        }))
        .await;
        for flow in &mut flows {
            match flow.answer.status {
                200 => flow.is("profile_init"),
                403 => flow.fails("profile_init", 403, "operation_not_permitted_error"),
                _ => flow.refuses("profile_init", "email_delete", "email_id", "value_invalid_error"),
            };
        }
        assert_eq!(site.audited("email_deleted").await.len(), 1);
        assert_eq!(site.count("emails").await, 0);
    }
}
