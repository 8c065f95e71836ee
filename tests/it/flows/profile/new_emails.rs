//! Adding addresses to an account and proving that they are one's own (spec chapter 03, sections 7.4, 7.7 and 7.27 to 7.29).

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::ADA;
use crate::support::flow::{Flow, Site};

const NEW: &str = "new@example.org";
const GRACE: &str = "grace@example.org";

fn template(site: &Site, address: &str) -> String {
    let mail = serde_json::to_value(&*site.mail_to(address)).unwrap();
    mail["template"].as_str().unwrap().to_owned()
}

/// The addresses of the newest answer in alphabetical order, with whether they are primary and verified.
fn shown<'a>(flow: &'a Flow<'_>) -> Vec<(&'a str, bool, bool)> {
    let emails = flow.payload("user")["emails"].as_array().unwrap().iter();
    let mut shown: Vec<_> = emails
        .map(|email| (text(email, "address"), email["is_primary"] == true, email["is_verified"] == true))
        .collect();
    shown.sort_unstable();
    shown
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

fn id_of(flow: &Flow<'_>, address: &str) -> Value {
    let emails = flow.payload("user")["emails"].as_array().unwrap();
    emails.iter().find(|email| email["address"] == address).unwrap()["id"].clone()
}

async fn audited(site: &Site) -> Vec<(String, Value)> {
    let entries = site.audit().await.into_iter();
    entries.map(|entry| (text(&entry, "type").to_owned(), entry["details"]["email"].clone())).collect()
}

/// Covers PROF-033, PROF-092, PROF-099, PROF-100, PROF-102, PROF-126, PROF-136, PROF-143, PROF-252, PROF-255, PROF-259.
#[tokio::test]
async fn a_new_address_is_the_persons_own_once_its_code_was_entered() {
    for told in [true, false] {
        let switch = format!("security_notifications: {{ notifications: {{ email_create: {{ enabled: {told} }} }} }}");
        let site = Site::start_over("{ service: { name: Atelier }, email: { max_length: 30 } }", &switch).await;
        let user = site.user(ADA).await;
        let session = site.session(user).await;
        let mut flow = site.profile(&session).await;
        assert_eq!(
            flow.inputs("email_create")["email"],
            json!({ "name": "email", "type": "email", "max_length": 30, "required": true })
        );
        flow.act("email_create", json!({ "email": " New@Example.ORG " })).await.is("passcode_confirmation");
        assert_eq!(
            (flow.actions(), flow.payload("passcode_resent")),
            (vec!["back", "resend_passcode", "verify_passcode"], &Value::Null)
        );
        assert_eq!((template(&site, NEW), site.count("emails").await), ("email_verification".to_owned(), 1));
        flow.confirm(NEW).await.is("profile_init");
        assert_eq!(shown(&flow), [(ADA, true, true), (NEW, false, true)]);
        let expected = |kind: &str| (kind.to_owned(), json!(NEW));
        let notified = told.then(|| ("security_notification_sent".to_owned(), Value::Null));
        let mut entries = vec![expected("email_verified")];
        entries.extend(notified);
        entries.push(expected("email_created"));
        assert_eq!(audited(&site).await, entries);
        assert_eq!(site.mails_to(ADA).len(), usize::from(told));
        for entry in site.audit().await {
            let notification = entry["type"] == "security_notification_sent";
            let mail = if notification { json!(ADA) } else { json!(null) };
            assert_eq!((&entry["actor_user_id"], &entry["actor_email"]), (&json!(user), &mail));
            if notification {
                let wanted = json!({ "template": "email_create", "email_address": ADA, "delivered_by_hanko": "true" });
                assert_eq!(entry["details"], wanted);
                let mail = site.mail_to(ADA);
                assert!(mail.mail.text.contains(NEW) && mail.mail.text.contains("Atelier"), "{}", mail.mail.text);
            }
        }
        let id = id_of(&flow, NEW);
        flow.act("email_set_primary", json!({ "email_id": id })).await.is("profile_init");
        assert_eq!(shown(&flow), [(ADA, false, true), (NEW, true, true)]);
        let claims = site.ask_as(&session, "GET", "/sessions/validate").await.json();
        assert_eq!(claims["claims"]["email"]["address"], ADA);
    }
}

/// Covers PROF-076, PROF-090, PROF-091, PROF-093, PROF-094, PROF-095.
#[tokio::test]
async fn an_address_that_cannot_be_added_is_refused() {
    let open = "{ email: { require_verification: false, limit: 2 } }";
    let hints = "{ privacy: { show_account_existence_hints: true } }";
    for yaml in [open, hints, "{}"] {
        let site = Site::start(yaml).await;
        site.user(GRACE).await;
        let mut flow = site.profile(&site.session(site.user(ADA).await).await).await;
        let mut cases =
            vec![(ADA, "email_already_exists"), ("", "value_missing_error"), ("ada", "value_invalid_error")];
        if yaml != "{}" {
            cases.push((GRACE, "email_already_exists"));
        }
        for (address, code) in cases {
            flow.act("email_create", json!({ "email": address })).await;
            flow.refuses("profile_init", "email_create", "email", code);
        }
        assert!(site.mails().is_empty());
        if yaml == open {
            flow.act("email_create", json!({ "email": NEW })).await.is("profile_init");
            assert_eq!(shown(&flow), [(ADA, true, true), (NEW, false, false)]);
            assert_eq!((template(&site, ADA), site.mails_to(NEW).len()), ("email_create".to_owned(), 0));
            let wanted =
                [("security_notification_sent".to_owned(), Value::Null), ("email_created".to_owned(), json!(NEW))];
            assert_eq!(audited(&site).await, wanted);
            assert!(!flow.offers("email_create"));
        }
    }
    let site = Site::start("email: { enabled: false }").await;
    let flow = site.profile(&site.session(site.user(ADA).await).await).await;
    assert!(!flow.offers("email_create") && !flow.offers("email_verify") && flow.offers("email_delete"));
    assert_eq!(shown(&flow), [(ADA, true, true)]);
}

/// Covers PROF-053, PROF-104, PROF-105.
#[tokio::test]
async fn the_first_address_becomes_the_primary_one() {
    for verification in [true, false] {
        let yaml = format!("{{ username: {{ enabled: true }}, email: {{ require_verification: {verification} }} }}");
        let site = Site::start(&yaml).await;
        let user = site.user_named("ada", "").await;
        let mut flow = site.profile(&site.session(user).await).await;
        assert!(flow.payload("user")["emails"].is_null());
        flow.act("email_create", json!({ "email": NEW })).await;
        if verification {
            flow.confirm(NEW).await;
        }
        flow.is("profile_init");
        assert_eq!(shown(&flow), [(NEW, true, verification)]);
        assert!(site.audited("security_notification_sent").await.is_empty());
    }
}

/// Covers PROF-096, PROF-097, PROF-098.
#[tokio::test]
async fn whoever_adds_the_address_of_another_learns_nothing_and_gets_nothing() {
    let site = Site::start("").await;
    let grace = site.user(GRACE).await;
    let user = site.user(ADA).await;
    let (session, other) = (site.session(user).await, site.session(user).await);
    let (mut free, mut taken) = (site.profile(&session).await, site.profile(&other).await);
    free.act("email_create", json!({ "email": NEW })).await;
    taken.act("email_create", json!({ "email": GRACE })).await;
    let plain = |flow: &Flow<'_>| {
        flow.body.to_string().replace(&flow.id.to_string(), "id").replace(text(&flow.body, "csrf_token"), "token")
    };
    for attempt in 0..4 {
        assert_eq!(plain(&free), plain(&taken), "{attempt}");
        for flow in [&mut free, &mut taken] {
            flow.act("verify_passcode", json!({ "code": "nocode" })).await;
        }
    }
    assert_eq!(template(&site, GRACE), "email_registration_attempted");
    assert_eq!(site.count("passcodes").await, 2);
    let mut flow = site.profile(&session).await;
    flow.act("email_create", json!({ "email": GRACE })).await.is("passcode_confirmation");
    // As if the code had been guessed.
    site.guess_codes("123456").await;
    for _ in 0..2 {
        flow.act("verify_passcode", json!({ "code": "123456" })).await;
        flow.refuses("passcode_confirmation", "verify_passcode", "code", "passcode_invalid");
    }
    flow.act("back", json!({})).await.is("profile_init");
    assert_eq!(shown(&flow), [(ADA, true, true)]);
    assert_eq!(site.rows("emails", &["address"]).await.len(), 2);
    assert!(site.audit().await.is_empty());
    assert_eq!(site.ask_as(&site.session(grace).await, "GET", "/me").await.json()["emails"][0]["address"], GRACE);
}

