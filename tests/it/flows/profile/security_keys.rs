//! Creating and giving up security keys (spec chapter 03, sections 7.13, 7.14, 7.19 and 7.20).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::ADA;
use crate::support::{
    authenticator::Authenticator,
    flow::{Device, Flow, ORIGIN, Site},
};

const MFA: &str = "mfa: { enabled: true }";
const CREATION: &str = "webauthn_credential_verification";
const VERIFY: &str = "webauthn_verify_attestation_response";

async fn begun(flow: &mut Flow<'_>) -> Value {
    flow.act("security_key_create", json!({})).await.is(CREATION);
    flow.payload("creation_options").clone()
}

/// Covers PROF-034, PROF-178, PROF-180, PROF-181, PROF-182, PROF-185, PROF-188, CLIENT-137.
#[tokio::test]
async fn a_security_key_is_created_and_given_up() {
    for as_text in [false, true] {
        let site = Site::start(MFA).await;
        let user = site.user(ADA).await;
        let session = site.session(user).await;
        let mut authenticator = Authenticator::new(ORIGIN);
        authenticator.transports = vec!["usb", "nfc"];
        let mut flow = site.profile_on(&session, Device::Passkeys).await;
        let options = begun(&mut flow).await;
        assert_eq!(flow.actions(), ["back", VERIFY]);
        let wanted = json!({ "public_key": { "name": "public_key", "type": "json", "required": true } });
        assert_eq!(json!(flow.inputs(VERIFY)), wanted);
        let credential = authenticator.create(&options);
        let given = if as_text { json!(credential.to_string()) } else { credential.clone() };
        flow.act(VERIFY, json!({ "public_key": given })).await.is("profile_init");
        let keys = flow.payload("user")["security_keys"].as_array().unwrap();
        let key = &keys[0];
        assert_eq!((keys.len(), &key["id"], &key["mfa_only"]), (1, &credential["id"], &json!(true)));
        assert_eq!((&key["backup_eligible"], &key["backup_state"]), (&json!(true), &json!(true)));
        assert_eq!((&key["transports"], key["last_used_at"].is_string()), (&json!(["nfc", "usb"]), true));
        assert!(flow.payload("user")["passkeys"].is_null());
        assert_eq!(site.count("webauthn_session_data").await, 0);
        let audited = site.audited("security_key_created").await;
        let wanted = json!({ "security_key": credential["id"], "flow_id": flow.id });
        assert_eq!((&audited[0]["actor_user_id"], &audited[0]["details"]), (&json!(user), &wanted));
        let template = || serde_json::to_value(&*site.mail_to(ADA)).unwrap()["template"].clone();
        assert_eq!(template(), "mfa_create");

        flow.act("security_key_delete", json!({ "security_key_id": credential["id"] })).await.is("profile_init");
        assert!(flow.payload("user")["security_keys"].is_null() && !flow.offers("security_key_delete"));
        assert_eq!((site.count("webauthn_credentials").await, template()), (0, json!("mfa_delete")));
        assert_eq!(site.audited("security_notification_sent").await.len(), 2);
        assert_eq!(site.audit().await.len(), 3, "giving it up is told by mail only");
    }
}

/// Covers PROF-195, PROF-197.
#[tokio::test]
async fn only_the_persons_own_security_keys_are_given_up() {
    let site = Site::start(MFA).await;
    let session = site.session(site.user(ADA).await).await;
    site.add_credential("pass", false).await;
    site.add_credential("key", true).await;
    let stranger = site.session(site.user("grace@example.org").await).await;
    assert!(!site.profile(&stranger).await.offers("security_key_delete"));
    let mut flow = site.profile(&session).await;
    let action = "security_key_delete";
    assert_eq!(flow.inputs(action)["security_key_id"]["hidden"], true);
    for id in ["pass", "other", "KEY"] {
        flow.act(action, json!({ "security_key_id": id })).await.fails("profile_init", 404, "not_found");
    }
    flow.act(action, json!({})).await;
    flow.refuses("profile_init", action, "security_key_id", "value_missing_error");
    flow.act(action, json!({ "security_key_id": "key" })).await.is("profile_init");
    assert_eq!(site.rows("webauthn_credentials", &["id"]).await, [json!({ "id": "pass" })]);
}

