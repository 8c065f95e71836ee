//! Signing in with passkeys (spec chapter 02, sections 7.3.2, 7.3.3, 7.4 and 13.1).

use serde_json::{Value, json};

use crate::support::{
    authenticator::Authenticator,
    flow::{Device, Site},
};

const ADA: &str = "ada@example.org";
const GRACE: &str = "grace@example.org";

async fn site_with_passkey() -> (Site, Authenticator) {
    let site = Site::start("").await;
    site.user(ADA).await;
    let authenticator = site.give_passkey(ADA).await;
    (site, authenticator)
}

/// Covers LR-070, LR-085, LR-065, LR-095, LR-097, LR-101, PROTO-37.
#[tokio::test]
async fn a_passkey_signs_in_without_a_name() {
    let (site, authenticator) = site_with_passkey().await;
    for as_text in [false, true] {
        let mut flow = site.begin("login", Device::Passkeys).await;
        flow.act("webauthn_generate_request_options", json!({})).await.is("login_passkey");
        assert_eq!(flow.actions(), ["back", "webauthn_verify_assertion_response"]);
        let options = &flow.payload("request_options")["publicKey"];
        assert_eq!((&options["rpId"], options.get("allowCredentials")), (&json!("localhost"), None));
        let assertion = authenticator.get(flow.payload("request_options"));
        let assertion = if as_text { json!(assertion.to_string()) } else { assertion };
        flow.act("webauthn_verify_assertion_response", json!({ "assertion_response": assertion })).await.is("success");
        assert_eq!(flow.payload("claims")["amr"], json!(["passkey"]));
        assert_eq!(flow.payload("last_login"), &json!({ "login_method": "passkey" }));
        assert!(flow.payload("user")["passkeys"][0]["last_used_at"].is_string());
    }
    let ceremonies = site.rows("webauthn_session_data", &["operation"]).await;
    assert!(!ceremonies.contains(&json!({ "operation": "authentication" })), "{ceremonies:?}");
}

/// Covers LR-064, LR-065, LR-066, LR-067, LR-068, PROTO-150, PROTO-161, PROTO-163.
#[tokio::test]
async fn autofill_works_however_the_first_state_was_reached() {
    let site = Site::start("session: { cookie: { retention: prompt } }").await;
    site.user(ADA).await;
    let authenticator = site.give_passkey(ADA).await;
    for way in ["at once", "back", "error", "remember_me", "failure"] {
        let mut flow = site.begin("login", Device::Autofill).await;
        match way {
            "back" => {
                flow.identify(ADA).await;
                flow.act("back", json!({})).await.is("login_init");
            }
            "error" => {
                flow.identify("no address").await.reaches(400);
            }
            "remember_me" => {
                flow.act("remember_me", json!({ "remember_me": true })).await.is("login_init");
            }
            "failure" => {
                let garbage = authenticator.garbage(flow.payload("request_options"));
                flow.act("webauthn_verify_assertion_response", json!({ "assertion_response": garbage })).await;
                flow.fails("login_init", 401, "passkey_invalid");
            }
            _ => {}
        }
        let options = &flow.payload("request_options")["publicKey"];
        assert!(options["challenge"].is_string(), "{way}");
        assert_eq!(options.get("allowCredentials"), None);
        flow.use_passkey(&authenticator).await.is("success");
    }
    for (yaml, device) in [("", Device::Passkeys), ("", Device::Old), ("passkey: { enabled: false }", Device::Autofill)]
    {
        let site = Site::start(yaml).await;
        let flow = site.begin("login", device).await;
        assert_eq!(flow.body["payload"], json!({}), "{yaml}");
    }
}

/// Covers LR-086.
#[tokio::test]
async fn whoever_holds_the_passkey_signs_in() {
    let (site, authenticator) = site_with_passkey().await;
    site.user(GRACE).await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.identify(GRACE).await;
    flow.act("webauthn_generate_request_options", json!({})).await.is("login_passkey");
    flow.use_passkey(&authenticator).await.is("success");
    assert_eq!(flow.payload("user")["emails"][0]["address"], ADA);
}

