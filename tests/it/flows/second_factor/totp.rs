//! Codes of an authenticator app as second factor (spec chapter 02, sections 11.3 and 17.3).

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::join_all;
use sealflow::clock::{Clock, ManualClock};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ADA, PASSWORD, SECOND_FACTORS, first_factor};
use crate::support::{
    flow::{Device, Flow, Site},
    second_factors::{PERIOD, code_at},
};

/// A site whose time stands still, with a user who has a password and an authenticator app.
async fn site_with_app() -> (Site, Arc<ManualClock>, Uuid) {
    let (site, clock) = Site::start_with_clock(SECOND_FACTORS).await;
    let user = site.user_with_password(ADA, PASSWORD).await;
    site.give_app(user).await;
    (site, clock, user)
}

/// What the app shows so many periods from now.
fn code(clock: &ManualClock, periods: i64) -> String {
    code_at(clock.now() + TimeDelta::seconds(periods * PERIOD))
}

async fn at_the_code(site: &Site) -> Flow<'_> {
    let mut flow = first_factor(site, Device::Old).await;
    flow.is("login_otp");
    flow
}

fn refused(flow: &mut Flow<'_>, error: &str) {
    flow.refuses("login_otp", "otp_code_validate", "otp_code", error);
    assert_eq!(flow.answer.all("set-cookie"), Vec::<&str>::new());
}

/// Covers LR-290, LR-298, LR-300, LR-311, LR-372, LR-382, SESS-7, CLIENT-107.
#[tokio::test]
async fn a_code_completes_the_sign_in() {
    let (site, clock, user) = site_with_app().await;
    let mut flow = at_the_code(&site).await;
    assert_eq!(flow.body["payload"], json!({}));
    assert_eq!(
        flow.body["actions"],
        json!({ "otp_code_validate": {
            "action": "otp_code_validate",
            "description": "Validates the provided code.",
            "href": format!("/login?action=otp_code_validate%40{}", flow.id),
            "inputs": { "otp_code": { "name": "otp_code", "type": "string", "required": true } },
        } })
    );
    flow.enter_otp(&code(&clock, 0)).await.is("success");
    assert_eq!(flow.payload("claims")["amr"], json!(["pwd", "totp"]));
    assert_eq!(flow.payload("last_login"), &json!({ "login_method": "password", "mfa_method": "totp" }));
    assert_eq!(flow.payload("user")["mfa_config"]["auth_app_set_up"], true);
    let step = clock.now().timestamp() / PERIOD;
    assert_eq!(site.rows("otp_secrets", &["last_validated_step"]).await, [json!({ "last_validated_step": step })]);
    let audited = site.audited("login_success").await;
    assert_eq!(audited.len(), 1);
    assert_eq!(audited[0]["actor_user_id"], json!(user));
    let details = json!({ "login_method": "password", "mfa_method": "totp", "flow_id": flow.id });
    assert_eq!(audited[0]["details"], details);
    let token = flow.answer.header("set-cookie").unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    let claims = site.ask_with_cookie(&token, "GET", "/sessions/validate").await.json();
    assert_eq!(claims["claims"]["amr"], json!(["pwd", "totp"]));
}

/// Covers LR-291, LR-124.
#[tokio::test]
async fn a_passcode_and_a_recovery_are_not_enough_either() {
    let (site, clock, _) = site_with_app().await;
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    flow.confirm(ADA).await.is("login_otp");
    flow.enter_otp(&code(&clock, 0)).await.is("success");
    assert_eq!(flow.payload("claims")["amr"], json!(["otp", "totp"]));

    clock.advance(TimeDelta::seconds(PERIOD));
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_password_login", json!({})).await;
    flow.act("continue_to_passcode_confirmation_recovery", json!({})).await.is("passcode_confirmation");
    flow.confirm(ADA).await.is("login_otp");
    flow.act("password_recovery", json!({ "new_password": "a new horse" })).await.is_rejected(403, NOT_PERMITTED);
    flow.enter_otp(&code(&clock, 0)).await.is("login_password_recovery");
    flow.act("password_recovery", json!({ "new_password": "a new horse" })).await.is("success");
    assert_eq!(flow.payload("claims")["amr"], json!(["pwd", "totp"]));
}

const NOT_PERMITTED: &str = "operation_not_permitted_error";

/// Covers LR-301, LR-304, LR-306, ENC-15.
#[tokio::test]
async fn codes_are_accepted_one_period_too_early_and_too_late() {
    for (periods, accepted) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let (site, clock, _) = site_with_app().await;
        let mut flow = at_the_code(&site).await;
        flow.enter_otp(&format!(" \t{}\n", code(&clock, periods))).await;
        match accepted {
            true => {
                flow.is("success");
            }
            false => refused(&mut flow, "otp_code_invalid"),
        }
    }
}

