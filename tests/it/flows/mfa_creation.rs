//! Setting up a second factor while signing in or up (spec chapter 02, sections 10 and 16.7).

use chrono::TimeDelta;
use sealflow::clock::Clock;
use serde_json::{Value, json};

use crate::support::{
    authenticator::Authenticator,
    authenticator_app::{AuthenticatorApp, assert_says, step_at},
    flow::{Device, Flow, ORIGIN, Site},
};

const ADA: &str = "ada@example.org";
const PASSWORD: &str = "correct horse";
const CHOOSER: &str = "mfa_method_chooser";
const APP: &str = "mfa_otp_secret_creation";
const KEY: &str = "mfa_security_key_creation";
const PASSKEY: &str = "onboarding_create_passkey";

/// People sign up with address and password, and nothing else is asked of them but a second factor.
const SIGN_UP: &str = "{ mfa: { enabled: true }, email: { require_verification: false }, passkey: { enabled: false } }";
/// The same for people who sign in.
const SIGN_IN: &str = "{ mfa: { enabled: true, acquire_on_login: true }, passkey: { enabled: false } }";

async fn sign_up(site: &Site, device: Device) -> Flow<'_> {
    let mut flow = site.begin("registration", device).await;
    flow.act("register_login_identifier", json!({ "email": ADA })).await.is("password_creation");
    flow.act("register_password", json!({ "new_password": PASSWORD })).await;
    flow
}

async fn sign_in(site: &Site, device: Device) -> Flow<'_> {
    let mut flow = site.begin("login", device).await;
    flow.identify(ADA).await.is("login_method_chooser");
    flow.act("continue_to_password_login", json!({})).await.is("login_password");
    flow.act("password_login", json!({ "password": PASSWORD })).await;
    flow
}

async fn offered(flow: &mut Flow<'_>) -> AuthenticatorApp {
    flow.act("continue_to_otp_secret_creation", json!({})).await.is(APP);
    AuthenticatorApp::with_secret(flow.payload("otp_secret"))
}

/// Creates a security key: from the chooser to what follows. Gives the options and the credential.
async fn create_key(flow: &mut Flow<'_>) -> (Value, Value) {
    flow.act("continue_to_security_key_creation", json!({})).await.is(KEY);
    flow.act("webauthn_generate_creation_options", json!({})).await.is("onboarding_verify_passkey_attestation");
    let options = flow.payload("creation_options").clone();
    let credential = Authenticator::new(ORIGIN).create(&options);
    flow.act("webauthn_verify_attestation_response", json!({ "public_key": credential })).await;
    (options, credential)
}

/// Covers LR-260.
#[tokio::test]
async fn a_registration_asks_where_it_is_configured() {
    for (more, asked) in [
        ("", true),
        ("mfa: { enabled: false }", false),
        ("mfa: { acquire_on_registration: false, acquire_on_login: true }", false),
        ("mfa: { totp: { enabled: false } }", true),
        ("mfa: { security_keys: { enabled: false } }", true),
        ("mfa: { totp: { enabled: false }, security_keys: { enabled: false } }", false),
        ("mfa: { totp: { enabled: false }, security_keys: { enabled: false }, optional: false }", false),
        ("email: { use_for_authentication: false }", true),
    ] {
        let site = Site::start_over(SIGN_UP, more).await;
        sign_up(&site, Device::Passkeys).await.is(if asked { CHOOSER } else { "success" });
    }
    // A passkey alone needs no second factor, a code sent by e-mail does.
    for (more, asked) in [("", true), (", use_for_authentication: false", false)] {
        let yaml = format!(
            "{{ mfa: {{ enabled: true }}, password: {{ enabled: false }}, \
             email: {{ require_verification: false {more} }} }}"
        );
        let site = Site::start(&yaml).await;
        let mut flow = site.begin("registration", Device::Passkeys).await;
        flow.act("register_login_identifier", json!({ "email": ADA })).await.is(PASSKEY);
        flow.create_passkey(&mut Authenticator::new(ORIGIN)).await.is(if asked { CHOOSER } else { "success" });
    }
    let nothing_else = "{ mfa: { enabled: true }, password: { enabled: false }, passkey: { enabled: false }, \
                        email: { require_verification: false } }";
    let site = Site::start(nothing_else).await;
    let mut flow = site.registration().await;
    flow.act("register_login_identifier", json!({ "email": ADA })).await.is(CHOOSER);
}

