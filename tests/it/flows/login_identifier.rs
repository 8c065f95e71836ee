//! Who is signing in, and what that leads to (spec chapter 02, sections 7.3 and 7.5).

use serde_json::json;

use crate::support::{
    authenticator::Authenticator,
    flow::{Device, ORIGIN, Site},
};

const ONLY_ACTUAL: &str = "privacy: { only_show_actual_login_methods: true }";

/// Covers LR-046, LR-050, LR-051, LR-052, LR-053, LR-054, LR-080.
#[tokio::test]
async fn the_identifier_leads_to_what_the_configuration_allows() {
    let both = "username: { enabled: true, acquire_on_login: false }";
    let only_passcode = "{ password: { enabled: false }, username: { enabled: true } }";
    let only_password = "{ email: { use_for_authentication: false }, username: { enabled: true } }";
    let table = [
        (both, "ada@example.org", "login_method_chooser"),
        (both, "nobody@example.org", "login_method_chooser"),
        (both, "ada", "login_method_chooser"),
        (both, "ADA", "login_method_chooser"),
        (both, "grace", "login_password"),
        (only_passcode, "ada@example.org", "passcode_confirmation"),
        (only_passcode, "nobody@example.org", "passcode_confirmation"),
        (only_passcode, "ada", "passcode_confirmation"),
        (only_password, "ada@example.org", "login_password"),
        (only_password, "nobody@example.org", "login_password"),
        (only_password, "grace", "login_password"),
    ];
    for (yaml, identifier, state) in table {
        let site = Site::start(yaml).await;
        site.user_named("ada", "ada@example.org").await;
        site.user_named("grace", "").await;
        let mut flow = site.login_as(identifier).await;
        flow.is(state);
        if state == "login_method_chooser" {
            assert_eq!(flow.actions(), ["back", "continue_to_passcode_confirmation", "continue_to_password_login"]);
        }
        let sent = site.mails().len();
        assert_eq!(sent, usize::from(state == "passcode_confirmation"), "{yaml}: {identifier}");
    }
}

/// Covers LR-047, LR-048, LR-049.
#[tokio::test]
async fn unknown_names_are_told_only_where_hints_are_wanted() {
    for hints in [false, true] {
        let yaml = format!("{{ privacy: {{ show_account_existence_hints: {hints} }}, username: {{ enabled: true }} }}");
        let site = Site::start(&yaml).await;
        let action = "continue_with_login_identifier";
        let mut flow = site.login_as("nobody").await;
        flow.refuses("login_init", action, "identifier", "unknown_username_error");
        let audited = site.audited("login_failure").await;
        assert_eq!(audited.len(), 1);
        assert_eq!(audited[0]["details"]["flow_id"], json!(flow.id));
        assert!(audited[0]["actor_user_id"].is_null() && audited[0]["error"].is_string(), "{audited:?}");

        flow.identify("nobody@example.org").await;
        if hints {
            flow.refuses("login_init", action, "identifier", "unknown_email_error");
        } else {
            flow.is("login_method_chooser");
        }
        assert_eq!(site.audited("login_failure").await.len(), if hints { 2 } else { 1 });
    }
}

/// Covers LR-058, LR-059, LR-060, LR-081, LR-082, LR-083.
#[tokio::test]
async fn only_actual_methods_are_shown_where_that_is_wanted() {
    let yaml = "{ privacy: { only_show_actual_login_methods: true }, username: { enabled: true }, \
                 passkey: { acquire_on_login: never } }";
    let site = Site::start(yaml).await;
    site.user_named("only_mail", "only_mail@example.org").await;
    site.login_as("only_mail").await.is("passcode_confirmation");
    let user = site.user_named("only_password", "").await;
    site.set_password(user, "correct horse").await;
    site.login_as("only_password").await.is("login_password");

    site.user_with_password("both@example.org", "correct horse").await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.identify("both@example.org").await.is("login_method_chooser");
    assert_eq!(flow.actions(), ["back", "continue_to_passcode_confirmation", "continue_to_password_login"]);
}

/// Covers LR-058, LR-062, LR-081, LR-082.
#[tokio::test]
async fn only_actual_methods_include_passkeys() {
    let yaml = format!("{{ {ONLY_ACTUAL}, password: {{ acquire_on_login: never }}, username: {{ enabled: true }} }}");
    let site = Site::start(&yaml).await;
    site.user_named("ada", "ada@example.org").await;
    site.give_passkey("ada@example.org").await;
    site.add_credential("a-second-factor", true).await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.identify("ada").await.is("login_method_chooser");
    assert_eq!(flow.actions(), ["back", "continue_to_passcode_confirmation", "webauthn_generate_request_options"]);

    flow.act("webauthn_generate_request_options", json!({})).await.is("login_passkey");
    let allowed = &flow.payload("request_options")["publicKey"]["allowCredentials"];
    assert_eq!(allowed.as_array().unwrap().len(), 1);
    assert_eq!(allowed[0]["transports"], json!(["internal"]));
}

/// Covers LR-061.
#[tokio::test]
async fn a_passkey_alone_is_asked_for_at_once() {
    let yaml = format!(
        "{{ {ONLY_ACTUAL}, password: {{ acquire_on_registration: never }}, \
         email: {{ require_verification: false, use_for_authentication: false }} }}"
    );
    let site = Site::start(&yaml).await;
    let mut authenticator = Authenticator::new(ORIGIN);
    let mut flow = site.begin("registration", Device::Passkeys).await;
    flow.act("register_login_identifier", json!({ "email": "ada@example.org" })).await.is("onboarding_create_passkey");
    flow.create_passkey(&mut authenticator).await.is("success");

    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.identify("ada@example.org").await.is("login_passkey");
    let allowed = &flow.payload("request_options")["publicKey"]["allowCredentials"];
    assert_eq!(allowed.as_array().unwrap().len(), 1);
    flow.use_passkey(&authenticator).await.is("success");
}

/// Covers LR-063.
#[tokio::test]
async fn an_unknown_address_is_no_failure_where_only_actual_methods_are_shown() {
    let site = Site::start(ONLY_ACTUAL).await;
    let mut flow = site.login_as("nobody@example.org").await;
    flow.is("passcode_confirmation");
    let site =
        Site::start("privacy: { only_show_actual_login_methods: true, show_account_existence_hints: true }").await;
    let mut flow = site.login_as("nobody@example.org").await;
    flow.refuses("login_init", "continue_with_login_identifier", "email", "unknown_email_error");
}

/// Covers LR-019.
#[tokio::test]
async fn inputs_that_were_not_asked_for_are_ignored() {
    let site = Site::start("").await;
    site.user_named("ada", "ada@example.org").await;
    let mut flow = site.login().await;
    let inputs = json!({ "identifier": "ada", "username": "ada", "email": "grace@example.org" });
    flow.act("continue_with_login_identifier", inputs).await.is("login_method_chooser");
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    assert_eq!(site.mails().len(), 1);
    assert_eq!(site.mails_to("grace@example.org").len(), 1);
}
