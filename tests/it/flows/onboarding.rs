//! Credentials that the configuration asks for (spec chapter 02, sections 9, 13.2.3 and 14.2).

use serde_json::json;

use crate::support::{
    authenticator::Authenticator,
    flow::{Device, Flow, ORIGIN, Site},
};

const ADA: &str = "ada@example.org";
const PASSWORD: &str = "correct horse";
const CHOOSER: &str = "credential_onboarding_chooser";
const PASSKEY: &str = "onboarding_create_passkey";
const CREATION: &str = "password_creation";

/// The states between signing in and success, for whoever gives what is asked for. In the chooser a passkey is chosen.
async fn walk(flow: &mut Flow<'_>) -> Vec<String> {
    let mut states = Vec::new();
    let mut authenticator = Authenticator::new(ORIGIN);
    while flow.state() != "success" {
        assert!(states.len() < 5, "{states:?}");
        states.push(flow.state().to_owned());
        match flow.state() {
            CHOOSER => flow.act("continue_to_passkey_registration", json!({})).await,
            PASSKEY => flow.create_passkey(&mut authenticator).await,
            CREATION => flow.act("register_password", json!({ "new_password": PASSWORD })).await,
            other => panic!("{other}: {:#}", flow.body),
        }
        .reaches(200);
    }
    states
}

/// What the tables of sections 13.2.3 and 14.2 say for somebody without credentials, by passkey and password setting.
fn for_nobody(passkey: &str, password: &str) -> &'static [&'static str] {
    match (passkey, password) {
        ("always", "always") => &[PASSKEY, CREATION],
        ("always", _) => &[PASSKEY],
        (_, "always") => &[CREATION],
        ("conditional", "conditional") => &[CHOOSER, PASSKEY],
        ("conditional", "never") => &[PASSKEY],
        ("never", "conditional") => &[CREATION],
        _ => &[],
    }
}

const SETTINGS: [&str; 3] = ["always", "conditional", "never"];

/// What an account has of its own.
#[derive(Clone, Copy, Debug)]
struct Has {
    passkey: bool,
    password: bool,
}

/// A user who has something of their own, and signs in by code.
async fn sign_in<'s>(site: &'s Site, has: Has, device: Device) -> Flow<'s> {
    let user = site.user(ADA).await;
    if has.password {
        site.set_password(user, PASSWORD).await;
    }
    if has.passkey {
        site.add_credential("a-passkey", false).await;
    }
    let mut flow = site.begin("login", device).await;
    flow.identify(ADA).await.is("login_method_chooser");
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    flow.confirm(ADA).await;
    flow
}

async fn login_table(has: Has, expected: impl Fn(&str, &str) -> Vec<&'static str>) {
    for passkey in SETTINGS {
        for password in SETTINGS {
            let yaml = format!(
                "{{ passkey: {{ acquire_on_login: {passkey} }}, password: {{ acquire_on_login: {password}, optional: true }} }}"
            );
            let site = Site::start(&yaml).await;
            let mut flow = sign_in(&site, has, Device::Passkeys).await;
            let states = walk(&mut flow).await;
            assert_eq!(states, expected(passkey, password), "passkey {passkey}, password {password}, {has:?}");
            let passwords = usize::from(has.password) + usize::from(states.contains(&CREATION.to_owned()));
            assert_eq!(site.count("password_credentials").await, passwords);
        }
    }
}

/// Covers LR-220, LR-237.
#[tokio::test]
async fn login_asks_those_who_have_nothing() {
    login_table(Has { passkey: false, password: false }, |passkey, password| for_nobody(passkey, password).to_vec())
        .await;
}

/// Covers LR-221.
#[tokio::test]
async fn login_asks_those_who_have_a_password() {
    login_table(Has { passkey: false, password: true }, |passkey, _| match passkey {
        "always" => vec![PASSKEY],
        _ => vec![],
    })
    .await;
}

/// Covers LR-222.
#[tokio::test]
async fn login_asks_those_who_have_a_passkey() {
    login_table(Has { passkey: true, password: false }, |_, password| match password {
        "always" => vec![CREATION],
        _ => vec![],
    })
    .await;
}

/// Covers LR-223.
#[tokio::test]
async fn login_asks_nothing_of_those_who_have_both() {
    login_table(Has { passkey: true, password: true }, |_, _| vec![]).await;
}

