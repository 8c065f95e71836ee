//! Several people want the same name or address at once: one gets it, the others are told that it is taken, and nothing of
//! what they did is half done.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::flow::{Flow, Site};

const PEOPLE: usize = 4;
const WANTED: &str = "wanted@example.org";

/// All take the action at once, and all but one are told this about the input.
async fn one_wins(flows: &mut [Flow<'_>], action: &str, input: &str, value: &str, error: &str) {
    join_all(flows.iter_mut().map(async |flow| {
        let state = flow.state().to_owned();
        flow.act(action, json!({ input: value })).await;
        if flow.answer.status != 200 {
            flow.refuses(&state, action, input, error);
        }
    }))
    .await;
    assert_eq!(winners(flows), 1);
}

fn winners(flows: &[Flow<'_>]) -> usize {
    flows.iter().filter(|flow| flow.answer.status == 200).count()
}

/// The profiles of people with an address and a username each.
async fn profiles<'s>(site: &'s Site, name: impl Fn(usize) -> String) -> Vec<Flow<'s>> {
    let mut flows = Vec::new();
    for index in 0..PEOPLE {
        let (name, address) = (name(index), format!("user{index}@example.org"));
        let user = if name.is_empty() { site.user(&address).await } else { site.user_named(&name, &address).await };
        flows.push(site.profile(&site.session(user).await).await);
    }
    flows
}

async fn usernames(site: &Site) -> Vec<Value> {
    site.rows("usernames", &["username"]).await.into_iter().map(|mut row| row["username"].take()).collect()
}

const USERNAMES: &str = "username: { enabled: true }";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_who_choose_a_username_one_has_it() {
    let site = Site::start(&format!("{{ {USERNAMES} }}")).await;
    let mut flows = profiles(&site, |_| String::new()).await;
    one_wins(&mut flows, "username_create", "username", "ada", "username_already_exists").await;
    assert_eq!(usernames(&site).await, ["ada"]);
    assert_eq!(site.audited("username_changed").await.len(), 1);
    // The others are where they were, and choose another.
    for (index, flow) in flows.iter_mut().enumerate().filter(|(_, flow)| flow.answer.status != 200) {
        flow.act("username_create", json!({ "username": format!("user{index}") })).await.is("profile_init");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_who_change_their_username_one_has_the_new_one() {
    let site = Site::start(&format!("{{ {USERNAMES} }}")).await;
    let mut flows = profiles(&site, |index| format!("user{index}")).await;
    one_wins(&mut flows, "username_update", "username", "ada", "username_already_exists").await;
    let names = usernames(&site).await;
    assert_eq!(names.iter().filter(|name| *name == "ada").count(), 1, "{names:?}");
    assert_eq!((names.len(), site.audited("username_changed").await.len()), (PEOPLE, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_who_choose_a_username_while_they_sign_in_one_has_it() {
    let asked = "username: { enabled: true, acquire_on_login: true }, passkey: { acquire_on_login: never }";
    let site = Site::start(&format!("{{ password: {{ enabled: false }}, {asked} }}")).await;
    let mut flows = Vec::new();
    for index in 0..PEOPLE {
        let address = format!("user{index}@example.org");
        site.user(&address).await;
        let mut flow = site.login_as(&address).await;
        flow.confirm(&address).await.is("onboarding_username");
        flows.push(flow);
    }
    one_wins(&mut flows, "username_create", "username", "ada", "username_already_exists").await;
    assert_eq!(usernames(&site).await, ["ada"]);
}

/// The same person in several flows.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_person_who_chooses_several_usernames_has_one() {
    let site = Site::start(&format!("{{ {USERNAMES} }}")).await;
    let session = site.session(site.user("ada@example.org").await).await;
    let mut flows = site.profiles(&session, PEOPLE).await;
    join_all(flows.iter_mut().enumerate().map(async |(index, flow)| {
        flow.act("username_create", json!({ "username": format!("user{index}") })).await;
        if flow.answer.status != 200 {
            flow.is_rejected(403, "operation_not_permitted_error");
        }
    }))
    .await;
    assert_eq!((winners(&flows), site.count("usernames").await), (1, 1));
}

/// Whoever signs up reserves nothing: who is last is told only when the account would be made.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_who_sign_up_with_a_name_one_has_an_account() {
    let names = "username: { enabled: true, optional: false, acquire_on_registration: true }";
    for (yaml, input, value, state) in [
        ("email: { require_verification: false }".to_owned(), "email", WANTED, "password_creation"),
        (format!("{{ email: {{ enabled: false }}, {names} }}"), "username", "ada", "password_creation"),
    ] {
        let site = Site::start(&yaml).await;
        let mut flows = Vec::new();
        for _ in 0..PEOPLE {
            let mut flow = site.registration().await;
            flow.act("register_login_identifier", json!({ input: value })).await.is(state);
            flows.push(flow);
        }
        join_all(flows.iter_mut().map(async |flow| {
            flow.act("register_password", json!({ "new_password": "correct horse" })).await;
            if flow.answer.status != 200 {
                flow.is_rejected(403, "operation_not_permitted_error");
            }
        }))
        .await;
        assert_eq!(winners(&flows), 1);
        for table in ["users", "password_credentials", "sessions"] {
            assert_eq!(site.count(table).await, 1, "{table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_who_give_an_address_while_they_sign_in_one_has_it() {
    let asked = "email: { require_verification: false, acquire_on_login: true }, passkey: { acquire_on_login: never }";
    let site = Site::start(&format!("{{ {USERNAMES}, {asked} }}")).await;
    let mut flows = Vec::new();
    for index in 0..PEOPLE {
        let name = format!("user{index}");
        let user = site.user_named(&name, "").await;
        site.set_password(user, "correct horse").await;
        let mut flow = site.login_as(&name).await;
        flow.act("password_login", json!({ "password": "correct horse" })).await.is("onboarding_email");
        flows.push(flow);
    }
    one_wins(&mut flows, "email_address_set", "email", WANTED, "email_already_exists").await;
    assert_eq!((site.count("emails").await, site.count("primary_emails").await), (1, 1));
}