/// Covers LR-261, LR-262.
#[tokio::test]
async fn a_login_asks_those_who_have_none_where_it_is_configured() {
    for (more, asked) in [
        ("", true),
        ("mfa: { enabled: false }", false),
        ("mfa: { acquire_on_login: false }", false),
        ("mfa: { totp: { enabled: false }, security_keys: { enabled: false } }", false),
    ] {
        let site = Site::start_over(SIGN_IN, more).await;
        site.user_with_password(ADA, PASSWORD).await;
        sign_in(&site, Device::Passkeys).await.is(if asked { CHOOSER } else { "success" });
        let mut flow = site.begin("login", Device::Passkeys).await;
        flow.identify(ADA).await;
        flow.act("continue_to_passcode_confirmation", json!({})).await;
        flow.confirm(ADA).await.is(if asked { CHOOSER } else { "success" });
    }
    for key in [false, true] {
        let site = Site::start(SIGN_IN).await;
        site.user_with_password(ADA, PASSWORD).await;
        if key {
            site.add_credential("key", true).await;
        } else {
            site.add_otp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").await;
        }
        assert_ne!(sign_in(&site, Device::Passkeys).await.state(), CHOOSER);
    }
}

/// Covers LR-263, LR-264, LR-265.
#[tokio::test]
async fn it_is_asked_once_after_the_password() {
    let site = Site::start("mfa: { enabled: true }").await;
    let mut flow = site.begin("registration", Device::Passkeys).await;
    flow.act("register_login_identifier", json!({ "email": ADA })).await.is("passcode_confirmation");
    flow.confirm(ADA).await.is("password_creation");
    flow.act("register_password", json!({ "new_password": PASSWORD })).await.is(CHOOSER);
    assert!(!flow.offers("back"));
    flow.act("skip", json!({})).await.is(PASSKEY);
    flow.act("back", json!({})).await.is(CHOOSER);
    offered(&mut flow).await;
    flow.act("back", json!({})).await.is(CHOOSER);
    flow.act("continue_to_security_key_creation", json!({})).await.is(KEY);
    flow.act("back", json!({})).await.is(CHOOSER);
    flow.act("skip", json!({})).await.is(PASSKEY);
    flow.create_passkey(&mut Authenticator::new(ORIGIN)).await.is("success");

    // Without a password to come the code is the step that asks.
    let site = Site::start("{ mfa: { enabled: true }, password: { enabled: false } }").await;
    let mut flow = site.begin("registration", Device::Passkeys).await;
    flow.act("register_login_identifier", json!({ "email": ADA })).await;
    flow.confirm(ADA).await.is(CHOOSER);
    flow.act("skip", json!({})).await.is(PASSKEY);
    flow.act("skip", json!({})).await.is("success");
}

/// What was skipped can be gone back to from the chooser.
#[tokio::test]
async fn skipping_a_credential_asks_too() {
    let yaml = "{ mfa: { enabled: true }, email: { require_verification: false }, password: { optional: true }, \
                passkey: { acquire_on_registration: never } }";
    let site = Site::start(yaml).await;
    let mut flow = site.registration().await;
    flow.act("register_login_identifier", json!({ "email": ADA })).await.is("password_creation");
    flow.act("skip", json!({})).await.is(CHOOSER);
    flow.act("back", json!({})).await.is("password_creation");
    flow.act("skip", json!({})).await.is(CHOOSER);
    flow.act("skip", json!({})).await.is("success");
}

