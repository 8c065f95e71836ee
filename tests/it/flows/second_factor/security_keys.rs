//! Security keys and passkeys as second factor (spec chapter 02, sections 11.1, 11.2 and 7.3.3).

use serde_json::{Value, json};
use uuid::Uuid;

use super::{ADA, GRACE, PASSWORD, SECOND_FACTORS, first_factor};
use crate::support::{
    authenticator::Authenticator,
    flow::{Device, Flow, Site},
};

async fn site_with_key() -> (Site, Uuid, Authenticator) {
    let site = Site::start(SECOND_FACTORS).await;
    let user = site.user_with_password(ADA, PASSWORD).await;
    let key = site.give_security_key(user).await;
    (site, user, key)
}

/// Signs in with a password and asks for the security key.
async fn at_the_key(site: &Site) -> Flow<'_> {
    let mut flow = first_factor(site, Device::Passkeys).await;
    flow.is("login_security_key").act("webauthn_generate_request_options", json!({})).await.is("login_passkey");
    flow
}

/// Covers LR-292, LR-298, LR-308, LR-311, LR-312, CLIENT-110.
#[tokio::test]
async fn a_security_key_completes_the_sign_in() {
    let (site, _, key) = site_with_key().await;
    let mut flow = first_factor(&site, Device::Passkeys).await;
    flow.is("login_security_key");
    assert_eq!((&flow.body["payload"], flow.actions()), (&json!({}), vec!["webauthn_generate_request_options"]));
    flow.act("webauthn_generate_request_options", json!({})).await.is("login_passkey");
    assert_eq!(flow.actions(), ["back", "webauthn_verify_assertion_response"]);
    flow.act("back", json!({})).await.is("login_security_key");
    flow.act("back", json!({})).await.is_rejected(403, "operation_not_permitted_error");
    flow.act("webauthn_generate_request_options", json!({})).await.is("login_passkey");
    let options = &flow.payload("request_options")["publicKey"];
    assert_eq!(options["userVerification"], "discouraged");
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 1);
    assert_eq!(options["allowCredentials"][0]["transports"], json!(["usb"]));
    flow.use_passkey(&key).await.is("success");
    assert_eq!(flow.payload("claims")["amr"], json!(["pwd", "security_key"]));
    assert_eq!(flow.payload("last_login"), &json!({ "login_method": "password", "mfa_method": "security_key" }));
    let audited = site.audited("login_success").await;
    let details = json!({ "login_method": "password", "mfa_method": "security_key", "flow_id": flow.id });
    assert_eq!((audited.len(), &audited[0]["details"]), (1, &details));
    assert!(flow.payload("user")["security_keys"][0]["last_used_at"].is_string());
}

/// Covers LR-308, LR-309: all credentials of the account may answer, and no others.
#[tokio::test]
async fn a_passkey_will_do_too() {
    let more = "{ mfa: { security_keys: { user_verification: required } }, passkey: { acquire_on_login: always } }";
    let site = Site::start_over(SECOND_FACTORS, more).await;
    let user = site.user_with_password(ADA, PASSWORD).await;
    let passkey = site.give_passkey(ADA).await;
    // Without a security key nobody is asked for a passkey as second factor.
    first_factor(&site, Device::Passkeys).await.is("success");
    let mut key = site.give_security_key(user).await;
    let mut flow = at_the_key(&site).await;
    let options = &flow.payload("request_options")["publicKey"];
    assert_eq!(options["userVerification"], "required");
    let transports: Vec<&Value> =
        options["allowCredentials"].as_array().unwrap().iter().map(|credential| &credential["transports"]).collect();
    assert_eq!(transports, [&json!(["internal"]), &json!(["usb"])]);
    flow.use_passkey(&passkey).await.is("success");
    assert_eq!(flow.payload("claims")["amr"], json!(["pwd", "security_key"]));

    // The configured verification is demanded of all of them.
    for (verified, status) in [(false, 401), (true, 200)] {
        key.user_verified = verified;
        at_the_key(&site).await.use_passkey(&key).await.reaches(status);
    }
}

/// Covers LR-310.
#[tokio::test]
async fn the_credential_of_somebody_else_proves_nothing() {
    let (site, _, _) = site_with_key().await;
    let grace = site.user(GRACE).await;
    let graces = site.give_security_key(grace).await;
    let mut flow = at_the_key(&site).await;
    let assertion = graces.get_unasked(flow.payload("request_options"));
    flow.act("webauthn_verify_assertion_response", json!({ "assertion_response": assertion })).await;
    flow.fails("login_passkey", 401, "passkey_invalid");
    assert_eq!(site.count("sessions").await, 0);
    assert_eq!(site.audited("login_failure").await.len(), 1);
}

/// A key that was added after the challenge was made is not among those that may answer it.
#[tokio::test]
async fn only_the_credentials_that_were_asked_for_may_answer() {
    let (site, user, key) = site_with_key().await;
    let mut flow = at_the_key(&site).await;
    let later = site.give_security_key(user).await;
    let assertion = later.get_unasked(flow.payload("request_options"));
    flow.act("webauthn_verify_assertion_response", json!({ "assertion_response": assertion })).await;
    flow.fails("login_passkey", 401, "passkey_invalid");
    // A challenge is answered once; the next try begins with another.
    flow.act("back", json!({})).await.is("login_security_key");
    flow.act("webauthn_generate_request_options", json!({})).await.is("login_passkey");
    flow.use_passkey(&key).await.is("success");
}

/// Whoever gave up on the key and entered a code has proven the code.
#[tokio::test]
async fn what_was_tried_first_does_not_count() {
    let (site, clock) = Site::start_with_clock(SECOND_FACTORS).await;
    let user = site.user_with_password(ADA, PASSWORD).await;
    site.give_security_key(user).await;
    site.give_app(user).await;
    let mut flow = at_the_key(&site).await;
    flow.act("back", json!({})).await.is("login_security_key");
    flow.act("continue_to_login_otp", json!({})).await.is("login_otp");
    let code = crate::support::second_factors::code_at(sealflow::clock::Clock::now(&*clock));
    flow.enter_otp(&code).await.is("success");
    assert_eq!(flow.payload("claims")["amr"], json!(["pwd", "totp"]));
}

/// The request options of the first factor are no way around the second.
#[tokio::test]
async fn a_security_key_alone_signs_nobody_in() {
    let (site, _, key) = site_with_key().await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.act("webauthn_generate_request_options", json!({})).await.is("login_passkey");
    let assertion = key.get_unasked(flow.payload("request_options"));
    flow.act("webauthn_verify_assertion_response", json!({ "assertion_response": assertion })).await;
    flow.fails("login_passkey", 401, "webauthn_credential_invalid_mfa_only");
}

/// Nothing that could be asked for is left.
#[tokio::test]
async fn a_security_key_that_was_given_up_meanwhile_is_not_asked_for() {
    let (site, _, _) = site_with_key().await;
    let mut flow = first_factor(&site, Device::Passkeys).await;
    flow.is("login_security_key");
    site.execute("DELETE FROM webauthn_credentials").await;
    for _ in 0..2 {
        flow.act("webauthn_generate_request_options", json!({})).await;
        flow.is_rejected(403, "operation_not_permitted_error");
    }
}
