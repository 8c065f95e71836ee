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
