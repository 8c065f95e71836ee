//! Devices on which no second factor is asked for (spec chapter 02, sections 12 and 17.5; chapter 06, section 3.9).

use std::sync::Arc;

use chrono::TimeDelta;
use sealflow::clock::{Clock, ManualClock};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    authenticator_app::{AuthenticatorApp, step_at},
    flow::{Device, Flow, Site},
    second_factors::{PERIOD, code_at},
};

const ADA: &str = "ada@example.org";
const GRACE: &str = "grace@example.org";
const PASSWORD: &str = "correct horse";

/// The person is asked whether to trust the device, and nothing else is asked for on the way.
const PROMPT: &str = "{ mfa: { enabled: true, device_trust_policy: prompt }, passkey: { acquire_on_login: never } }";

/// The first value of the cookie by which a trusted device is known, as the newest answer sets it, and its attributes.
fn device_cookie(flow: &Flow<'_>) -> Option<(String, String)> {
    let cookies = flow.answer.all("set-cookie");
    let mut found = cookies.iter().filter_map(|cookie| cookie.strip_prefix("hanko-device-token="));
    let cookie = found.next().map(|cookie| cookie.split_once("; ").unwrap());
    assert_eq!(found.next(), None);
    cookie.map(|(value, attributes)| (value.to_owned(), attributes.to_owned()))
}

/// A browser at a site whose time stands still.
struct Browser {
    site: Site,
    clock: Arc<ManualClock>,
    /// What it keeps of the site.
    kept: Option<String>,
}

impl Browser {
    /// At a site with a user who has a password and an authenticator app; `more` is laid over the configuration.
    async fn at(more: &str) -> (Self, Uuid) {
        let (site, clock) = Site::start_with_clock(&Site::laid_over(PROMPT, more)).await;
        let browser = Self { site, clock, kept: None };
        let user = browser.user(ADA).await;
        (browser, user)
    }

    async fn user(&self, address: &str) -> Uuid {
        let user = self.site.user_with_password(address, PASSWORD).await;
        self.site.give_app(user).await;
        user
    }

    /// From the first factor to what follows.
    async fn first_factor(&self, address: &str) -> Flow<'_> {
        let mut flow = self.site.begin("login", Device::Old).await;
        flow.cookie = self.kept.as_ref().map(|value| format!("other=1; hanko-device-token={value}"));
        flow.identify(address).await;
        flow.act("continue_to_password_login", json!({})).await;
        flow.act("password_login", json!({ "password": PASSWORD })).await;
        flow
    }

    /// From the first factor to what follows the second.
    async fn both_factors(&self, address: &str) -> Flow<'_> {
        // A code is good once.
        self.clock.advance(TimeDelta::seconds(2 * PERIOD));
        let mut flow = self.first_factor(address).await;
        flow.is("login_otp").enter_otp(&code_at(self.clock.now())).await;
        flow
    }

    /// Signs in and trusts the device.
    async fn trust(&mut self, address: &str) -> String {
        let mut flow = self.both_factors(address).await;
        flow.is("device_trust").act("trust_device", json!({})).await.is("success");
        let (value, _) = device_cookie(&flow).unwrap();
        self.kept = Some(value.clone());
        value
    }

    /// Whether the second factor is skipped.
    async fn is_trusted_by(&self, address: &str) -> bool {
        let flow = self.first_factor(address).await;
        assert_eq!(device_cookie(&flow), None);
        match flow.state() {
            "success" => true,
            "login_otp" => false,
            other => panic!("{other}"),
        }
    }

    async fn rows(&self) -> Vec<Value> {
        self.site.rows("trusted_devices", &["user_id", "device_token"]).await
    }
}