/// No code of a mail that shows none can be entered, and none that was sent while the address had another owner.
#[tokio::test]
async fn a_code_does_not_outlive_a_change_of_owner() {
    let site = Site::start("").await;
    let mut flow = site.profile(&site.session(site.user(ADA).await).await).await;
    flow.act("email_create", json!({ "email": NEW })).await.is("passcode_confirmation");
    let code = site.code_for(NEW);
    site.user(NEW).await;
    flow.act("verify_passcode", json!({ "code": code })).await;
    flow.refuses("passcode_confirmation", "verify_passcode", "code", "passcode_invalid");
    flow.act("back", json!({})).await.act("email_create", json!({ "email": NEW })).await.is("passcode_confirmation");
    assert_eq!(template(&site, NEW), "email_registration_attempted");
    site.execute(
        "DELETE FROM primary_emails WHERE email_id IN (SELECT id FROM emails WHERE address = 'new@example.org')",
    )
    .await;
    site.execute("DELETE FROM emails WHERE address = 'new@example.org'").await;
    flow.act("back", json!({})).await.act("email_create", json!({ "email": NEW })).await.is("passcode_confirmation");
    assert_eq!(template(&site, NEW), "email_verification");
    flow.confirm(NEW).await.is("profile_init");
    assert_eq!(shown(&flow), [(ADA, true, true), (NEW, false, true)]);
}

