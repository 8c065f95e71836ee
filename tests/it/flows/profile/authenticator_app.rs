//! Setting up and giving up an authenticator app (spec chapter 03, sections 7.3, 7.8 and 7.30).

use chrono::TimeDelta;
use futures_util::future::join_all;
use sealflow::clock::Clock;
use serde_json::{Value, json};

use super::ADA;
use crate::support::{
    authenticator_app::{AuthenticatorApp, assert_says, step_at},
    flow::{Device, Flow, Site},
};

const MFA: &str = "mfa: { enabled: true }";
const CREATION: &str = "mfa_otp_secret_creation";

async fn offered(flow: &mut Flow<'_>) -> AuthenticatorApp {
    flow.act("continue_to_otp_secret_creation", json!({})).await.is(CREATION);
    AuthenticatorApp::with_secret(flow.payload("otp_secret"))
}

fn shown(flow: &Flow<'_>) -> (Value, Value) {
    (flow.payload("otp_secret").clone(), flow.payload("otp_image_source").clone())
}

/// Covers PROF-035, PROF-052, PROF-202, PROF-204, PROF-205, PROF-207, PROF-211, CLIENT-140.
#[tokio::test]
async fn an_app_is_set_up_and_given_up() {
    let (site, clock) = Site::start_with_clock(MFA).await;
    let user = site.user(ADA).await;
    let mut flow = site.profile(&site.session(user).await).await;
    assert_eq!(flow.payload("user")["mfa_config"]["auth_app_set_up"], false);
    let app = offered(&mut flow).await;
    assert_eq!(flow.actions(), ["back", "otp_code_verify"]);
    let wanted = json!({ "otp_code": { "name": "otp_code", "type": "string", "required": true } });
    assert_eq!(json!(flow.inputs("otp_code_verify")), wanted);
    let offer = shown(&flow);
    assert_eq!(offer.0.as_str().unwrap().len(), 32);

    let step = step_at(clock.now());
    for (code, error) in [
        (json!(app.wrong_code(step)), "passcode_invalid"),
        (json!(app.code(step - 2)), "passcode_invalid"),
        (json!(app.code(step + 2)), "passcode_invalid"),
        (json!("12345"), "passcode_invalid"),
        (json!(format!("{}0", app.code(step))), "passcode_invalid"),
        (json!("  "), "passcode_invalid"),
        (json!(""), "value_missing_error"),
        (json!(null), "value_missing_error"),
        (json!(["123456"]), "value_missing_error"),
    ] {
        flow.act("otp_code_verify", json!({ "otp_code": code })).await;
        flow.refuses(CREATION, "otp_code_verify", "otp_code", error);
        assert_eq!(shown(&flow), offer);
    }
    flow.act("otp_code_verify", json!({ "otp_code": format!(" {}\n", app.code(step)) })).await.is("profile_init");
    assert_eq!(flow.payload("user")["mfa_config"]["auth_app_set_up"], true);
    assert!(flow.offers("otp_secret_delete") && !flow.offers("continue_to_otp_secret_creation"));
    assert!(!flow.offers("back"));

    let rows = site.rows("otp_secrets", &["id", "user_id", "secret", "last_validated_step"]).await;
    assert_eq!((rows.len(), &rows[0]["last_validated_step"]), (1, &json!(step)));
    assert!(!rows[0]["secret"].as_str().unwrap().contains(offer.0.as_str().unwrap()), "it is encrypted at rest");
    let audited = site.audited("otp_created").await;
    let wanted = json!({ "otp_secret": rows[0]["id"], "flow_id": flow.id });
    assert_eq!((&audited[0]["actor_user_id"], &audited[0]["details"]), (&json!(user), &wanted));
    let template = |index: usize| serde_json::to_value(&*site.mails_to(ADA)[index]).unwrap()["template"].clone();
    assert_eq!((site.mails_to(ADA).len(), template(0)), (1, json!("mfa_create")));

    flow.act("otp_secret_delete", json!({})).await.is("profile_init");
    assert_eq!(flow.payload("user")["mfa_config"]["auth_app_set_up"], false);
    assert!(!flow.offers("otp_secret_delete") && flow.offers("continue_to_otp_secret_creation"));
    assert_eq!(site.count("otp_secrets").await, 0);
    assert_eq!((site.mails_to(ADA).len(), template(0)), (2, json!("mfa_delete")));
    assert_eq!(site.audited("security_notification_sent").await.len(), 2);
    assert_eq!(site.audit().await.len(), 3, "giving it up is told by mail only");
}

