//! The event `email.send` (spec chapter 06, section 6.4).

use serde_json::{Value, json};

use super::ADA;
use crate::support::{
    authenticator::Authenticator,
    flow::{Device, ORIGIN, Site},
    receiver::{Call, Receiver},
};

async fn telling(more: &str) -> (Site, Receiver) {
    let receiver = Receiver::start().await;
    let site = Site::start_over(&receiver.configured("email.send"), more).await;
    (site, receiver)
}

async fn last(receiver: &Receiver, count: usize) -> Call {
    receiver.called(count).await.remove(count - 1)
}

/// Covers HOOK-27, HOOK-30, LR-140, LR-162, PROF-145.
#[tokio::test]
async fn a_mail_with_a_code_is_told_with_everything_that_it_was_made_from() {
    let receiver = Receiver::start().await;
    let yaml = format!("{{ service: {{ name: Example }}, {} }}", receiver.configured("email.send"));
    let (site, clock) = Site::start_with_clock(&yaml).await;
    site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    flow.language = Some("de, en;q=0.5");
    flow.act("continue_to_passcode_confirmation", json!({})).await.is("passcode_confirmation");
    flow.act("verify_passcode", json!({ "code": "wrong!" })).await.reaches(400);
    let call = last(&receiver, 1).await;
    assert_eq!(call.event(), "email.send");
    assert_eq!((site.mails_to(ADA).len(), receiver.calls().len()), (1, 1));
    let mail = serde_json::to_value(&*site.mail_to(ADA)).unwrap();
    assert_eq!(
        call.data(&site).await,
        json!({
            "subject": mail["subject"], "body_plain": mail["text"], "body": mail["html"], "to_email_address": ADA,
            "delivered_by_hanko": true, "accept_language": "de, en;q=0.5", "language": "de, en;q=0.5", "type": "login",
            "data": {
                "service_name": "Example", "otp_code": site.code_for(ADA), "ttl": 300,
                "valid_until": sealflow::clock::Clock::now(&*clock).timestamp() + 300,
            },
        })
    );
}

/// Covers HOOK-28, PROF-145.
#[tokio::test]
async fn a_mail_without_a_code_tells_none() {
    let (site, receiver) = telling("service: { name: Example }").await;
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_passcode_confirmation", json!({})).await.is("passcode_confirmation");
    let data = last(&receiver, 1).await.data(&site).await;
    assert_eq!(
        (&data["type"], &data["data"]),
        (&json!("email_login_attempted"), &json!({ "service_name": "Example" }))
    );
    assert_eq!((&data["language"], &data["accept_language"]), (&json!(""), &json!("")));

    site.user(ADA).await;
    let mut flow = site.registration().await;
    flow.act("register_login_identifier", json!({ "email": ADA })).await.is("passcode_confirmation");
    let data = last(&receiver, 2).await.data(&site).await;
    assert_eq!(
        (&data["type"], &data["data"]),
        (&json!("email_registration_attempted"), &json!({ "service_name": "Example" }))
    );
}

/// Covers LR-161, PROF-144.
#[tokio::test]
async fn a_mail_that_is_not_delivered_is_told_all_the_same() {
    let (site, receiver) = telling("email_delivery: { enabled: false }").await;
    site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_passcode_confirmation", json!({})).await.is("passcode_confirmation");
    let data = last(&receiver, 1).await.data(&site).await;
    assert_eq!(data["delivered_by_hanko"], false);
    let code = &data["data"]["otp_code"];
    flow.act("verify_passcode", json!({ "code": code })).await.reaches(200);
    assert_ne!(flow.state(), "passcode_confirmation");
}

/// Covers HOOK-30, LR-406, V2-213.
#[tokio::test]
async fn a_security_notification_is_told_with_the_addresses_that_apply() {
    let (site, receiver) = telling("{ service: { name: Example }, password: { optional: true } }").await;
    let body = json!({ "emails": [
        { "address": ADA, "is_primary": true, "is_verified": true },
        { "address": "countess@example.org", "is_verified": true },
    ] });
    let created = site.administer("POST", "/users", body).await.json();
    let session = site.session(created["id"].as_str().unwrap().parse().unwrap()).await;
    let mut flow = site.profile(&session).await;
    flow.language = Some("fr");
    let emails = created["emails"].as_array().unwrap();
    let second = emails.iter().find(|email| email["is_primary"] == false).unwrap();
    flow.act("email_set_primary", json!({ "email_id": second["id"] })).await.is("profile_init");
    let data = last(&receiver, 1).await.data(&site).await;
    let shown = |data: &Value| {
        ["to_email_address", "type", "language", "accept_language", "delivered_by_hanko"].map(|name| data[name].clone())
    };
    assert_eq!(shown(&data), [json!(ADA), json!("security_notification"), json!("fr"), json!(""), json!(true)]);
    assert_eq!(
        data["data"],
        json!({
            "template": "primary_email_update", "service_name": "Example", "new_email_address": "countess@example.org",
            "old_email_address": ADA,
        })
    );
    flow.act("password_create", json!({ "password": "correct horse" })).await.is("profile_init");
    flow.act("password_update", json!({ "password": "battery staple" })).await.is("profile_init");
    let data = last(&receiver, 2).await.data(&site).await;
    assert_eq!(data["data"], json!({ "template": "password_update", "service_name": "Example" }));
    assert_eq!(site.audited("security_notification_sent").await.len(), 2);
}

/// Covers PROF-182, PROF-192, PROF-257: what is switched off leaves no trace.
#[tokio::test]
async fn a_notification_that_nobody_wants_is_told_to_nobody() {
    let switches = ["password_update", "passkey_create", "mfa_create"];
    let off = switches.map(|switch| format!("{switch}: {{ enabled: false }}")).join(", ");
    let receiver = Receiver::start().await;
    let off = format!("{{ mfa: {{ enabled: true }}, security_notifications: {{ notifications: {{ {off} }} }} }}");
    let site = Site::start_over(&receiver.configured("user, email.send"), &off).await;
    let user = site.user(ADA).await;
    site.set_password(user, "correct horse").await;
    receiver.called(1).await;
    let mut flow = site.profile_on(&site.session(user).await, Device::Passkeys).await;
    let mut created = Vec::new();
    for action in ["webauthn_credential_create", "security_key_create"] {
        flow.act(action, json!({})).await.is("webauthn_credential_verification");
        let credential = Authenticator::new(ORIGIN).create(flow.payload("creation_options"));
        created.push(credential["id"].clone());
        flow.act("webauthn_verify_attestation_response", json!({ "public_key": credential })).await.is("profile_init");
    }
    flow.act("webauthn_credential_delete", json!({ "passkey_id": created[0] })).await.is("profile_init");
    flow.act("email_create", json!({ "email": "new@example.org" })).await.is("passcode_confirmation");
    flow.act("back", json!({})).await.act("password_update", json!({ "password": "battery staple" })).await;
    flow.is("profile_init").act("email_create", json!({ "email": "last@example.org" })).await;
    // Calls of different requests may pass each other.
    let mut told = receiver.events(4).await;
    told.sort_unstable();
    assert_eq!(told, ["email.send", "email.send", "user.create", "user.update.password.update"]);
    assert!(site.mails_to(ADA).is_empty() && site.audited("security_notification_sent").await.is_empty());
    assert_eq!(site.audited("passkey_deleted").await.len(), 1);
}
