//! Deleting one's account (spec chapter 03, section 7.2).

use serde_json::json;

use super::ADA;
use crate::support::flow::Site;

/// Covers PROF-037, PROF-082, PROF-083, PROF-084, PROF-085, PROF-086, PROF-087, PROF-089.
#[tokio::test]
async fn an_account_is_deleted_with_everything_in_it() {
    let site = Site::start("session: { cookie: { name: sid, domain: example.org } }").await;
    let session = site.session(site.user(ADA).await).await;
    let mut flow = site.profile(&session).await;
    assert!(!flow.offers("account_delete"));
    flow.act("account_delete", json!({})).await.is_rejected(403, "operation_not_permitted_error");
    assert_eq!(flow.answer.header("set-cookie"), None);

    let yaml = "{ account: { allow_deletion: true }, session: { cookie: { name: sid, domain: example.org } } }";
    let site = Site::start(yaml).await;
    let user = site.user_named("ada", ADA).await;
    site.set_password(user, "correct horse").await;
    site.add_credential("abc", false).await;
    let session = site.session(user).await;
    let other = site.session(user).await;
    let mut flow = site.profile(&session).await;
    flow.act("account_delete", json!({})).await.is("account_deleted");
    assert_eq!((&flow.body["payload"], &flow.body["actions"]), (&json!({}), &json!({})));
    let removal = flow.answer.header("set-cookie").unwrap();
    assert!(removal.starts_with("sid=; Path=/; Domain=example.org; Max-Age=0"), "{removal}");
    for table in
        ["users", "emails", "primary_emails", "usernames", "password_credentials", "webauthn_credentials", "sessions"]
    {
        assert_eq!(site.count(table).await, 0, "{table}");
    }
    let audited = site.audited("user_deleted").await;
    assert_eq!(audited.len(), 1);
    assert_eq!((&audited[0]["actor_user_id"], &audited[0]["details"]), (&json!(user), &json!({ "flow_id": flow.id })));
    flow.act("account_delete", json!({})).await.is_rejected(401, "unauthorized");
    assert_eq!(site.ask_as(&other, "POST", "/profile").await.status, 401);
}

/// All tables with rows that belong to an account, and those with rows that belong to these.
const TABLES: [&str; 17] = [
    "users",
    "emails",
    "primary_emails",
    "usernames",
    "user_metadata",
    "password_credentials",
    "passcodes",
    "tokens",
    "webauthn_credentials",
    "webauthn_credential_transports",
    "webauthn_credential_user_handles",
    "webauthn_session_data",
    "webauthn_session_data_allowed_credentials",
    "otp_secrets",
    "identities",
    "trusted_devices",
    "sessions",
];

/// Covers PROF-083.
#[tokio::test]
async fn nothing_of_an_account_stays_behind() {
    let site = Site::start("{ account: { allow_deletion: true }, mfa: { enabled: false } }").await;
    let user = site.user_named("ada", ADA).await;
    site.set_password(user, "correct horse").await;
    site.add_credential("abc", false).await;
    let columns = "id, tenant_id, created_at, updated_at";
    let id = "'018f0000-0000-7000-8000-000000000001', tenant_id, created_at, updated_at";
    let mine = |table: &str, names: &str, values: &str| {
        format!("INSERT INTO {table} ({columns}, user_id, {names}) SELECT {id}, id, {values} FROM users")
    };
    for statement in [
        mine("otp_secrets", "secret", "'A'"),
        mine("user_metadata", "unsafe_metadata", "'{}'"),
        mine("trusted_devices", "device_token, expires_at", "'t', created_at"),
        mine("webauthn_credential_user_handles", "handle", "'h'"),
        mine("identities", "provider_user_id, provider_id, data", "'1', 'github', '{}'"),
        mine("passcodes", "ttl, code, try_count", "300, 'c', 0"),
        mine("tokens", "value, expires_at", "'v', created_at"),
        mine("webauthn_session_data", "challenge, user_verification, operation", "'c', 'preferred', 'registration'"),
        format!(
            "INSERT INTO webauthn_session_data_allowed_credentials \
             ({columns}, credential_id, webauthn_session_data_id) \
             SELECT {id}, 'abc', '018f0000-0000-7000-8000-000000000001' FROM users"
        ),
        "INSERT INTO webauthn_credential_transports (id, name, webauthn_credential_id, tenant_id) \
         SELECT 't', 'usb', 'abc', tenant_id FROM users"
            .to_owned(),
    ] {
        site.execute(&statement).await;
    }
    let mut flow = site.profile(&site.session(user).await).await;
    flow.act("patch_metadata", json!({ "patch_metadata": { "a": 1 } })).await.is("profile_init");
    for table in TABLES {
        assert_ne!(site.count(table).await, 0, "{table}");
    }
    flow.act("account_delete", json!({})).await.is("account_deleted");
    for table in TABLES {
        assert_eq!(site.count(table).await, 0, "{table}");
    }
}
