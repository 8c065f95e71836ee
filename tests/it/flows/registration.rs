//! Signing up (spec chapter 02, section 14).

use serde_json::{Value, json};

use crate::support::{
    authenticator::Authenticator,
    flow::{Device, ORIGIN, Site, code_in},
};

const ADA: &str = "ada@example.org";
const ACTION: &str = "register_login_identifier";

/// Covers LR-347, LR-349, LR-350, LR-351, LR-356, LR-359, LR-370, PROTO-130, PROTO-191.
#[tokio::test]
async fn an_account_is_made_of_what_was_given() {
    let site = Site::start("username: { enabled: true }").await;
    let mut authenticator = Authenticator::new(ORIGIN);
    let mut flow = site.begin("registration", Device::Passkeys).await;
    flow.act(ACTION, json!({ "email": ADA, "username": "Ada" })).await.is("passcode_confirmation");
    assert_eq!(serde_json::to_value(&*site.mail_to(ADA)).unwrap()["template"], "email_verification");
    flow.confirm(ADA).await.is("password_creation");
    flow.act("register_password", json!({ "new_password": "correct horse" })).await.is("onboarding_create_passkey");
    flow.act("webauthn_generate_creation_options", json!({})).await.is("onboarding_verify_passkey_attestation");
    let handle = flow.payload("creation_options")["publicKey"]["user"]["id"].as_str().unwrap().to_owned();
    for table in ["users", "emails", "usernames", "password_credentials", "webauthn_credentials", "sessions"] {
        assert_eq!(site.count(table).await, 0, "{table}");
    }
    let credential = authenticator.create(flow.payload("creation_options"));
    flow.act("webauthn_verify_attestation_response", json!({ "public_key": credential })).await.is("success");

    let user = flow.payload("user").clone();
    let id = uuid::Uuid::parse_str(user["id"].as_str().unwrap()).unwrap();
    assert_eq!(handle, base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, id.as_bytes()));
    let email = &user["emails"][0];
    assert_eq!(
        (&email["address"], &email["is_verified"], &email["is_primary"]),
        (&json!(ADA), &json!(true), &json!(true))
    );
    assert_eq!((&user["username"]["username"], &user["passkeys"][0]["id"]), (&json!("ada"), &credential["id"]));
    assert_eq!(flow.payload("claims")["amr"], json!(["otp", "pwd", "passkey"]));
    assert_eq!(flow.payload("claims")["username"], "ada");
    assert_eq!((flow.body["payload"].get("last_login"), &flow.body["actions"]), (None, &json!({})));
    for table in ["users", "emails", "usernames", "password_credentials", "webauthn_credentials", "sessions"] {
        assert_eq!(site.count(table).await, 1, "{table}");
    }
    let audit = site.audit().await;
    let kinds: Vec<&Value> = audit.iter().map(|entry| &entry["type"]).collect();
    assert_eq!(kinds, ["user_created"]);
    assert_eq!((&audit[0]["actor_user_id"], &audit[0]["actor_email"]), (&json!(id), &json!(ADA)));
    assert_eq!(
        audit[0]["details"],
        json!({ "password": true, "passkey": credential["id"], "username": "ada", "flow_id": flow.id })
    );
}

/// Covers LR-034, LR-340, LR-341, PROTO-11.
#[tokio::test]
async fn signing_up_can_be_closed() {
    for yaml in [
        "account: { allow_signup: false }",
        "{ email: { acquire_on_registration: false }, username: { enabled: true, acquire_on_registration: false } }",
        "email: { enabled: false }",
    ] {
        let site = Site::start(yaml).await;
        let mut flow = site.registration().await;
        flow.is("registration_init");
        assert_eq!(flow.actions(), Vec::<&str>::new());
        flow.act(ACTION, json!({ "email": ADA })).await.is_rejected(403, "operation_not_permitted_error");
    }
}

/// Covers LR-343, PROTO-62.
#[tokio::test]
async fn one_name_at_least_is_given() {
    let site = Site::start("{ username: { enabled: true, optional: true }, email: { optional: true } }").await;
    let mut flow = site.registration().await;
    for inputs in [json!({}), json!({ "email": "", "username": " " })] {
        flow.act(ACTION, inputs).await;
        for input in ["email", "username"] {
            flow.refuses("registration_init", ACTION, input, "value_invalid_error");
            assert!(flow.inputs(ACTION)[input]["error"]["cause"].is_string());
        }
    }
    flow.act(ACTION, json!({ "username": "ada" })).await.is("password_creation");
}