/// Covers PROF-172, PROF-176, PROF-177.
#[tokio::test]
async fn the_options_are_those_of_the_section_of_security_keys() {
    for (attachment, shown) in
        [("cross-platform", json!("cross-platform")), ("platform", json!("platform")), ("no_preference", Value::Null)]
    {
        let keys = format!(
            "{{ authenticator_attachment: {attachment}, attestation_preference: none, user_verification: preferred }}"
        );
        let site = Site::start(&format!("mfa: {{ enabled: true, security_keys: {keys} }}")).await;
        let session = site.session(site.user(ADA).await).await;
        let mut flow = site.profile_on(&session, Device::Passkeys).await;
        let options = begun(&mut flow).await;
        let options = &options["publicKey"];
        let mut selection =
            json!({ "requireResidentKey": false, "residentKey": "discouraged", "userVerification": "preferred" });
        if !shown.is_null() {
            selection["authenticatorAttachment"] = shown;
        }
        assert_eq!(options["authenticatorSelection"], selection);
        assert_eq!((&options["attestation"], &options["timeout"]), (&json!("none"), &json!(600_000)));
        assert!(options.get("excludeCredentials").is_none());
    }
    let site = Site::start(MFA).await;
    let session = site.session(site.user(ADA).await).await;
    site.add_credential("pass", false).await;
    site.add_credential("keys", true).await;
    let mut flow = site.profile_on(&session, Device::Passkeys).await;
    let options = begun(&mut flow).await;
    let options = &options["publicKey"];
    let excluded: Vec<&Value> =
        options["excludeCredentials"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(excluded, ["keys", "pass"]);
    // Verification of the user is discouraged unless something else is configured.
    assert_eq!(options["timeout"], 120_000);
}

/// Covers PROF-175.
#[tokio::test]
async fn accounts_without_an_address_get_security_keys() {
    let site = Site::start("{ mfa: { enabled: true }, username: { enabled: true } }").await;
    let user = site.user_named("ada", "").await;
    let mut flow = site.profile_on(&site.session(user).await, Device::Passkeys).await;
    let options = begun(&mut flow).await;
    let named = &options["publicKey"]["user"];
    assert_eq!((&named["name"], &named["displayName"]), (&json!("ada"), &json!("ada")));
    let credential = Authenticator::new(ORIGIN).create(&options);
    flow.act(VERIFY, json!({ "public_key": credential })).await.is("profile_init");
    assert_eq!(site.count("webauthn_credentials").await, 1);

    let user = site.user_named("grace", "grace@example.org").await;
    let mut flow = site.profile_on(&site.session(user).await, Device::Passkeys).await;
    let options = begun(&mut flow).await;
    let named = &options["publicKey"]["user"];
    assert_eq!((&named["name"], &named["displayName"]), (&json!("grace@example.org"), &json!("grace")));
}

/// Covers PROF-183, PROF-184.
#[tokio::test]
async fn what_proves_nothing_is_not_stored() {
    let (site, clock) = Site::start_with_clock(MFA).await;
    let session = site.session(site.user(ADA).await).await;
    for late in [false, true] {
        let mut flow = site.profile_on(&session, Device::Passkeys).await;
        let options = begun(&mut flow).await;
        let credential = if late {
            clock.advance(TimeDelta::milliseconds(120_001));
            Authenticator::new(ORIGIN).create(&options)
        } else {
            Authenticator::new("https://elsewhere.example").create(&options)
        };
        flow.act(VERIFY, json!({ "public_key": credential })).await.fails("profile_init", 401, "passkey_invalid");
        assert!(flow.payload("user")["id"].is_string() && flow.offers("security_key_create"));
    }
    assert_eq!((site.count("webauthn_credentials").await, site.mails().len()), (0, 0));
}

/// Covers PROF-186, PROF-199.
#[tokio::test]
async fn an_answer_that_is_none_can_be_followed_by_another_attempt() {
    let site = Site::start(MFA).await;
    let session = site.session(site.user(ADA).await).await;
    let mut flow = site.profile_on(&session, Device::Passkeys).await;
    let options = begun(&mut flow).await;
    for (given, code) in [
        (json!({}), "value_missing_error"),
        (json!({ "public_key": null }), "value_missing_error"),
        (json!({ "public_key": "{" }), "value_invalid_error"),
        (json!({ "public_key": 5 }), "value_invalid_error"),
    ] {
        flow.act(VERIFY, given).await.refuses(CREATION, VERIFY, "public_key", code);
        assert!(flow.payload("creation_options").is_null());
        flow.act("back", json!({})).await.is("profile_init");
        let again = begun(&mut flow).await;
        assert_ne!(again["publicKey"]["challenge"], options["publicKey"]["challenge"]);
    }
    let credential = Authenticator::new(ORIGIN).create(flow.payload("creation_options"));
    flow.act(VERIFY, json!({ "public_key": credential })).await.is("profile_init");
}

/// Covers PROF-170, PROF-196, PROF-047.
#[tokio::test]
async fn what_is_offered_follows_from_the_configuration() {
    for (yaml, device, may_create, may_delete) in [
        ("{ enabled: true }", Device::Passkeys, true, true),
        ("{ enabled: true }", Device::Old, false, true),
        ("{ enabled: false }", Device::Passkeys, false, false),
        ("{ enabled: true, security_keys: { enabled: false } }", Device::Passkeys, false, false),
        ("{ enabled: true, security_keys: { limit: 1 } }", Device::Passkeys, false, true),
        ("{ enabled: true, security_keys: { limit: 2 } }", Device::Passkeys, true, true),
        ("{ enabled: true, optional: false }", Device::Passkeys, true, false),
    ] {
        let site = Site::start(&format!("mfa: {yaml}")).await;
        let session = site.session(site.user(ADA).await).await;
        site.add_credential("pass", false).await;
        site.add_credential("key", true).await;
        let flow = site.profile_on(&session, device).await;
        assert_eq!(flow.offers("security_key_create"), may_create, "{yaml}");
        assert_eq!(flow.offers("security_key_delete"), may_delete, "{yaml}");
        let keys_enabled = !yaml.contains("security_keys: { enabled: false }");
        assert_eq!(flow.payload("user")["security_keys"].is_array(), keys_enabled, "{yaml}");
    }
    for more in ["otp", "key"] {
        let site = Site::start("mfa: { enabled: true, optional: false }").await;
        let session = site.session(site.user(ADA).await).await;
        site.add_credential("key", true).await;
        match more {
            "otp" => site.add_otp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").await,
            _ => site.add_credential("more", true).await,
        }
        let mut flow = site.profile(&session).await;
        flow.act("security_key_delete", json!({ "security_key_id": "key" })).await.is("profile_init");
        assert!(!flow.offers("security_key_delete") && !flow.offers("otp_secret_delete"));
    }
}