/// Covers PROF-206, ENC-15.
#[tokio::test]
async fn codes_of_the_steps_around_the_present_are_accepted() {
    for offset in [-1, 0, 1] {
        let (site, clock) = Site::start_with_clock(MFA).await;
        let user = site.user(ADA).await;
        let mut flow = site.profile(&site.session(user).await).await;
        let app = offered(&mut flow).await;
        clock.advance(TimeDelta::seconds(31));
        let step = step_at(clock.now()) + offset;
        flow.act("otp_code_verify", json!({ "otp_code": app.code(step) })).await.is("profile_init");
        assert_eq!(site.rows("otp_secrets", &["last_validated_step"]).await[0]["last_validated_step"], step);
    }
}

/// Covers PROF-209.
#[tokio::test]
async fn each_offer_is_a_secret_of_its_own() {
    let (site, clock) = Site::start_with_clock(MFA).await;
    let user = site.user(ADA).await;
    let mut flow = site.profile(&site.session(user).await).await;
    let app = offered(&mut flow).await;
    let first = shown(&flow);
    flow.act("back", json!({})).await.is("profile_init");
    offered(&mut flow).await;
    assert!(shown(&flow).0 != first.0 && shown(&flow).1 != first.1);
    flow.act("otp_code_verify", json!({ "otp_code": app.code(step_at(clock.now())) })).await;
    flow.refuses(CREATION, "otp_code_verify", "otp_code", "passcode_invalid");
    assert_eq!(site.count("otp_secrets").await, 0);
}

/// Covers PROF-203, PROF-212.
#[tokio::test]
async fn the_qr_code_names_service_and_account() {
    for (username, address, account) in
        [("", ADA, "ada%40example.org"), ("ada_l", ADA, "ada%40example.org"), ("ada_l", "", "ada_l")]
    {
        let yaml = "{ mfa: { enabled: true }, username: { enabled: true }, service: { name: Lovelace & Co } }";
        let site = Site::start(yaml).await;
        let user =
            if username.is_empty() { site.user(address).await } else { site.user_named(username, address).await };
        let mut flow = site.profile(&site.session(user).await).await;
        let app = offered(&mut flow).await;
        let secret = flow.payload("otp_secret").as_str().unwrap();
        let issuer = "Lovelace%20%26%20Co";
        let uri = format!(
            "otpauth://totp/{issuer}:{account}?algorithm=SHA1&digits=6&issuer={issuer}&period=30&secret={secret}"
        );
        assert_says(flow.payload("otp_image_source"), &uri);
        let code = app.code(step_at(site.tenant().clock.now()));
        flow.act("otp_code_verify", json!({ "otp_code": code })).await.is("profile_init");
    }
}

/// Covers PROF-200, PROF-201, PROF-210, PROF-050, PROF-051.
#[tokio::test]
async fn what_is_offered_follows_from_the_configuration() {
    for (yaml, may_create, may_delete, may_delete_with_key, shown) in [
        ("{ enabled: true }", true, true, true, (true, true)),
        ("{ enabled: false }", false, true, true, (false, false)),
        ("{ enabled: true, totp: { enabled: false } }", false, true, true, (false, true)),
        ("{ enabled: true, security_keys: { enabled: false } }", true, true, true, (true, false)),
        ("{ enabled: true, optional: false }", true, false, true, (true, true)),
        ("{ enabled: false, optional: false }", false, true, true, (false, false)),
    ] {
        let site = Site::start(&format!("mfa: {yaml}")).await;
        let session = site.session(site.user(ADA).await).await;
        let flow = site.profile(&session).await;
        assert_eq!(flow.offers("continue_to_otp_secret_creation"), may_create, "{yaml}");
        assert!(!flow.offers("otp_secret_delete"), "{yaml}");
        let config = &flow.payload("user")["mfa_config"];
        assert_eq!((&config["totp_enabled"], &config["security_keys_enabled"]), (&json!(shown.0), &json!(shown.1)));
        site.add_otp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").await;
        let flow = site.profile(&session).await;
        assert!(!flow.offers("continue_to_otp_secret_creation"), "{yaml}");
        assert_eq!(flow.offers("otp_secret_delete"), may_delete, "{yaml}");
        site.add_credential("key", true).await;
        assert_eq!(site.profile(&session).await.offers("otp_secret_delete"), may_delete_with_key, "{yaml}");
    }
}

#[tokio::test]
async fn nobody_is_told_where_nobody_wants_to_be() {
    let quiet =
        "security_notifications: { notifications: { mfa_create: { enabled: false }, mfa_delete: { enabled: false } } }";
    let site = Site::start(&format!("{{ mfa: {{ enabled: true }}, {quiet} }}")).await;
    let user = site.user(ADA).await;
    let mut flow = site.profile(&site.session(user).await).await;
    let app = offered(&mut flow).await;
    let code = app.code(step_at(site.tenant().clock.now()));
    flow.act("otp_code_verify", json!({ "otp_code": code })).await.is("profile_init");
    flow.act("otp_secret_delete", json!({})).await.is("profile_init");
    assert_eq!((site.mails().len(), site.audited("security_notification_sent").await.len()), (0, 0));
}

