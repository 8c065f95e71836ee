//! Passwords (spec chapter 02, section 7.6).

use serde_json::json;

use crate::support::flow::{Device, Site};

const ADA: &str = "ada@example.org";

/// Covers LR-110.
#[tokio::test]
async fn the_right_password_signs_in() {
    let site = Site::start("username: { enabled: true, acquire_on_login: false }").await;
    let user = site.user_named("ada", ADA).await;
    site.set_password(user, "correct horse").await;
    let grace = site.user_named("grace", "").await;
    site.set_password(grace, "battery staple").await;
    for (identifier, password, user) in
        [(ADA, "correct horse", user), ("ada", "correct horse", user), ("grace", "battery staple", grace)]
    {
        let mut flow = site.login_as(identifier).await;
        if flow.state() == "login_method_chooser" {
            flow.act("continue_to_password_login", json!({})).await;
        }
        flow.is("login_password");
        flow.act("password_login", json!({ "password": password })).await;
        if identifier == "grace" {
            // Every account should have an address.
            flow.is("onboarding_email");
            continue;
        }
        flow.is("success");
        assert_eq!(flow.payload("user")["id"], json!(user));
        assert_eq!(flow.payload("claims")["amr"], json!(["pwd"]));
        assert_eq!(flow.payload("last_login"), &json!({ "login_method": "password" }));
    }
}

/// Covers LR-111, LR-112, LR-114, PROTO-140.
#[tokio::test]
async fn a_wrong_password_does_not_say_why() {
    let site = Site::start("").await;
    let user = site.user_with_password(ADA, "correct horse").await;
    let without = site.user("without@example.org").await;
    let mut answers = Vec::new();
    for (address, actor) in [(ADA, Some(user)), ("without@example.org", Some(without)), ("nobody@example.org", None)] {
        let before = site.audited("login_failure").await.len();
        let mut flow = site.login_as(address).await;
        flow.act("continue_to_password_login", json!({})).await.is("login_password");
        flow.act("password_login", json!({ "password": "" })).await;
        flow.refuses("login_password", "password_login", "password", "value_missing_error");
        flow.act("password_login", json!({ "password": "wrong horse" })).await;
        flow.refuses("login_password", "password_login", "password", "value_invalid_error");
        let mut body = flow.body.clone();
        body["csrf_token"].take();
        answers.push(body.to_string().replace(&flow.id.to_string(), "id"));
        let audited = site.audited("login_failure").await;
        assert_eq!(audited.len() - before, usize::from(actor.is_some()), "{address}");
        if let Some(actor) = actor {
            let last = audited.last().unwrap();
            assert_eq!(last["actor_user_id"], json!(actor));
            assert_eq!(last["details"], json!({ "login_method": "password", "flow_id": flow.id }));
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
}

/// Covers LR-121.
#[tokio::test]
async fn recovery_needs_an_address() {
    let yaml = "{ username: { enabled: true }, password: { recovery: true } }";
    let site = Site::start(yaml).await;
    site.user_named("ada", ADA).await;
    site.user_named("grace", "").await;
    for (identifier, offered) in [(ADA, true), ("nobody@example.org", true), ("ada", true), ("grace", false)] {
        let mut flow = site.login_as(identifier).await;
        if flow.state() == "login_method_chooser" {
            flow.act("continue_to_password_login", json!({})).await;
        }
        flow.is("login_password");
        assert_eq!(flow.offers("continue_to_passcode_confirmation_recovery"), offered, "{identifier}");
    }
    let site = Site::start("password: { recovery: false }").await;
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_password_login", json!({})).await.is("login_password");
    assert_eq!(flow.actions(), ["back", "password_login"]);
}

/// A hash of `correct horse` as Firebase makes it.
const FIREBASE: &str = "$fbscrypt$v=1,n=10,r=8,p=1,ss=AQ==,sk=AAcOFRwjKjE4P0ZNVFtiaXB3foWMk5qhqK+2vcTL0tng5+71/AMKERgf\
    Ji00O0JJUFdeZWxzeoGIj5adpKuyuQ==$AAECAwQFBgcICQoLDA0ODw==$7+Mnd+5Il2pUERVafxF8xOSUVbQz9Dz6PzlEBBb/53Jw7gm6Mw8808fX\
    w19AZMBkLV+/Eshb+ZQQuB7k5UwNJg==";

async fn store_hash(site: &Site, hash: &str) {
    site.execute(&format!("UPDATE password_credentials SET password = '{hash}'")).await;
}

/// Covers LR-118, LR-119.
#[tokio::test]
async fn hashes_of_other_systems_are_accepted() {
    let site = Site::start("").await;
    site.user_with_password(ADA, "something else").await;
    for hash in
        [bcrypt::hash("correct horse", 4).unwrap(), bcrypt::hash("correct horse", 10).unwrap(), FIREBASE.to_owned()]
    {
        store_hash(&site, &hash).await;
        for _ in 0..2 {
            let mut flow = site.login_as(ADA).await;
            flow.act("continue_to_password_login", json!({})).await;
            flow.act("password_login", json!({ "password": "wrong horse" })).await.reaches(400);
            flow.act("password_login", json!({ "password": "correct horse" })).await.is("success");
        }
    }
}

/// Covers LR-120, PROTO-168.
#[tokio::test]
async fn a_hash_that_is_none_is_the_servers_fault() {
    let site = Site::start("").await;
    site.user_with_password(ADA, "something else").await;
    store_hash(&site, "$fbscrypt$v=2").await;
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_password_login", json!({})).await;
    flow.act("password_login", json!({ "password": "correct horse" })).await.is_rejected(500, "technical_error");
    store_hash(&site, FIREBASE).await;
    flow.act("password_login", json!({ "password": "correct horse" })).await.is("success");
}

/// The person is not told that a password was set that is none.
#[tokio::test]
async fn a_password_that_was_set_meanwhile_stays() {
    let site = Site::start("password: { acquire_on_login: always }").await;
    let user = site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    flow.confirm(ADA).await.is("password_creation");
    site.set_password(user, "another horse").await;
    for _ in 0..2 {
        flow.act("register_password", json!({ "new_password": "correct horse" })).await;
        flow.is_rejected(403, "operation_not_permitted_error");
    }
    site.first_factor(ADA, "another horse", Device::Old).await.is("success");
}