/// Covers LR-087.
#[tokio::test]
async fn with_actual_methods_only_the_persons_own_passkeys_count() {
    let site = Site::start("privacy: { only_show_actual_login_methods: true }").await;
    site.user(ADA).await;
    site.user(GRACE).await;
    site.give_passkey(GRACE).await;
    let adas = site.give_passkey(ADA).await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.identify(GRACE).await.is("login_method_chooser");
    flow.act("webauthn_generate_request_options", json!({})).await.is("login_passkey");
    let assertion = adas.get_unasked(flow.payload("request_options"));
    flow.act("webauthn_verify_assertion_response", json!({ "assertion_response": assertion })).await;
    flow.fails("login_passkey", 401, "passkey_invalid");
    assert_eq!(site.audited("login_success").await.len(), 2);
}

/// Covers LR-088, LR-090, LR-092, LR-096, PROTO-132, PROTO-204.
#[tokio::test]
async fn an_assertion_that_proves_nothing_is_refused() {
    type Forge = fn(&mut Authenticator, Value) -> Value;
    let table: [(&str, Forge); 11] = [
        ("an unknown credential", |authenticator, options| authenticator.garbage(&options)),
        ("another challenge", |authenticator, mut options| {
            options["publicKey"]["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
            authenticator.get(&options)
        }),
        ("another relying party", |authenticator, mut options| {
            options["publicKey"]["rpId"] = json!("example.com");
            authenticator.get(&options)
        }),
        ("another origin", |authenticator, options| {
            authenticator.origin = "https://evil.example".to_owned();
            authenticator.get(&options)
        }),
        ("another key", |authenticator, options| {
            authenticator.wrong_key = true;
            authenticator.get(&options)
        }),
        ("nobody there", |authenticator, options| {
            authenticator.user_present = false;
            authenticator.get(&options)
        }),
        ("no user", |authenticator, options| {
            let mut assertion = authenticator.get(&options);
            assertion["response"]["userHandle"].take();
            assertion
        }),
        ("text", |_, _| json!("not JSON")),
        ("a number", |_, _| json!(1)),
        ("nothing", |_, _| Value::Null),
        ("an empty object", |_, _| json!({})),
    ];
    for (what, forge) in table {
        let (site, mut authenticator) = site_with_passkey().await;
        let mut flow = site.begin("login", Device::Passkeys).await;
        flow.act("webauthn_generate_request_options", json!({})).await.is("login_passkey");
        let assertion = forge(&mut authenticator, flow.payload("request_options").clone());
        flow.act("webauthn_verify_assertion_response", json!({ "assertion_response": assertion })).await;
        flow.fails("login_passkey", 401, "passkey_invalid");
        assert_eq!(flow.body["payload"], json!({}), "{what}");
        let failures = site.audited("login_failure").await;
        assert_eq!(failures.len(), 1, "{what}");
        assert!(failures[0]["actor_user_id"].is_null());
        assert_eq!(failures[0]["details"], json!({ "login_method": "passkey", "flow_id": flow.id }));
    }
}

/// Covers LR-098.
#[tokio::test]
async fn an_assertion_that_nobody_asked_for_is_refused() {
    let (site, authenticator) = site_with_passkey().await;
    let mut asked = site.begin("login", Device::Passkeys).await;
    asked.act("webauthn_generate_request_options", json!({})).await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    assert!(flow.offers("webauthn_verify_assertion_response"));
    let assertion = authenticator.get(asked.payload("request_options"));
    flow.act("webauthn_verify_assertion_response", json!({ "assertion_response": assertion })).await;
    assert!(matches!(flow.answer.status, 401 | 403), "{:#}", flow.body);

    // Also when its challenge is gone.
    site.execute("DELETE FROM webauthn_session_data").await;
    let assertion = authenticator.get(asked.payload("request_options"));
    asked.act("webauthn_verify_assertion_response", json!({ "assertion_response": assertion })).await;
    asked.fails("login_passkey", 401, "passkey_invalid");
}

/// A challenge is good for one answer.
#[tokio::test]
async fn an_assertion_signs_in_once() {
    let (site, authenticator) = site_with_passkey().await;
    let mut first = site.begin("login", Device::Passkeys).await;
    first.act("webauthn_generate_request_options", json!({})).await;
    let assertion = authenticator.get(first.payload("request_options"));
    first.act("webauthn_verify_assertion_response", json!({ "assertion_response": assertion })).await.is("success");
    let mut second = site.begin("login", Device::Passkeys).await;
    second.act("webauthn_generate_request_options", json!({})).await;
    second.act("webauthn_verify_assertion_response", json!({ "assertion_response": assertion })).await;
    second.fails("login_passkey", 401, "passkey_invalid");
}

/// Covers LR-099.
#[tokio::test]
async fn a_challenge_expires() {
    let (site, clock) = Site::start_with_clock("webauthn: { timeouts: { login: 60000 } }").await;
    site.user(ADA).await;
    let authenticator = site.give_passkey(ADA).await;
    for (seconds, status) in [(60, 200), (61, 401)] {
        for device in [Device::Passkeys, Device::Autofill] {
            let mut flow = site.begin("login", device).await;
            if matches!(device, Device::Passkeys) {
                flow.act("webauthn_generate_request_options", json!({})).await;
            }
            let assertion = authenticator.get(flow.payload("request_options"));
            clock.advance(chrono::TimeDelta::seconds(seconds));
            flow.act("webauthn_verify_assertion_response", json!({ "assertion_response": assertion })).await;
            flow.reaches(status);
        }
    }
}

/// Covers LR-091.
#[tokio::test]
async fn users_are_verified_where_that_is_required() {
    for (setting, status) in [("required", 401), ("preferred", 200), ("discouraged", 200)] {
        let site = Site::start(&format!("passkey: {{ user_verification: {setting} }}")).await;
        site.user(ADA).await;
        let mut authenticator = site.give_passkey(ADA).await;
        let mut flow = site.begin("login", Device::Passkeys).await;
        flow.act("webauthn_generate_request_options", json!({})).await;
        assert_eq!(flow.payload("request_options")["publicKey"]["userVerification"], setting);
        authenticator.user_verified = false;
        flow.use_passkey(&authenticator).await.reaches(status);
    }
}

/// Covers LR-089.
#[tokio::test]
async fn a_second_factor_is_no_first_factor() {
    let (site, authenticator) = site_with_passkey().await;
    site.execute("UPDATE webauthn_credentials SET mfa_only = TRUE").await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.act("webauthn_generate_request_options", json!({})).await;
    flow.use_passkey(&authenticator).await;
    flow.fails("login_passkey", 401, "webauthn_credential_invalid_mfa_only");
}

/// Covers LR-093, LR-094, LR-095.
#[tokio::test]
async fn a_copied_authenticator_is_noticed() {
    let (site, mut authenticator) = site_with_passkey().await;
    for (count, status) in [(5, 200), (6, 200), (6, 401), (4, 401), (0, 200)] {
        authenticator.sign_count = count;
        let mut flow = site.begin("login", Device::Passkeys).await;
        flow.act("webauthn_generate_request_options", json!({})).await;
        flow.use_passkey(&authenticator).await.reaches(status);
    }
}

/// Covers LR-095.
#[tokio::test]
async fn what_the_authenticator_says_of_itself_is_kept() {
    let (site, mut authenticator) = site_with_passkey().await;
    let columns = ["sign_count", "backup_eligible", "backup_state"];
    let kept = site.rows("webauthn_credentials", &columns).await;
    assert_eq!(kept, [json!({ "sign_count": 0, "backup_eligible": 1, "backup_state": 1 })]);
    (authenticator.sign_count, authenticator.backup_state) = (7, false);
    let mut flow = site.begin("login", Device::Autofill).await;
    flow.use_passkey(&authenticator).await.is("success");
    let kept = site.rows("webauthn_credentials", &columns).await;
    assert_eq!(kept, [json!({ "sign_count": 7, "backup_eligible": 1, "backup_state": 0 })]);
}

/// What was typed before belongs to somebody else: nothing of it sticks to the account that signs in.
#[tokio::test]
async fn the_typed_address_is_forgotten_when_another_person_signs_in() {
    let site = Site::start("username: { enabled: true }").await;
    site.user_named("ada", ADA).await;
    let authenticator = site.give_passkey(ADA).await;
    site.execute("DELETE FROM primary_emails; DELETE FROM emails").await;
    site.user(GRACE).await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.identify(GRACE).await;
    flow.act("webauthn_generate_request_options", json!({})).await;
    flow.use_passkey(&authenticator).await.is("onboarding_email");
    flow.act("email_address_set", json!({ "email": ADA })).await;
    flow.confirm(ADA).await.is("success");
    let addresses = flow.payload("user")["emails"].as_array().unwrap();
    assert_eq!((addresses.len(), &addresses[0]["address"]), (1, &json!(ADA)));
}
