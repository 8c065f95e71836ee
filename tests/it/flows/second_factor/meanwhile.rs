//! What an account gets or loses while somebody is signing in to it: what counts is what it has when the first factor is
//! proven, not what it had when the person said who they are.

use sealflow::storage::users;
use serde_json::json;
use uuid::Uuid;

use super::{ADA, PASSWORD, SECOND_FACTORS};
use crate::support::{
    authenticator_app::{AuthenticatorApp, step_at},
    flow::{Device, Flow, Site},
};

/// Whose first factor, in each way, is the only thing left to prove.
async fn almost_there(site: &Site) -> [Flow<'_>; 3] {
    let mut password = site.login_as(ADA).await;
    password.act("continue_to_password_login", json!({})).await.is("login_password");
    let mut recovery = site.login_as(ADA).await;
    recovery.act("continue_to_password_login", json!({})).await;
    recovery.act("continue_to_passcode_confirmation_recovery", json!({})).await.is("passcode_confirmation");
    let mut passcode = site.login_as(ADA).await;
    passcode.act("continue_to_passcode_confirmation", json!({})).await.is("passcode_confirmation");
    [password, recovery, passcode]
}

/// The codes of [`almost_there`] in the order in which they were sent.
fn codes(site: &Site) -> [String; 2] {
    let mails = site.mails_to(ADA);
    [&mails[1], &mails[0]].map(|mail| crate::support::flow::code_in(mail).unwrap())
}

async fn site_with_user() -> (Site, Uuid) {
    let site = Site::start(SECOND_FACTORS).await;
    let user = site.user_with_password(ADA, PASSWORD).await;
    (site, user)
}

async fn prove<'a, 's>(flows: &'a mut [Flow<'s>; 3], [recovery, passcode]: [String; 2]) -> &'a mut [Flow<'s>; 3] {
    flows[0].act("password_login", json!({ "password": PASSWORD })).await;
    flows[1].act("verify_passcode", json!({ "code": recovery })).await;
    flows[2].act("verify_passcode", json!({ "code": passcode })).await;
    flows
}

async fn delete(site: &Site, user: Uuid) {
    let mut unit = site.tenant().unit();
    users::delete(&mut unit, user).await.unwrap();
    unit.commit().await.unwrap();
}

#[tokio::test]
async fn a_second_factor_that_was_set_up_meanwhile_is_asked_for() {
    let (site, user) = site_with_user().await;
    let mut flows = almost_there(&site).await;
    let codes = codes(&site);
    let mut profile = site.profile(&site.session(user).await).await;
    profile.act("continue_to_otp_secret_creation", json!({})).await;
    let app = AuthenticatorApp::with_secret(profile.payload("otp_secret"));
    let code = app.code(step_at(site.tenant().services.clock.now()));
    profile.act("otp_code_verify", json!({ "otp_code": code })).await.is("profile_init");
    for flow in prove(&mut flows, codes).await {
        flow.is("login_otp");
    }
    assert_eq!(site.count("sessions").await, 1);
}

#[tokio::test]
async fn a_security_key_that_was_set_up_meanwhile_is_asked_for() {
    let (site, user) = site_with_user().await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.identify(ADA).await;
    flow.act("continue_to_password_login", json!({})).await;
    site.give_security_key(user).await;
    flow.act("password_login", json!({ "password": PASSWORD })).await.is("login_security_key");
}

#[tokio::test]
async fn a_second_factor_that_was_given_up_meanwhile_is_not_asked_for() {
    let (site, user) = site_with_user().await;
    site.give_app(user).await;
    let mut flows = almost_there(&site).await;
    let codes = codes(&site);
    site.execute("DELETE FROM otp_secrets").await;
    let [password, recovery, passcode] = prove(&mut flows, codes).await;
    password.is("success");
    recovery.is("login_password_recovery");
    passcode.is("success");
}

#[tokio::test]
async fn nobody_signs_in_to_an_account_that_was_deleted_meanwhile() {
    let (site, user) = site_with_user().await;
    let mut flows = almost_there(&site).await;
    let codes = codes(&site);
    delete(&site, user).await;
    let [password, recovery, passcode] = prove(&mut flows, codes).await;
    password.refuses("login_password", "password_login", "password", "value_invalid_error");
    for flow in [recovery, passcode] {
        flow.fails("passcode_confirmation", 403, "operation_not_permitted_error");
    }
}

#[tokio::test]
async fn nobody_proves_an_address_that_the_account_lost_meanwhile() {
    for to_somebody_else in [false, true] {
        let (site, _) = site_with_user().await;
        let mut flows = almost_there(&site).await;
        let codes = codes(&site);
        site.execute("DELETE FROM primary_emails").await;
        site.execute("DELETE FROM emails").await;
        if to_somebody_else {
            site.user(ADA).await;
        }
        let [_, recovery, passcode] = prove(&mut flows, codes).await;
        for flow in [recovery, passcode] {
            flow.is_rejected(403, "operation_not_permitted_error");
        }
    }
}

/// Nobody is signed in, and what remains to be done before fails no server.
#[tokio::test]
async fn an_account_that_is_deleted_after_the_first_factor_is_not_signed_in_to() {
    let asked = "{ passkey: { acquire_on_login: never }, username: { enabled: true, acquire_on_login: true } }";
    let site = Site::start(asked).await;
    let user = site.user_with_password(ADA, PASSWORD).await;
    let mut flow = site.first_factor(ADA, PASSWORD, Device::Old).await;
    flow.is("onboarding_username");
    delete(&site, user).await;
    for action in ["skip", "username_create"] {
        flow.act(action, json!({ "username": "ada" })).await.is_rejected(403, "operation_not_permitted_error");
    }
}

/// A password that is set or given up while a forgotten one is being replaced: the new one is the password afterwards.
#[tokio::test]
async fn a_recovery_sets_the_password_whatever_became_of_the_old_one() {
    for had_password in [true, false] {
        let (site, user) = site_with_user().await;
        if !had_password {
            site.execute("DELETE FROM password_credentials").await;
        }
        let mut flow = site.login_as(ADA).await;
        flow.act("continue_to_password_login", json!({})).await;
        flow.act("continue_to_passcode_confirmation_recovery", json!({})).await;
        flow.confirm(ADA).await.is("login_password_recovery");
        if had_password {
            site.execute("DELETE FROM password_credentials").await;
        } else {
            site.set_password(user, "another horse").await;
        }
        flow.act("password_recovery", json!({ "new_password": "new horse" })).await.is("success");
        site.first_factor(ADA, "new horse", Device::Old).await.is("success");
    }
}