/// Covers LR-296, LR-320, LR-321, LR-322, LR-324, LR-325, LR-326, SESS-47, ENC-25, CLIENT-119.
#[tokio::test]
async fn a_trusted_device_skips_the_second_factor() {
    let (mut browser, user) = Browser::at("").await;
    let mut flow = browser.both_factors(ADA).await;
    flow.is("device_trust");
    assert_eq!(flow.body["payload"], json!({}));
    let action = |name: &str, description: &str| {
        let href = format!("/login?action={name}%40{}", flow.id);
        json!({ "action": name, "description": description, "href": href, "inputs": {} })
    };
    let actions = json!({
        "skip": action("skip", "Skip"),
        "trust_device": action("trust_device", "Trust this device, to skip MFA on subsequent logins."),
    });
    assert_eq!(flow.body["actions"], actions);
    flow.act("trust_device", json!({})).await.is("success");
    assert_eq!(flow.payload("claims")["amr"], json!(["pwd", "totp"]));
    let (value, attributes) = device_cookie(&flow).unwrap();
    assert_eq!(attributes, "Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=None");
    let (of, token) = value.split_once(':').unwrap();
    assert_eq!((of, token.len(), &token[86..]), (user.to_string().as_str(), 88, "=="));
    assert_eq!(browser.rows().await, [json!({ "user_id": user, "device_token": token })]);
    let expires = browser.clock.now() + TimeDelta::hours(720);
    let row =
        sealflow::storage::trusted_devices::by_token(&browser.site.tenant().unit(), token).await.unwrap().unwrap();
    assert_eq!(row.expires_at.0, expires);

    browser.kept = Some(value);
    let mut flow = browser.first_factor(ADA).await;
    flow.is("success");
    assert_eq!(flow.payload("claims")["amr"], json!(["pwd"]));
    assert_eq!(flow.payload("last_login"), &json!({ "login_method": "password" }));
    assert_eq!((device_cookie(&flow), browser.rows().await.len()), (None, 1));
    browser.kept = None;
    assert!(!browser.is_trusted_by(ADA).await);
}

/// Covers LR-323.
#[tokio::test]
async fn who_does_not_agree_is_asked_again() {
    let (browser, _) = Browser::at("").await;
    for _ in 0..2 {
        let mut flow = browser.both_factors(ADA).await;
        flow.is("device_trust").act("skip", json!({})).await.is("success");
        assert_eq!(device_cookie(&flow), None);
    }
    assert!(browser.rows().await.is_empty());
}

/// Covers LR-321: what is missing from the account is asked for first, and `back` leads there.
#[tokio::test]
async fn the_question_comes_last() {
    let (browser, _) = Browser::at("username: { enabled: true, acquire_on_login: true }").await;
    let mut flow = browser.both_factors(ADA).await;
    flow.is("onboarding_username").act("skip", json!({})).await.is("device_trust");
    assert_eq!(flow.actions(), ["back", "skip", "trust_device"]);
    flow.act("back", json!({})).await.is("onboarding_username");
    flow.act("back", json!({})).await.is_rejected(403, "operation_not_permitted_error");
    flow.act("username_create", json!({ "username": "ada" })).await.is("device_trust");
    assert_eq!(flow.actions(), ["skip", "trust_device"]);
}

/// Covers LR-327, SESS-48: at the end of its time a device is like any other.
#[tokio::test]
async fn trust_ends() {
    let (mut browser, _) = Browser::at("mfa: { device_trust_duration: 2h }").await;
    browser.trust(ADA).await;
    browser.clock.advance(TimeDelta::minutes(119));
    assert!(browser.is_trusted_by(ADA).await);
    browser.clock.advance(TimeDelta::minutes(1));
    assert!(!browser.is_trusted_by(ADA).await);
    // It can be trusted again; the old token is replaced.
    let old = browser.kept.clone().unwrap();
    let new = browser.trust(ADA).await;
    assert!(!new.contains('|') && new != old);
    assert!(browser.is_trusted_by(ADA).await);
}

/// Covers LR-328: a token is worth nothing in the name of another user, whatever the device says.
#[tokio::test]
async fn the_token_of_somebody_else_is_not_trusted() {
    let (mut browser, _) = Browser::at("").await;
    let grace = browser.user(GRACE).await;
    let adas = browser.trust(ADA).await;
    assert!(!browser.is_trusted_by(GRACE).await);
    let token = adas.split_once(':').unwrap().1;
    for forged in [format!("{grace}:{token}"), token.to_owned()] {
        browser.kept = Some(forged);
        assert!(!browser.is_trusted_by(GRACE).await);
    }
}

/// Covers LR-329, SESS-45, PROF-262.
#[tokio::test]
async fn a_device_is_trusted_by_several_users() {
    let (mut browser, _) = Browser::at("mfa: { device_trust_max_users_per_device: 2 }").await;
    browser.user(GRACE).await;
    browser.user("mary@example.org").await;
    let adas = browser.trust(ADA).await;
    let both = browser.trust(GRACE).await;
    let graces = both.strip_suffix(&format!("|{adas}")).unwrap().to_owned();
    for address in [ADA, GRACE] {
        assert!(browser.is_trusted_by(address).await);
    }
    let newest = browser.trust("mary@example.org").await;
    assert!(newest.ends_with(&format!("|{graces}")) && newest.matches('|').count() == 1, "{newest}");
    assert!(!browser.is_trusted_by(ADA).await);
}

