//! When which second factor is asked for (spec chapter 02, section 13.2.1).

use serde_json::json;

use super::{ADA, PASSWORD, SECOND_FACTORS, first_factor};
use crate::support::flow::{Device, Site};

const PLATFORM: &str = "mfa: { security_keys: { authenticator_attachment: platform } }";

async fn site_with(more: &str, app: bool, key: bool) -> Site {
    let site = Site::start_over(SECOND_FACTORS, more).await;
    let user = site.user_with_password(ADA, PASSWORD).await;
    if app {
        site.give_app(user).await;
    }
    if key {
        site.give_security_key(user).await;
    }
    site
}

/// Covers LR-290, LR-292, LR-293, LR-295, LR-297, LR-036.
#[tokio::test]
async fn the_account_the_device_and_the_configuration_decide() {
    let neither = (false, false);
    let (app, key, both) = ((true, false), (false, true), (true, true));
    let table = [
        ("", neither, Device::Passkeys, "success"),
        ("", app, Device::Passkeys, "login_otp"),
        ("", app, Device::Old, "login_otp"),
        ("", key, Device::Passkeys, "login_security_key"),
        ("", both, Device::Passkeys, "login_security_key"),
        ("", both, Device::Old, "login_otp"),
        (PLATFORM, both, Device::Passkeys, "login_security_key"),
        (PLATFORM, both, Device::NoPlatform, "login_otp"),
        ("", both, Device::NoPlatform, "login_security_key"),
        ("mfa: { optional: true }", app, Device::Old, "login_otp"),
        ("mfa: { optional: false }", app, Device::Old, "login_otp"),
        ("mfa: { enabled: false }", both, Device::Passkeys, "success"),
        ("mfa: { totp: { enabled: false } }", app, Device::Passkeys, "success"),
        ("mfa: { totp: { enabled: false } }", both, Device::Passkeys, "login_security_key"),
        ("mfa: { security_keys: { enabled: false } }", key, Device::Passkeys, "success"),
        ("mfa: { security_keys: { enabled: false } }", both, Device::Passkeys, "login_otp"),
    ];
    for (more, (has_app, has_key), device, state) in table {
        let site = site_with(more, has_app, has_key).await;
        first_factor(&site, device).await.is(state);
    }
}

/// Covers LR-294: the flow is over, and nobody is signed in.
#[tokio::test]
async fn a_second_factor_that_the_device_cannot_take_ends_the_flow() {
    for more in ["", "mfa: { totp: { enabled: false } }"] {
        let site = site_with(more, !more.is_empty(), true).await;
        let mut flow = first_factor(&site, Device::Old).await;
        flow.fails("error", 401, "platform_authenticator_required");
        assert_eq!(flow.body["actions"], json!({}));
        assert_eq!(flow.answer.all("set-cookie"), Vec::<&str>::new());
        assert_eq!(site.count("sessions").await, 0);
    }
}

/// Covers LR-299, CLIENT-109.
#[tokio::test]
async fn people_with_both_choose() {
    let site = site_with("", true, true).await;
    let mut flow = first_factor(&site, Device::Passkeys).await;
    for _ in 0..2 {
        flow.is("login_security_key");
        assert_eq!(flow.actions(), ["continue_to_login_otp", "webauthn_generate_request_options"]);
        flow.act("continue_to_login_otp", json!({})).await.is("login_otp");
        assert_eq!(flow.actions(), ["continue_to_login_security_key", "otp_code_validate"]);
        flow.act("back", json!({})).await.is_rejected(403, "operation_not_permitted_error");
        flow.act("continue_to_login_security_key", json!({})).await;
    }
    let tables = [
        ("", false, true, Device::Passkeys, "login_security_key", "webauthn_generate_request_options"),
        (
            "mfa: { totp: { enabled: false } }",
            true,
            true,
            Device::Passkeys,
            "login_security_key",
            "webauthn_generate_request_options",
        ),
        ("", true, false, Device::Passkeys, "login_otp", "otp_code_validate"),
        ("", true, true, Device::Old, "login_otp", "otp_code_validate"),
        ("mfa: { security_keys: { enabled: false } }", true, true, Device::Passkeys, "login_otp", "otp_code_validate"),
    ];
    for (more, app, key, device, state, only) in tables {
        let site = site_with(more, app, key).await;
        let mut flow = first_factor(&site, device).await;
        assert_eq!(flow.is(state).actions(), [only]);
    }
}

/// Covers LR-100: a passkey is two factors in one.
#[tokio::test]
async fn a_passkey_needs_no_second_factor() {
    let prompt = "{ mfa: { device_trust_policy: prompt }, passkey: { acquire_on_login: always } }";
    let site = Site::start_over(SECOND_FACTORS, prompt).await;
    let user = site.user(ADA).await;
    let authenticator = site.give_passkey(ADA).await;
    site.give_app(user).await;
    let mut flow = site.begin("login", Device::Passkeys).await;
    flow.act("webauthn_generate_request_options", json!({})).await;
    flow.use_passkey(&authenticator).await.is("success");
    assert_eq!(flow.payload("claims")["amr"], json!(["passkey"]));
    assert_eq!(flow.answer.all("set-cookie").len(), 1);
}

/// The second factor comes before everything else that follows the first.
#[tokio::test]
async fn onboarding_waits_for_the_second_factor() {
    let more = "{ username: { enabled: true, acquire_on_login: true }, passkey: { acquire_on_login: always } }";
    let site = site_with(more, false, true).await;
    first_factor(&site, Device::Passkeys).await.is("login_security_key");
    let site = site_with(more, false, false).await;
    first_factor(&site, Device::Passkeys).await.is("onboarding_username");
}