/// Covers LR-225, LR-226, LR-353.
#[tokio::test]
async fn registration_asks_for_what_is_configured() {
    for passkey in SETTINGS {
        for password in SETTINGS {
            let yaml = format!(
                "{{ email: {{ require_verification: false }}, password: {{ acquire_on_registration: {password}, \
                 optional: true }}, passkey: {{ acquire_on_registration: {passkey} }} }}"
            );
            let site = Site::start(&yaml).await;
            let mut flow = site.begin("registration", Device::Passkeys).await;
            flow.act("register_login_identifier", json!({ "email": ADA })).await.reaches(200);
            let states = walk(&mut flow).await;
            assert_eq!(states, for_nobody(passkey, password), "passkey {passkey}, password {password}");
            assert_eq!(site.count("users").await, 1);
        }
    }
}

/// Covers LR-224, LR-035.
#[tokio::test]
async fn devices_without_passkeys_are_asked_for_passwords_only() {
    for passkey in SETTINGS {
        for password in SETTINGS {
            let yaml = format!(
                "{{ passkey: {{ acquire_on_login: {passkey}, acquire_on_registration: {passkey} }}, \
                 password: {{ acquire_on_login: {password}, acquire_on_registration: {password} }}, \
                 email: {{ require_verification: false }} }}"
            );
            let site = Site::start(&yaml).await;
            let expected: &[&str] = if password == "never" { &[] } else { &[CREATION] };
            let mut flow = sign_in(&site, Has { passkey: false, password: false }, Device::Old).await;
            assert_eq!(walk(&mut flow).await, expected, "passkey {passkey}, password {password}");
            let mut flow = site.registration().await;
            flow.act("register_login_identifier", json!({ "email": "new@example.org" })).await.reaches(200);
            assert_eq!(walk(&mut flow).await, expected, "passkey {passkey}, password {password}");
        }
    }
}

/// Covers LR-226.
#[tokio::test]
async fn what_must_be_there_is_asked_for_first() {
    for password_optional in [false, true] {
        for passkey_optional in [false, true] {
            let yaml = format!(
                "{{ passkey: {{ acquire_on_login: always, optional: {passkey_optional} }}, \
                 password: {{ acquire_on_login: always, optional: {password_optional} }}, \
                 email: {{ require_verification: false }} }}"
            );
            let site = Site::start(&yaml).await;
            let expected =
                if !password_optional && passkey_optional { [CREATION, PASSKEY] } else { [PASSKEY, CREATION] };
            let mut flow = sign_in(&site, Has { passkey: false, password: false }, Device::Passkeys).await;
            assert_eq!(walk(&mut flow).await, expected);
            let mut flow = site.begin("registration", Device::Passkeys).await;
            flow.act("register_login_identifier", json!({ "email": "new@example.org" })).await;
            assert_eq!(walk(&mut flow).await, expected);
        }
    }
}

fn both_conditional(more: &str) -> String {
    format!(
        "{{ passkey: {{ acquire_on_registration: conditional, acquire_on_login: conditional, optional: true }}, \
         password: {{ acquire_on_registration: conditional, acquire_on_login: conditional, optional: true }}, \
         username: {{ enabled: true, acquire_on_login: false }}, \
         email: {{ require_verification: false, optional: true, acquire_on_login: false {more} }} }}"
    )
}

/// Covers LR-227, LR-228, LR-230.
#[tokio::test]
async fn the_choice_may_be_skipped_by_whoever_can_still_sign_in() {
    for (more, names, may_skip) in [
        ("", json!({ "email": ADA }), true),
        ("", json!({ "username": "ada" }), false),
        (", use_for_authentication: false", json!({ "email": ADA, "username": "ada" }), false),
    ] {
        let site = Site::start(&both_conditional(more)).await;
        let mut flow = site.begin("registration", Device::Passkeys).await;
        flow.act("register_login_identifier", names.clone()).await.is(CHOOSER);
        let actions = flow.actions();
        assert_eq!(flow.offers("skip"), may_skip, "{more} {names}");
        assert!(actions.contains(&"continue_to_passkey_registration"));
        assert!(actions.contains(&"continue_to_password_registration"));
        flow.act("continue_to_passkey_registration", json!({})).await.is(PASSKEY);
        assert_eq!(flow.actions(), ["back", "webauthn_generate_creation_options"]);
        flow.act("back", json!({})).await.is(CHOOSER);
        flow.act("continue_to_password_registration", json!({})).await.is(CREATION);
        assert_eq!(flow.actions(), ["back", "register_password"]);
        if may_skip {
            flow.act("back", json!({})).await.is(CHOOSER);
            flow.act("skip", json!({})).await.is("success");
            assert_eq!(site.count("password_credentials").await, 0);
        }
    }
}