/// Covers LR-302, LR-303, ENC-16, CLIENT-108.
#[tokio::test]
async fn rejects_a_replayed_code_and_older_ones() {
    let (site, clock, _) = site_with_app().await;
    at_the_code(&site).await.enter_otp(&code(&clock, 0)).await.is("success");
    let mut flow = at_the_code(&site).await;
    for periods in [0, -1] {
        flow.enter_otp(&code(&clock, periods)).await;
        refused(&mut flow, "otp_code_already_used");
    }
    flow.enter_otp(&code(&clock, 1)).await.is("success");
    assert_eq!(site.count("sessions").await, 2);
}

/// Covers LR-304, LR-307, ENC-18: whatever is entered, it is a wrong code and no failure of the server.
#[tokio::test]
async fn rejects_what_is_no_code() {
    let (site, clock, user) = site_with_app().await;
    let mut flow = at_the_code(&site).await;
    for nothing in [json!({}), json!({ "otp_code": "" }), json!({ "otp_code": null })] {
        flow.act("otp_code_validate", nothing).await;
        refused(&mut flow, "value_missing_error");
    }
    let right = code(&clock, 0);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let arabic: String = right.chars().map(|c| char::from_u32(0x660 + c.to_digit(10).unwrap()).unwrap()).collect();
    let odd = [
        wrong.to_owned(),
        right[..5].to_owned(),
        format!("{right}0"),
        format!("0{right}"),
        format!("{} {}", &right[..3], &right[3..]),
        "abcdef".to_owned(),
        arabic,
        "9".repeat(10_000),
    ];
    for odd in &odd {
        flow.enter_otp(odd).await;
        refused(&mut flow, "otp_code_invalid");
    }
    let audited = site.audited("login_failure").await;
    assert_eq!(audited.len(), odd.len());
    assert_eq!(audited[0]["actor_user_id"], json!(user));
    assert_eq!(audited[0]["details"], json!({ "mfa_method": "totp", "flow_id": flow.id }));
    flow.enter_otp(&right).await.is("success");
}

#[tokio::test]
async fn an_app_that_was_removed_meanwhile_accepts_nothing() {
    let (site, clock, _) = site_with_app().await;
    let mut flow = at_the_code(&site).await;
    site.execute("DELETE FROM otp_secrets").await;
    flow.enter_otp(&code(&clock, 0)).await;
    refused(&mut flow, "otp_code_invalid");
}

/// A code that is sent at once through several flows, or several times through one, signs in once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_signs_in_once_however_often_it_is_sent() {
    let site = Site::start_over(SECOND_FACTORS, "flow_locker: { enabled: false }").await;
    let user = site.user_with_password(ADA, PASSWORD).await;
    site.give_app(user).await;
    let mut flows = Vec::new();
    for _ in 0..4 {
        flows.push(at_the_code(&site).await);
    }
    let code = code_at(site.tenant().services.clock.now());
    let twice = flows.iter().flat_map(|flow| [flow, flow]);
    let answers =
        join_all(twice.map(|flow| flow.overhear(flow.request("otp_code_validate", json!({ "otp_code": code }))))).await;
    let states: Vec<&Value> =
        answers.iter().filter(|(status, _)| *status == 200).map(|(_, body)| &body["name"]).collect();
    assert_eq!(states, ["success"], "{answers:#?}");
    let refusals = answers.iter().filter(|(status, _)| *status == 400);
    for (_, body) in refusals {
        let error = &body["actions"]["otp_code_validate"]["inputs"]["otp_code"]["error"]["code"];
        assert_eq!(error, "otp_code_already_used");
    }
    assert_eq!(site.count("sessions").await, 1);
    assert_eq!(site.audited("login_success").await.len(), 1);
}

/// The way from the first factor leads only through the second.
#[tokio::test]
async fn nothing_leads_around_the_second_factor() {
    let (site, _, _) = site_with_app().await;
    let mut flow = at_the_code(&site).await;
    let actions =
        ["back", "skip", "password_login", "trust_device", "continue_to_login_security_key", "username_create"];
    for action in actions {
        flow.act(action, json!({ "password": PASSWORD })).await.is_rejected(403, NOT_PERMITTED);
    }
    refused(flow.enter_otp("").await, "value_missing_error");
    assert_eq!(site.count("sessions").await, 0);
}