/// One of several people who have the codes of one address at once gets it, and nobody an error that the protocol does not
/// know.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_address_goes_to_one_account() {
    for verification in [true, false] {
        let site = Site::start(&format!("email: {{ require_verification: {verification} }}")).await;
        let mut flows = Vec::new();
        for number in 0..4 {
            let user = site.user(&format!("user{number}@example.org")).await;
            flows.push(site.profile(&site.session(user).await).await);
        }
        if verification {
            for flow in &mut flows {
                flow.act("email_create", json!({ "email": NEW })).await.is("passcode_confirmation");
            }
            site.guess_codes("123456").await;
        }
        join_all(flows.iter_mut().map(async |flow| {
            if verification {
                flow.act("verify_passcode", json!({ "code": "123456" })).await;
            } else {
                flow.act("email_create", json!({ "email": NEW })).await;
            }
        }))
        .await;
        let (got, refused): (Vec<_>, Vec<_>) = flows.iter().partition(|flow| flow.answer.status == 200);
        assert_eq!(got.len(), 1);
        for flow in refused {
            assert_eq!((flow.answer.status, text(&flow.body["error"], "code")), (400, "form_data_invalid_error"));
        }
        assert_eq!(site.count("emails").await, 5);
    }
}

/// Covers PROF-106, PROF-107, PROF-108, PROF-109.
#[tokio::test]
async fn an_address_of_the_account_is_verified() {
    let site = Site::start("").await;
    let email = |address: &str, primary| json!({ "address": address, "is_primary": primary, "is_verified": primary });
    let body = json!({ "emails": [email(ADA, true), email("b@example.org", false), email("c@example.org", false)] });
    let user = site.administer("POST", "/users", body).await.json()["id"].as_str().unwrap().parse().unwrap();
    let mut flow = site.profile(&site.session(user).await).await;
    let input = json!({ "name": "email_id", "type": "string", "required": true, "hidden": true });
    assert_eq!(flow.inputs("email_verify")["email_id"], input);
    flow.act("email_verify", json!({})).await;
    flow.refuses("profile_init", "email_verify", "email_id", "value_missing_error");
    for unknown in ["x", "018f0000-0000-7000-8000-000000000000"] {
        flow.act("email_verify", json!({ "email_id": unknown })).await.fails("profile_init", 404, "not_found");
    }
    let mut wanted = Vec::new();
    for address in ["b@example.org", ADA, "c@example.org"] {
        let id = id_of(&flow, address);
        flow.act("email_verify", json!({ "email_id": id })).await.is("passcode_confirmation");
        assert_eq!(template(&site, address), "email_verification");
        flow.confirm(address).await.is("profile_init");
        wanted.push(("email_verified".to_owned(), json!(address)));
    }
    assert_eq!(shown(&flow), [(ADA, true, true), ("b@example.org", false, true), ("c@example.org", false, true)]);
    assert!(!flow.offers("email_verify"));
    assert_eq!(audited(&site).await, wanted);
}

/// Several may have been asked for before the first code is entered.
#[tokio::test]
async fn parallel_flows_add_no_more_addresses_than_the_limit_allows() {
    let site = Site::start("email: { limit: 2 }").await;
    let session = site.session(site.user(ADA).await).await;
    let (mut first, mut second) = (site.profile(&session).await, site.profile(&session).await);
    first.act("email_create", json!({ "email": NEW })).await.is("passcode_confirmation");
    second.act("email_create", json!({ "email": GRACE })).await.is("passcode_confirmation");
    first.confirm(NEW).await.is("profile_init");
    second.confirm(GRACE).await.fails("passcode_confirmation", 403, "operation_not_permitted_error");
    second.act("back", json!({})).await.is("profile_init");
    assert_eq!(shown(&second), [(ADA, true, true), (NEW, false, true)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn addresses_at_once_are_no_more_than_the_limit_allows() {
    let site = Site::start("email: { limit: 2, require_verification: false }").await;
    let session = site.session(site.user(ADA).await).await;
    let mut flows = site.profiles(&session, 4).await;
    join_all(flows.iter_mut().enumerate().map(async |(number, flow)| {
        flow.act("email_create", json!({ "email": format!("new{number}@example.org") })).await;
    }))
    .await;
    let mut statuses: Vec<u16> = flows.iter().map(|flow| flow.answer.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses, site.count("emails").await), (vec![200, 403, 403, 403], 2));
}
