//! The addresses of an account (spec chapter 03, section 7.6).

use serde_json::{Value, json};
use uuid::Uuid;

use super::ADA;
use crate::support::flow::Site;

/// A user with a primary address, a verified one and one that is not verified.
async fn user(site: &Site) -> Uuid {
    let email = |address: &str, is_primary, is_verified| json!({ "address": address, "is_primary": is_primary, "is_verified": is_verified });
    let emails = [email(ADA, true, true), email("b@example.org", false, true), email("c@example.org", false, false)];
    let answer = site.administer("POST", "/users", json!({ "emails": emails })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().parse().unwrap()
}

fn id(emails: &Value, address: &str) -> Value {
    let emails = emails.as_array().unwrap();
    emails.iter().find(|email| email["address"] == address).unwrap()["id"].clone()
}

fn primary(emails: &Value) -> &str {
    let emails = emails.as_array().unwrap();
    emails.iter().find(|email| email["is_primary"] == true).unwrap()["address"].as_str().unwrap()
}

/// Covers PROF-054, PROF-110, PROF-112, PROF-113, PROF-114, MAIL-22.
#[tokio::test]
async fn another_address_becomes_the_primary_one() {
    let action = "email_set_primary";
    for verification in [true, false] {
        let site = Site::start(&format!("email: {{ require_verification: {verification} }}")).await;
        let user = user(&site).await;
        let mut flow = site.profile(&site.session(user).await).await;
        let emails = flow.payload("user")["emails"].clone();
        assert_eq!(
            flow.inputs(action)["email_id"],
            json!({ "name": "email_id", "type": "string", "required": true, "hidden": true })
        );
        flow.act(action, json!({})).await;
        flow.refuses("profile_init", action, "email_id", "value_missing_error");
        for unknown in ["x", "018f0000-0000-7000-8000-000000000000"] {
            flow.act(action, json!({ "email_id": unknown })).await.fails("profile_init", 404, "not_found");
        }
        flow.act(action, json!({ "email_id": id(&emails, ADA) })).await.is("profile_init");
        assert!(site.audited("primary_email_changed").await.is_empty());
        flow.act(action, json!({ "email_id": id(&emails, "b@example.org") })).await.is("profile_init");
        assert_eq!(primary(&flow.payload("user")["emails"]), "b@example.org");
        let audited = site.audited("primary_email_changed").await;
        let wanted = json!({ "email": "b@example.org", "flow_id": flow.id });
        assert_eq!((audited.len(), &audited[0]["details"]), (1, &wanted));
        let told = site.mail_to(ADA);
        assert_eq!(serde_json::to_value(&*told).unwrap()["template"], "primary_email_update");
        assert!(told.mail.text.contains("b@example.org"));
        flow.act(action, json!({ "email_id": id(&emails, "c@example.org") })).await;
        if verification {
            flow.fails("profile_init", 403, "operation_not_permitted_error");
        } else {
            flow.is("profile_init");
        }
        let expected = if verification { "b@example.org" } else { "c@example.org" };
        assert_eq!(primary(&flow.payload("user")["emails"]), expected);
        assert_eq!(site.count("primary_emails").await, 1);
    }
    let site = Site::start("username: { enabled: true }").await;
    let single = site.user(ADA).await;
    assert!(!site.profile(&site.session(single).await).await.offers(action));
    let none = site.user_named("grace", "").await;
    assert!(!site.profile(&site.session(none).await).await.offers(action));
    let site = Site::start("email: { enabled: false }").await;
    let user = user(&site).await;
    assert!(!site.profile(&site.session(user).await).await.offers(action));
}