/// Covers LR-330, SESS-46, PROF-263.
#[tokio::test]
async fn the_cookie_of_former_times_is_honoured() {
    let (mut browser, _) = Browser::at("").await;
    browser.user(GRACE).await;
    let token = browser.trust(ADA).await.split_once(':').unwrap().1.to_owned();
    browser.kept = Some(token);
    assert!(browser.is_trusted_by(ADA).await);
    let graces = browser.trust(GRACE).await;
    assert!(!graces.contains('|'));
}

#[tokio::test]
async fn cookies_that_make_no_sense_are_no_trust() {
    let (mut browser, user) = Browser::at("").await;
    let token = browser.trust(ADA).await.split_once(':').unwrap().1.to_owned();
    let senseless = [
        String::new(),
        "|".to_owned(),
        ":".to_owned(),
        "||::||".to_owned(),
        format!("{user}"),
        format!("{user}:"),
        format!("{user}:{}", token.to_lowercase()),
        format!("{user}:{}", &token[..87]),
        format!("{user}:{token}{token}"),
        format!("{}:{token}", Uuid::nil()),
        format!("{user}:' OR 1=1 --"),
        "a:b|".repeat(500),
    ];
    for kept in senseless {
        browser.kept = Some(kept.clone());
        assert!(!browser.is_trusted_by(ADA).await, "{kept}");
    }
    browser.kept = Some(format!("|x|{}:short|{user}:{token}", Uuid::from_u128(7)));
    assert!(browser.is_trusted_by(ADA).await);
}

/// Covers LR-331, SESS-48.
#[tokio::test]
async fn with_policy_never_no_device_is_trusted() {
    let (mut browser, user) = Browser::at("mfa: { device_trust_policy: never }").await;
    let moment = browser.site.tenant().services.moment();
    let mut unit = browser.site.tenant().unit();
    let (token, later) = ("a".repeat(88), moment.now + TimeDelta::hours(1));
    let row = (token.clone().into(), later);
    sealflow::storage::trusted_devices::insert(&mut unit, moment.id(), user, row.0, row.1, moment.now).await.unwrap();
    unit.commit().await.unwrap();
    browser.kept = Some(format!("{user}:{token}"));
    assert!(!browser.is_trusted_by(ADA).await);
    let mut flow = browser.both_factors(ADA).await;
    assert_eq!(device_cookie(flow.is("success")), None);
}

/// Covers LR-332, LR-333.
#[tokio::test]
async fn with_policy_always_whoever_gave_a_second_factor_trusts_the_device() {
    let (mut browser, user) = Browser::at("mfa: { device_trust_policy: always }").await;
    browser.site.user_with_password(GRACE, PASSWORD).await;
    let mut flow = browser.first_factor(GRACE).await;
    assert_eq!(device_cookie(flow.is("success")), None);
    let mut flow = browser.both_factors(ADA).await;
    let (value, _) = device_cookie(flow.is("success")).unwrap();
    assert!(value.starts_with(&format!("{user}:")));
    browser.kept = Some(value);
    assert!(browser.is_trusted_by(ADA).await);
    assert_eq!(browser.rows().await.len(), 1);
}

/// Whoever sets a second factor up has just given it. Whoever declines trusts nothing.
#[tokio::test]
async fn with_policy_always_setting_up_a_second_factor_trusts_the_device() {
    let (mut browser, _) = Browser::at("mfa: { device_trust_policy: always, acquire_on_login: true }").await;
    browser.site.user_with_password(GRACE, PASSWORD).await;
    let mut flow = browser.first_factor(GRACE).await;
    flow.is("mfa_method_chooser").act("skip", json!({})).await.is("success");
    assert_eq!(device_cookie(&flow), None);

    let mut flow = browser.first_factor(GRACE).await;
    flow.is("mfa_method_chooser").act("continue_to_otp_secret_creation", json!({})).await.is("mfa_otp_secret_creation");
    let app = AuthenticatorApp::with_secret(flow.payload("otp_secret"));
    let code = app.code(step_at(browser.clock.now()));
    flow.act("otp_code_verify", json!({ "otp_code": code })).await.is("success");
    browser.kept = Some(device_cookie(&flow).unwrap().0);
    assert!(browser.is_trusted_by(GRACE).await);
}

/// With the policy `prompt` only people who were asked for a second factor are asked about the device.
#[tokio::test]
async fn with_policy_prompt_setting_up_a_second_factor_asks_nothing_more() {
    let (browser, _) = Browser::at("mfa: { acquire_on_login: true }").await;
    browser.site.user_with_password(GRACE, PASSWORD).await;
    let mut flow = browser.first_factor(GRACE).await;
    flow.is("mfa_method_chooser").act("continue_to_otp_secret_creation", json!({})).await;
    let app = AuthenticatorApp::with_secret(flow.payload("otp_secret"));
    let code = app.code(step_at(browser.clock.now()));
    flow.act("otp_code_verify", json!({ "otp_code": code })).await.is("success");
    assert_eq!(device_cookie(&flow), None);
}