/// Covers LR-344.
#[tokio::test]
async fn a_username_is_valid_and_free() {
    let site = Site::start("username: { enabled: true }").await;
    site.user_named("ada", "").await;
    let mut flow = site.registration().await;
    for (username, code) in [
        ("ADA", "username_already_exists"),
        ("ada lovelace", "invalid_username_error"),
        ("ada-lovelace", "invalid_username_error"),
        ("ädä_", "invalid_username_error"),
        ("ad", "value_too_short_error"),
    ] {
        flow.act(ACTION, json!({ "email": ADA, "username": username })).await;
        flow.refuses("registration_init", ACTION, "username", code);
    }
    assert_eq!(site.mails().len(), 0);
}

/// Covers LR-152, LR-345, LR-346.
#[tokio::test]
async fn an_address_that_is_taken_is_told_only_where_that_is_safe() {
    for yaml in ["email: { require_verification: false }", "privacy: { show_account_existence_hints: true }"] {
        let site = Site::start(yaml).await;
        site.user(ADA).await;
        let mut flow = site.registration().await;
        flow.act(ACTION, json!({ "email": "Ada@example.org" })).await;
        flow.refuses("registration_init", ACTION, "email", "email_already_exists");
    }
    let site = Site::start("").await;
    site.user(ADA).await;
    let mut flow = site.registration().await;
    flow.act(ACTION, json!({ "email": ADA })).await.is("passcode_confirmation");
    let mail = site.mail_to(ADA);
    assert_eq!(serde_json::to_value(&*mail).unwrap()["template"], "email_registration_attempted");
    assert_eq!(code_in(&mail), None);
    for _ in 0..2 {
        flow.act("verify_passcode", json!({ "code": "000000" })).await;
        flow.refuses("passcode_confirmation", "verify_passcode", "code", "passcode_invalid");
    }
    flow.act("verify_passcode", json!({ "code": "000000" })).await;
    flow.fails("passcode_confirmation", 401, "passcode_max_attempts_reached");
    assert_eq!((site.count("users").await, site.audited("login_failure").await.len()), (1, 0));
}

/// Covers LR-348, LR-360.
#[tokio::test]
async fn without_verification_the_address_is_taken_as_it_is() {
    let site = Site::start("email: { require_verification: false }").await;
    let mut flow = site.registration().await;
    flow.act(ACTION, json!({ "email": "typo@example.org" })).await.is("password_creation");
    flow.act("back", json!({})).await.is("registration_init");
    flow.act(ACTION, json!({ "email": ADA })).await.is("password_creation");
    flow.act("register_password", json!({ "new_password": "correct horse" })).await.is("success");
    let emails = &flow.payload("user")["emails"];
    assert_eq!(emails.as_array().unwrap().len(), 1);
    assert_eq!(
        (&emails[0]["address"], &emails[0]["is_verified"], &emails[0]["is_primary"]),
        (&json!(ADA), &json!(false), &json!(true))
    );
    assert_eq!(flow.payload("claims")["amr"], json!(["pwd"]));
}

/// Covers LR-355.
#[tokio::test]
async fn who_comes_second_leaves_nothing_behind() {
    let site = Site::start("{ username: { enabled: true }, email: { require_verification: false } }").await;
    let (mut first, mut second) = (site.registration().await, site.registration().await);
    first.act(ACTION, json!({ "email": ADA, "username": "ada" })).await.is("password_creation");
    second.act(ACTION, json!({ "email": "other@example.org", "username": "ada" })).await.is("password_creation");
    first.act("register_password", json!({ "new_password": "correct horse" })).await.is("success");
    second.act("register_password", json!({ "new_password": "battery staple" })).await;
    assert!(second.answer.status >= 400, "{:#}", second.body);
    for table in ["users", "emails", "usernames", "password_credentials", "sessions"] {
        assert_eq!(site.count(table).await, 1, "{table}");
    }
    assert_eq!(second.answer.header("set-cookie"), None);
    assert_eq!(site.audited("user_created").await.len(), 1);
}

/// Covers LR-019, LR-342.
#[tokio::test]
async fn names_that_were_not_asked_for_are_ignored() {
    let site =
        Site::start("{ username: { enabled: true, optional: false }, email: { acquire_on_registration: false } }")
            .await;
    let mut flow = site.registration().await;
    flow.act(ACTION, json!({ "username": "ada", "email": ADA })).await.is("password_creation");
    flow.act("register_password", json!({ "new_password": "correct horse" })).await.is("success");
    assert_eq!((site.count("emails").await, site.mails().len()), (0, 0));
}