/// Covers LR-131.
#[tokio::test]
async fn a_recovery_asks_after_the_new_password() {
    let site = Site::start(SIGN_IN).await;
    site.user_with_password(ADA, PASSWORD).await;
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_password_login", json!({})).await;
    flow.act("continue_to_passcode_confirmation_recovery", json!({})).await.is("passcode_confirmation");
    flow.confirm(ADA).await.is("login_password_recovery");
    flow.act("password_recovery", json!({ "new_password": "battery staple" })).await.is(CHOOSER);
}

/// Covers LR-266, LR-267, LR-268, LR-036.
#[tokio::test]
async fn the_chooser_offers_what_is_possible() {
    let both = ["continue_to_otp_secret_creation", "continue_to_security_key_creation", "skip"];
    let (app, key, none) = ([both[0], both[2]], [both[1], both[2]], [both[0], both[1]]);
    let platform = "mfa: { security_keys: { authenticator_attachment: platform } }";
    for (more, device, offers) in [
        ("", Device::Passkeys, &both[..]),
        ("", Device::Old, &app),
        (platform, Device::Passkeys, &both),
        (platform, Device::NoPlatform, &app),
        ("", Device::NoPlatform, &both),
        ("mfa: { totp: { enabled: false } }", Device::Passkeys, &key),
        ("mfa: { security_keys: { enabled: false } }", Device::Passkeys, &app),
        ("mfa: { optional: false }", Device::Passkeys, &none),
    ] {
        let site = Site::start_over(SIGN_UP, more).await;
        assert_eq!(sign_up(&site, device).await.is(CHOOSER).actions(), offers, "{more}");
    }
}

/// Covers LR-269.
#[tokio::test]
async fn who_can_set_up_none_is_let_in_only_where_none_is_needed() {
    let only_keys = "mfa: { totp: { enabled: false } }";
    let mandatory_keys = "mfa: { totp: { enabled: false }, optional: false }";
    let platform_keys = "mfa: { totp: { enabled: false }, optional: false, \
                         security_keys: { authenticator_attachment: platform } }";
    for (more, device, let_in) in [
        (only_keys, Device::Old, true),
        (mandatory_keys, Device::Old, false),
        (platform_keys, Device::NoPlatform, false),
    ] {
        let site = Site::start_over(SIGN_UP, more).await;
        let mut flow = sign_up(&site, device).await;
        if let_in {
            flow.is("success");
        } else {
            flow.fails("error", 401, "platform_authenticator_required");
            assert!(flow.actions().is_empty());
        }
        let made = usize::from(let_in);
        assert_eq!((site.count("users").await, site.count("sessions").await), (made, made), "{more}");

        let site = Site::start_over(SIGN_IN, more).await;
        site.user_with_password(ADA, PASSWORD).await;
        let mut flow = sign_in(&site, device).await;
        if let_in {
            flow.is("success");
        } else {
            flow.fails("error", 401, "platform_authenticator_required");
        }
        assert_eq!(site.count("sessions").await, made, "{more}");
    }
}