/// Whoever gave the second factor while the device became trusted elsewhere gets no second token.
#[tokio::test]
async fn a_token_that_is_still_good_is_kept() {
    let (mut browser, _) = Browser::at("").await;
    let mut flow = browser.both_factors(ADA).await;
    let id = flow.is("device_trust").id;
    let body = flow.body.clone();
    let kept = browser.trust(ADA).await;
    let href = format!("/login?action=trust_device%40{id}");
    let request = browser.site.request("POST", &href).header("cookie", format!("hanko-device-token={kept}"));
    let answer = request.json(&json!({ "csrf_token": body["csrf_token"] })).send().await.unwrap();
    let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().collect();
    assert_eq!((answer.status().as_u16(), cookies.len()), (200, 1));
    assert_eq!(browser.rows().await.len(), 1);
}

/// A step that fails leaves no trust behind, neither here nor there.
#[tokio::test]
async fn a_step_that_fails_sends_no_cookie() {
    let (browser, _) = Browser::at("").await;
    let mut flow = browser.both_factors(ADA).await;
    browser.site.execute("ALTER TABLE trusted_devices RENAME TO elsewhere").await;
    flow.act("trust_device", json!({})).await.is_rejected(500, "technical_error");
    assert_eq!(flow.answer.all("set-cookie"), Vec::<&str>::new());
    browser.site.execute("ALTER TABLE elsewhere RENAME TO trusted_devices").await;
    let sessions = browser.site.count("sessions").await;
    flow.act("trust_device", json!({})).await.is("success");
    assert_eq!((browser.site.count("sessions").await, browser.rows().await.len()), (sessions + 1, 1));
}

/// Trust that cannot be looked up is none.
#[tokio::test]
async fn without_its_row_a_device_is_not_trusted() {
    let (mut browser, _) = Browser::at("").await;
    browser.trust(ADA).await;
    browser.site.execute("DELETE FROM trusted_devices").await;
    assert!(!browser.is_trusted_by(ADA).await);
}

/// Covers LR-320: a flow begun on a trusted device and continued without its cookie is one on another device.
#[tokio::test]
async fn trust_is_not_remembered_with_the_flow() {
    let (mut browser, _) = Browser::at("").await;
    browser.trust(ADA).await;
    let mut flow = browser.site.login().await;
    flow.cookie = browser.kept.as_ref().map(|value| format!("hanko-device-token={value}"));
    flow.identify(ADA).await;
    flow.act("continue_to_password_login", json!({})).await.is("login_password");
    flow.cookie = None;
    flow.act("password_login", json!({ "password": PASSWORD })).await.is("login_otp");
}

/// A recovery on a trusted device needs no second factor, and ends the trust in all devices.
#[tokio::test]
async fn a_recovery_ends_the_trust() {
    let (mut browser, _) = Browser::at("").await;
    browser.trust(ADA).await;
    let mut flow = browser.site.login().await;
    flow.cookie = browser.kept.as_ref().map(|value| format!("hanko-device-token={value}"));
    flow.identify(ADA).await;
    flow.act("continue_to_password_login", json!({})).await;
    flow.act("continue_to_passcode_confirmation_recovery", json!({})).await.is("passcode_confirmation");
    flow.confirm(ADA).await.is("login_password_recovery");
    flow.act("password_recovery", json!({ "new_password": PASSWORD })).await.is("success");
    assert_eq!(device_cookie(&flow), None);
    assert!(!browser.is_trusted_by(ADA).await);
}

/// Whoever sets up a second factor later is asked for it on every device again.
#[tokio::test]
async fn giving_up_the_last_second_factor_ends_the_trust() {
    let (mut browser, user) = Browser::at("").await;
    browser.trust(ADA).await;
    browser.site.give_security_key(user).await;
    let mut profile = browser.site.profile(&browser.site.session(user).await).await;
    profile.act("otp_secret_delete", json!({})).await.is("profile_init");
    assert_eq!(browser.rows().await.len(), 1);
    let key = profile.payload("user")["security_keys"][0]["id"].clone();
    profile.act("security_key_delete", json!({ "security_key_id": key })).await.is("profile_init");
    assert_eq!(browser.rows().await.len(), 0);
    browser.site.give_app(user).await;
    assert!(!browser.is_trusted_by(ADA).await);

    browser.trust(ADA).await;
    let mut profile = browser.site.profile(&browser.site.session(user).await).await;
    profile.act("otp_secret_delete", json!({})).await.is("profile_init");
    assert_eq!(browser.rows().await.len(), 0);
}