/// Covers LR-229, LR-231.
#[tokio::test]
async fn what_is_mandatory_cannot_be_skipped() {
    let acquire = |kind: &str| format!("acquire_on_registration: {kind}, acquire_on_login: {kind}, optional: false");
    let chooser = format!(
        "{{ passkey: {{ {} }}, password: {{ {} }}, email: {{ require_verification: false }} }}",
        acquire("conditional"),
        acquire("conditional")
    );
    let site = Site::start(&chooser).await;
    let mut flow = site.begin("registration", Device::Passkeys).await;
    flow.act("register_login_identifier", json!({ "email": "new@example.org" })).await.is(CHOOSER);
    assert!(!flow.offers("skip"));
    let mut flow = sign_in(&site, Has { passkey: false, password: false }, Device::Passkeys).await;
    flow.is(CHOOSER);
    assert!(!flow.offers("skip"));

    for (passkey, password, state) in [("always", "never", PASSKEY), ("never", "always", CREATION)] {
        let yaml = format!(
            "{{ passkey: {{ {} }}, password: {{ {} }}, email: {{ require_verification: false }} }}",
            acquire(passkey),
            acquire(password)
        );
        let site = Site::start(&yaml).await;
        let mut flow = site.begin("registration", Device::Passkeys).await;
        flow.act("register_login_identifier", json!({ "email": "new@example.org" })).await.is(state);
        assert!(!flow.offers("skip"));
        let mut flow = sign_in(&site, Has { passkey: false, password: false }, Device::Passkeys).await;
        flow.is(state);
        assert!(!flow.offers("skip"));
        flow.act("skip", json!({})).await.is_rejected(403, "operation_not_permitted_error");
    }
}

fn optional_both(passkey: &str, password: &str, more: &str) -> String {
    format!(
        "{{ passkey: {{ acquire_on_registration: {passkey}, optional: true }}, \
         password: {{ acquire_on_registration: {password}, optional: true }}, \
         username: {{ enabled: true }}, email: {{ require_verification: false, optional: true {more} }} }}"
    )
}

/// Covers LR-232, LR-233, LR-234, PROTO-149.
#[tokio::test]
async fn whoever_skips_one_is_asked_for_the_other() {
    for (passkey, password, first, second) in
        [("always", "conditional", PASSKEY, CREATION), ("conditional", "always", CREATION, PASSKEY)]
    {
        for (names, may_skip) in [(json!({ "email": ADA }), true), (json!({ "username": "ada" }), false)] {
            let site = Site::start(&optional_both(passkey, password, "")).await;
            let mut flow = site.begin("registration", Device::Passkeys).await;
            flow.act("register_login_identifier", names).await.is(first);
            assert!(flow.offers("skip"));
            flow.act("skip", json!({})).await.is(second);
            assert_eq!(flow.offers("skip"), may_skip);
            if second == CREATION {
                // A mistake changes nothing about that.
                flow.act("register_password", json!({ "new_password": "short" })).await.reaches(400);
                assert_eq!(flow.offers("skip"), may_skip);
            }
            flow.act("back", json!({})).await.is(first);
            flow.act("skip", json!({})).await.is(second);
            if may_skip {
                flow.act("skip", json!({})).await.is("success");
            } else {
                let asked = walk(&mut flow).await;
                assert_eq!(asked, [second]);
            }
        }
    }
}

/// Nobody ends without any way to sign in.
#[tokio::test]
async fn the_last_credential_cannot_be_skipped() {
    let table = [
        ("never", "always", "", json!({ "username": "ada" }), CREATION, false),
        ("always", "never", "", json!({ "username": "ada" }), PASSKEY, false),
        ("always", "never", "", json!({ "email": ADA }), PASSKEY, true),
        ("always", "never", ", use_for_authentication: false", json!({ "email": ADA }), PASSKEY, false),
        ("always", "never", ", use_as_login_identifier: false", json!({ "email": ADA }), PASSKEY, false),
    ];
    for (passkey, password, more, names, state, may_skip) in table {
        let site = Site::start(&optional_both(passkey, password, more)).await;
        let mut flow = site.begin("registration", Device::Passkeys).await;
        flow.act("register_login_identifier", names.clone()).await.is(state);
        assert_eq!(flow.offers("skip"), may_skip, "{passkey} {password} {more} {names}");
    }
    let only_passkeys = "{ password: { enabled: false }, username: { enabled: true }, passkey: { optional: true }, \
                          email: { optional: true, require_verification: false } }";
    let site = Site::start(only_passkeys).await;
    let mut flow = site.begin("registration", Device::Passkeys).await;
    flow.act("register_login_identifier", json!({ "username": "ada" })).await.is(PASSKEY);
    assert!(!flow.offers("skip"));
}