/// Covers LR-270, LR-271, LR-273, LR-274, LR-275, ENC-18, CLIENT-116, CLIENT-117.
#[tokio::test]
async fn a_login_stores_an_app_at_once() {
    let (site, clock) = Site::start_with_clock(SIGN_IN).await;
    let user = site.user_with_password(ADA, PASSWORD).await;
    let mut flow = sign_in(&site, Device::Old).await;
    flow.is(CHOOSER);
    let app = offered(&mut flow).await;
    let shown = flow.body["payload"].clone();
    let secret = shown["otp_secret"].as_str().unwrap();
    assert!(secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
    assert!(shown["otp_image_source"].as_str().unwrap().starts_with("data:image/png;base64,"));
    let step = step_at(clock.now());
    for code in [app.wrong_code(step), app.code(step - 2), "12345".to_owned(), "1234567".to_owned(), " ".to_owned()] {
        flow.act("otp_code_verify", json!({ "otp_code": code })).await;
        flow.refuses(APP, "otp_code_verify", "otp_code", "passcode_invalid");
        assert_eq!(flow.body["payload"], shown);
    }
    flow.act("otp_code_verify", json!({})).await;
    flow.refuses(APP, "otp_code_verify", "otp_code", "value_missing_error");
    clock.advance(TimeDelta::seconds(25));
    flow.act("otp_code_verify", json!({ "otp_code": app.code(step) })).await.is("success");
    let rows = site.rows("otp_secrets", &["id", "user_id", "last_validated_step"]).await;
    assert_eq!((rows.len(), &rows[0]["last_validated_step"]), (1, &json!(step)));
    let audited = site.audited("otp_created").await;
    let wanted = json!({ "otp_secret": rows[0]["id"], "flow_id": flow.id });
    assert_eq!((audited.len(), &audited[0]["actor_user_id"], &audited[0]["details"]), (1, &json!(user), &wanted));
    assert_eq!(flow.payload("user")["mfa_config"]["auth_app_set_up"], true);
    assert!(site.mails().is_empty(), "whoever signs in need not be told");
}

/// Covers LR-272, LR-361.
#[tokio::test]
async fn a_secret_that_nobody_proved_to_have_is_never_stored() {
    let site = Site::start(SIGN_UP).await;
    let mut flow = sign_up(&site, Device::Old).await;
    let mut secrets = Vec::new();
    for _ in 0..2 {
        offered(&mut flow).await;
        secrets.push(flow.payload("otp_secret").clone());
        flow.act("back", json!({})).await.is(CHOOSER);
    }
    assert_ne!(secrets[0], secrets[1]);
    flow.act("skip", json!({})).await.is("success");
    assert_eq!((site.count("users").await, site.count("otp_secrets").await), (1, 0));
}

/// Covers LR-276, LR-280, LR-354, LR-356.
#[tokio::test]
async fn a_registration_stores_an_app_with_the_account() {
    for (username_only, account) in [(false, "ada%40example.org"), (true, "ada_l")] {
        let yaml = "{ mfa: { enabled: true }, username: { enabled: true }, service: { name: Sealflow Test }, \
                    email: { optional: true }, passkey: { acquire_on_registration: never } }";
        let (site, clock) = Site::start_with_clock(yaml).await;
        let mut flow = site.registration().await;
        if username_only {
            flow.act("register_login_identifier", json!({ "username": "ada_l" })).await.is("password_creation");
        } else {
            flow.act("register_login_identifier", json!({ "email": ADA, "username": "ada_l" })).await;
            flow.confirm(ADA).await.is("password_creation");
        }
        flow.act("register_password", json!({ "new_password": PASSWORD })).await.is(CHOOSER);
        let app = offered(&mut flow).await;
        let (issuer, secret) = ("Sealflow%20Test", flow.payload("otp_secret").as_str().unwrap());
        let uri = format!(
            "otpauth://totp/{issuer}:{account}?algorithm=SHA1&digits=6&issuer={issuer}&period=30&secret={secret}"
        );
        assert_says(flow.payload("otp_image_source"), &uri);
        assert_eq!(site.count("users").await, 0);
        let step = step_at(clock.now()) + 1;
        flow.act("otp_code_verify", json!({ "otp_code": app.code(step) })).await.is("success");
        let rows = site.rows("otp_secrets", &["id", "last_validated_step"]).await;
        assert_eq!((rows.len(), &rows[0]["last_validated_step"]), (1, &json!(step)));
        let wanted = json!({
            "password": true, "otp_secret": rows[0]["id"], "username": "ada_l", "flow_id": flow.id
        });
        assert_eq!(site.audited("user_created").await[0]["details"], wanted);
        assert!(site.audited("otp_created").await.is_empty());
        let amr: &[&str] = if username_only { &["pwd", "totp"] } else { &["otp", "pwd", "totp"] };
        assert_eq!(flow.payload("claims")["amr"], json!(amr));
    }
}

/// Covers LR-278, LR-279, CLIENT-118.
#[tokio::test]
async fn a_login_stores_a_security_key_at_once() {
    for (attachment, shown) in [("platform", json!("platform")), ("no_preference", Value::Null)] {
        let keys = format!("{{ authenticator_attachment: {attachment}, user_verification: required }}");
        let site = Site::start_over(SIGN_IN, &format!("mfa: {{ security_keys: {keys} }}")).await;
        let user = site.user_with_password(ADA, PASSWORD).await;
        let mut flow = sign_in(&site, Device::Passkeys).await;
        let (options, credential) = create_key(&mut flow).await;
        flow.is("success");
        let mut selection =
            json!({ "requireResidentKey": false, "residentKey": "discouraged", "userVerification": "required" });
        if !shown.is_null() {
            selection["authenticatorAttachment"] = shown;
        }
        assert_eq!(options["publicKey"]["authenticatorSelection"], selection);
        let rows = site.rows("webauthn_credentials", &["id", "mfa_only"]).await;
        assert_eq!(rows, [json!({ "id": credential["id"], "mfa_only": 1 })]);
        let audited = site.audited("security_key_created").await;
        let wanted = json!({ "security_key": credential["id"], "flow_id": flow.id });
        assert_eq!((audited.len(), &audited[0]["actor_user_id"], &audited[0]["details"]), (1, &json!(user), &wanted));
        assert!(site.audited("passkey_created").await.is_empty() && site.mails().is_empty());
        assert_eq!(flow.payload("user")["security_keys"][0]["id"], credential["id"]);
    }
}

/// Covers LR-354, LR-356.
#[tokio::test]
async fn a_registration_stores_a_security_key_beside_a_passkey() {
    let site = Site::start("mfa: { enabled: true }").await;
    let mut flow = site.begin("registration", Device::Passkeys).await;
    flow.act("register_login_identifier", json!({ "email": ADA })).await;
    flow.confirm(ADA).await;
    flow.act("register_password", json!({ "new_password": PASSWORD })).await.is(CHOOSER);
    let (_, key) = create_key(&mut flow).await;
    flow.is(PASSKEY);
    assert_eq!(site.count("webauthn_credentials").await, 0);
    flow.create_passkey(&mut Authenticator::new(ORIGIN)).await.is("success");
    let user = flow.payload("user");
    let passkey = &user["passkeys"][0]["id"];
    assert_eq!((&user["security_keys"][0]["id"], site.count("webauthn_credentials").await), (&key["id"], 2));
    assert_eq!(flow.payload("claims")["amr"], json!(["otp", "pwd", "passkey", "security_key"]));
    let wanted = json!({ "password": true, "passkey": passkey, "security_key": key["id"], "flow_id": flow.id });
    assert_eq!(site.audited("user_created").await[0]["details"], wanted);
}

/// An answer that proves nothing keeps the person where they can try again.
#[tokio::test]
async fn a_refused_security_key_can_be_tried_again() {
    let site = Site::start(SIGN_UP).await;
    let mut flow = sign_up(&site, Device::Passkeys).await;
    flow.act("continue_to_security_key_creation", json!({})).await.is(KEY);
    flow.act("webauthn_generate_creation_options", json!({})).await;
    let options = flow.payload("creation_options").clone();
    let foreign = Authenticator::new("https://elsewhere.example").create(&options);
    let verify = "webauthn_verify_attestation_response";
    flow.act(verify, json!({ "public_key": foreign })).await;
    flow.fails("onboarding_verify_passkey_attestation", 401, "passkey_invalid");
    flow.act("back", json!({})).await.is(KEY);
    flow.act("back", json!({})).await.is(CHOOSER);
    create_key(&mut flow).await;
    flow.is("success");
    assert_eq!(site.rows("webauthn_credentials", &["mfa_only"]).await, [json!({ "mfa_only": 1 })]);
}