/// Two flows of one person at once give the account one app.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_account_gets_one_app_whoever_asks() {
    let site = Site::start(MFA).await;
    let user = site.user(ADA).await;
    let session = site.session(user).await;
    let mut flows = Vec::new();
    for _ in 0..4 {
        let mut flow = site.profile(&session).await;
        let app = offered(&mut flow).await;
        flows.push((flow, app.code(step_at(site.tenant().clock.now()))));
    }
    join_all(flows.iter_mut().map(async |(flow, code)| {
        flow.act("otp_code_verify", json!({ "otp_code": code })).await;
    }))
    .await;
    let mut outcomes: Vec<u16> = flows.iter().map(|(flow, _)| flow.answer.status).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, [200, 403, 403, 403]);
    assert_eq!((site.count("otp_secrets").await, site.audited("otp_created").await.len()), (1, 1));
}

/// The same code twice at once sets up one app.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_sets_up_one_app() {
    for locker in [true, false] {
        let site = Site::start(&format!("{{ {MFA}, flow_locker: {{ enabled: {locker} }} }}")).await;
        let user = site.user(ADA).await;
        let mut flow = site.profile(&site.session(user).await).await;
        let app = offered(&mut flow).await;
        let code = app.code(step_at(site.tenant().clock.now()));
        let sent = (0..6).map(|_| flow.overhear(flow.request("otp_code_verify", json!({ "otp_code": code }))));
        let answers = join_all(sent).await;
        assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "{answers:#?}");
        assert_eq!((site.count("otp_secrets").await, site.mails().len()), (1, 1));
    }
}

/// Two flows of one person at once do not give up the last two factors where one is mandatory.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_factor_remains_whoever_gives_up_others() {
    let site = Site::start("mfa: { enabled: true, optional: false }").await;
    let session = site.session(site.user(ADA).await).await;
    for _ in 0..5 {
        site.execute("DELETE FROM webauthn_credentials").await;
        site.execute("DELETE FROM otp_secrets").await;
        site.add_otp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").await;
        site.add_credential("key", true).await;
        let (one, other) = (site.profile(&session).await, site.profile(&session).await);
        let (gone, gone_too) = tokio::join!(
            one.overhear(one.request("otp_secret_delete", json!({}))),
            other.overhear(other.request("security_key_delete", json!({ "security_key_id": "key" }))),
        );
        let mut statuses = [gone.0, gone_too.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 403]);
        assert_eq!(site.count("otp_secrets").await + site.count("webauthn_credentials").await, 1);
    }
}

/// Not even the right code is looked at.
#[tokio::test]
async fn a_flow_tries_only_so_many_codes() {
    let limits = "{ rate_limiter: { enabled: true, guess_limits: { tokens: 2, interval: 1m } } }";
    let (site, clock) = Site::start_with_clock(&Site::laid_over(&format!("{{ {MFA} }}"), limits)).await;
    let session = site.session(site.user(ADA).await).await;
    let mut flow = site.profile(&session).await;
    let app = offered(&mut flow).await;
    let enter = |code: String| json!({ "otp_code": code });
    for _ in 0..2 {
        flow.act("otp_code_verify", enter(app.wrong_code(step_at(clock.now())))).await;
        flow.refuses(CREATION, "otp_code_verify", "otp_code", "passcode_invalid");
    }
    flow.act("otp_code_verify", enter(app.code(step_at(clock.now())))).await;
    flow.fails(CREATION, 429, "rate_limit_exceeded");
    assert_eq!(flow.payload("retry_after"), 60);
    clock.advance(TimeDelta::minutes(1));
    flow.act("otp_code_verify", enter(app.code(step_at(clock.now())))).await.is("profile_init");
}

/// Covers PROF-208.
#[tokio::test]
async fn the_code_that_set_an_app_up_signs_nobody_in() {
    let (site, clock) = Site::start_with_clock(MFA).await;
    let user = site.user_with_password(ADA, "correct horse").await;
    let mut flow = site.profile(&site.session(user).await).await;
    let app = offered(&mut flow).await;
    let step = step_at(clock.now());
    flow.act("otp_code_verify", json!({ "otp_code": app.code(step) })).await.is("profile_init");
    let mut login = site.first_factor(ADA, "correct horse", Device::Old).await;
    login.is("login_otp").enter_otp(&app.code(step)).await;
    login.refuses("login_otp", "otp_code_validate", "otp_code", "otp_code_already_used");
    clock.advance(TimeDelta::seconds(30));
    login.enter_otp(&app.code(step + 1)).await.reaches(200);
}