/// Covers LR-238, LR-239, LR-240, LR-241, LR-243, LR-384.
#[tokio::test]
async fn a_passkey_is_stored_when_it_is_verified() {
    let site = Site::start("username: { enabled: true }").await;
    let user = site.user_named("ada", ADA).await;
    let authenticator = &mut Authenticator::new(ORIGIN);
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.identify("ada").await;
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    flow.confirm(ADA).await.is(PASSKEY);
    flow.act("webauthn_generate_creation_options", json!({})).await.is("onboarding_verify_passkey_attestation");
    let options = &flow.payload("creation_options")["publicKey"];
    assert_eq!((&options["user"]["name"], &options["user"]["displayName"]), (&json!(ADA), &json!("ada")));
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "preferred");
    assert_eq!(options["attestation"], "direct");
    assert_eq!(options["pubKeyCredParams"].as_array().unwrap().len(), 10);
    let credential = authenticator.create(flow.payload("creation_options"));
    flow.act("webauthn_verify_attestation_response", json!({ "public_key": credential })).await.is("success");
    let passkey = &flow.payload("user")["passkeys"][0];
    assert_eq!((&passkey["mfa_only"], &passkey["transports"]), (&json!(false), &json!(["internal"])));
    let audited = site.audited("passkey_created").await;
    assert_eq!(audited.len(), 1);
    assert_eq!(audited[0]["actor_user_id"], json!(user));
    assert_eq!(audited[0]["details"], json!({ "passkey": credential["id"], "flow_id": flow.id }));
    assert_eq!(site.mails().len(), 1);
}

/// Covers LR-239.
#[tokio::test]
async fn passkeys_that_are_there_are_not_created_again() {
    let site = Site::start("password: { acquire_on_login: never }").await;
    let mut flow = site.begin("registration", Device::Passkeys).await;
    flow.act("register_login_identifier", json!({ "email": ADA })).await;
    flow.confirm(ADA).await.is(CREATION);
    flow.act("register_password", json!({ "new_password": PASSWORD })).await.is(PASSKEY);
    flow.act("webauthn_generate_creation_options", json!({})).await;
    assert_eq!(flow.payload("creation_options")["publicKey"].get("excludeCredentials"), None);

    let site = Site::start("").await;
    site.user(ADA).await;
    site.give_passkey(ADA).await;
    site.execute("UPDATE webauthn_credentials SET mfa_only = 1").await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.identify(ADA).await;
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    flow.confirm(ADA).await.is(PASSKEY);
    flow.act("webauthn_generate_creation_options", json!({})).await;
    let excluded = &flow.payload("creation_options")["publicKey"]["excludeCredentials"];
    assert_eq!(excluded.as_array().unwrap().len(), 1);
}

/// Covers LR-244, LR-245, LR-248.
#[tokio::test]
async fn an_attestation_that_is_none_does_not_lead_on() {
    let site = Site::start("").await;
    site.user(ADA).await;
    let mut authenticator = Authenticator::new(ORIGIN);
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.identify(ADA).await;
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    flow.confirm(ADA).await.is(PASSKEY);
    for what in 0..7 {
        flow.act("webauthn_generate_creation_options", json!({})).await.is("onboarding_verify_passkey_attestation");
        let mut options = flow.payload("creation_options").clone();
        options["publicKey"]["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        let inputs = match what {
            0 => json!({ "public_key": authenticator.create(&options) }),
            1 => json!({ "public_key": {} }),
            2 => json!({ "public_key": "text" }),
            3 => json!({ "public_key": [] }),
            4 => json!({ "public_key": null }),
            5 => json!({ "public_key": { "id": "a", "type": 1 } }),
            _ => json!({}),
        };
        flow.act("webauthn_verify_attestation_response", inputs).await;
        flow.fails("onboarding_verify_passkey_attestation", 401, "passkey_invalid");
        flow.act("back", json!({})).await.is(PASSKEY);
    }
    assert_eq!((site.count("webauthn_credentials").await, site.count("sessions").await), (0, 0));
    flow.create_passkey(&mut authenticator).await.is("success");
}

/// Covers LR-236, PROTO-212.
#[tokio::test]
async fn passwords_are_neither_too_short_nor_too_long() {
    let site = Site::start("email: { require_verification: false }").await;
    let mut flow = site.registration().await;
    flow.act("register_login_identifier", json!({ "email": ADA })).await.is(CREATION);
    let (long, longer) = ("a".repeat(72), "a".repeat(73));
    let table = [
        ("", "value_missing_error"),
        ("1234567", "value_too_short_error"),
        ("äöüäöüä", "value_too_short_error"),
        (longer.as_str(), "value_too_long_error"),
    ];
    for (password, code) in table {
        flow.act("register_password", json!({ "new_password": password })).await;
        flow.refuses(CREATION, "register_password", "new_password", code);
        assert_eq!(flow.inputs("register_password")["new_password"].get("max_length"), None);
    }
    flow.act("register_password", json!({ "new_password": long })).await.is("success");
}
