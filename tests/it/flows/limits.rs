//! Limits on attempts and locks on flows, in memory and in Redis (spec chapters 01 sections 11.1 and 15, 02 section 18,
//! 06 section 8).

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    flow::{Flow, Site},
    redis::{self, somebody},
};

fn limited(store: &str, more: &str) -> String {
    format!("{{ rate_limiter: {{ enabled: true, {store} }}, {more} }}")
}

const PASSCODES: &str = "password: { enabled: false }";

async fn at_the_password<'s>(site: &'s Site, name: &str) -> Flow<'s> {
    let mut flow = site.login_as(name).await;
    if flow.state() == "login_method_chooser" {
        flow.act("continue_to_password_login", json!({})).await;
    }
    flow.is("login_password");
    flow
}

async fn guess<'a, 's>(flow: &'a mut Flow<'s>, password: &str) -> &'a mut Flow<'s> {
    flow.act("password_login", json!({ "password": password })).await
}

/// Asserts that the newest answer says that there were too many attempts, and when there can be another.
fn is_too_much(flow: &mut Flow<'_>, state: &str, member: &str) {
    flow.fails(state, 429, "rate_limit_exceeded");
    assert_eq!(flow.body["error"]["message"], "The rate limit has been exceeded.");
    let payload = flow.body["payload"].as_object().unwrap();
    assert_eq!(payload.keys().collect::<Vec<_>>(), [member]);
    assert!(payload[member].as_u64().is_some_and(|seconds| (50..=60).contains(&seconds)), "{payload:?}");
    assert_eq!(flow.answer.header("retry-after"), None);
}

/// Covers LR-115, LR-116, RATE-2, RATE-11, PROTO-181, PROTO-186, PROTO-187.
#[tokio::test]
async fn the_sixth_password_in_a_minute_is_refused_in_whatever_flow() {
    for store in redis::stores() {
        let site = Site::start(&limited(&store, "")).await;
        let ada = somebody();
        site.user_with_password(&ada, "correct horse").await;
        let mut flow = at_the_password(&site, &ada).await;
        guess(&mut flow, "").await.refuses("login_password", "password_login", "password", "value_missing_error");
        for _ in 0..4 {
            guess(&mut flow, "wrong horse").await;
            flow.refuses("login_password", "password_login", "password", "value_invalid_error");
        }
        let mut other = at_the_password(&site, &ada.to_uppercase()).await;
        guess(&mut other, "wrong horse").await;
        other.refuses("login_password", "password_login", "password", "value_invalid_error");
        for flow in [&mut flow, &mut other] {
            guess(flow, "correct horse").await;
            is_too_much(flow, "login_password", "retry_after");
            assert_eq!(flow.inputs("password_login")["password"].get("error"), None);
        }
        assert_eq!(site.count("sessions").await, 0);
        assert_eq!(site.audited("login_failure").await.len(), 5);
    }
}

/// Covers RATE-3, RATE-8, PROTO-189, LR-117.
#[tokio::test]
async fn every_name_has_its_own_password_attempts() {
    for store in redis::stores() {
        let more = "username: { enabled: true, acquire_on_login: false }";
        let site = Site::start(&limited(&store, more)).await;
        let ada = somebody();
        let name = ada[..20].to_owned();
        let user = site.user_named(&name, &ada).await;
        site.set_password(user, "correct horse").await;
        for _ in 0..5 {
            guess(&mut at_the_password(&site, &ada).await, "correct horse").await.is("success");
        }
        let mut flow = at_the_password(&site, &ada).await;
        guess(&mut flow, "correct horse").await;
        is_too_much(&mut flow, "login_password", "retry_after");
        guess(&mut at_the_password(&site, &name).await, "correct horse").await.is("success");
        // Nobody's names are counted like everybody's.
        let mut nobody = at_the_password(&site, &somebody()).await;
        for _ in 0..5 {
            guess(&mut nobody, "correct horse").await;
            nobody.refuses("login_password", "password_login", "password", "value_invalid_error");
        }
        guess(&mut nobody, "correct horse").await;
        is_too_much(&mut nobody, "login_password", "retry_after");
    }
}

/// Asks from another address than the rest of the test.
async fn guess_from(flow: &mut Flow<'_>, ip: &str) -> (u16, Value) {
    let request = flow.request("password_login", json!({ "password": "wrong horse" }));
    let (status, body) = flow.overhear(request.header("x-forwarded-for", ip)).await;
    flow.catch_up(body.clone());
    (status, body)
}

/// Covers RATE-3, RATE-14, PROTO-189, LR-117.
#[tokio::test]
async fn every_client_has_its_own_attempts_if_its_address_is_believed() {
    let proxied = "server: { ip: { extractor: x_forwarded_for, trusted_proxies: [127.0.0.0/8] } }";
    for (more, believed) in [(proxied, true), ("", false)] {
        let site = Site::start(&limited("password_limits: { tokens: 1 }", more)).await;
        let ada = somebody();
        site.user_with_password(&ada, "correct horse").await;
        let mut flow = at_the_password(&site, &ada).await;
        let mut statuses = Vec::new();
        for ip in ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2"] {
            statuses.push(guess_from(&mut flow, ip).await.0);
        }
        assert_eq!(statuses, if believed { [400, 429, 400, 429] } else { [400, 429, 429, 429] });
    }
}

/// Covers RATE-9, LR-408.
#[tokio::test]
async fn after_the_interval_all_attempts_are_there_again() {
    let (site, clock) = Site::start_with_clock(&limited("store: in_memory", "")).await;
    site.user_with_password("ada@example.org", "correct horse").await;
    let mut flow = at_the_password(&site, "ada@example.org").await;
    for _ in 0..2 {
        for _ in 0..5 {
            assert_eq!(guess(&mut flow, "wrong horse").await.answer.status, 400);
        }
        clock.advance(TimeDelta::milliseconds(18_500));
        assert_eq!(guess(&mut flow, "correct horse").await.answer.status, 429);
        assert_eq!(flow.payload("retry_after"), 41);
        clock.advance(TimeDelta::milliseconds(41_500));
    }
    guess(&mut flow, "correct horse").await.is("success");
}

/// Covers RATE-1, LR-407, PROTO-188.
#[tokio::test]
async fn without_the_limiter_nothing_is_refused() {
    let site =
        Site::start("rate_limiter: { enabled: false, password_limits: { tokens: 1 }, passcode_limits: { tokens: 1 } }");
    let site = site.await;
    site.user_with_password("ada@example.org", "correct horse").await;
    let mut flow = at_the_password(&site, "ada@example.org").await;
    for _ in 0..8 {
        assert_eq!(guess(&mut flow, "wrong horse").await.answer.status, 400);
    }
    flow.act("continue_to_passcode_confirmation_recovery", json!({})).await.is("passcode_confirmation");
    for _ in 0..8 {
        flow.act("resend_passcode", json!({})).await.is("passcode_confirmation");
    }
}

/// Covers RATE-6, RATE-10, PROTO-184, LR-154, LR-156, LR-157.
#[tokio::test]
async fn a_mail_costs_one_attempt_and_the_fourth_is_not_sent() {
    for store in redis::stores() {
        let site = Site::start(&limited(&store, PASSCODES)).await;
        let ada = somebody();
        site.user(&ada).await;
        let mut flow = site.login_as(&ada).await;
        flow.is("passcode_confirmation");
        for _ in 0..2 {
            flow.act("resend_passcode", json!({})).await.is("passcode_confirmation");
            assert_eq!(flow.body["payload"], json!({}));
        }
        assert_eq!(site.mails_to(&ada).len(), 3);
        for _ in 0..2 {
            flow.act("resend_passcode", json!({})).await;
            is_too_much(&mut flow, "passcode_confirmation", "resend_after");
        }
        assert_eq!(site.mails_to(&ada).len(), 3);
        let grace = somebody();
        site.login_as(&grace).await.is("passcode_confirmation");
        // The refusal took nothing away: the last code still works.
        flow.confirm(&ada).await.is("success");
    }
}

/// Covers RATE-7, PROTO-185, LR-155.
#[tokio::test]
async fn new_flows_buy_no_more_mails() {
    for store in redis::stores() {
        let site = Site::start(&limited(&store, PASSCODES)).await;
        let ada = somebody();
        site.user(&ada).await;
        for _ in 0..3 {
            site.login_as(&ada).await.is("passcode_confirmation");
        }
        let mut flow = site.login_as(&ada).await;
        is_too_much(&mut flow, "passcode_confirmation", "resend_after");
        assert_eq!(site.mails_to(&ada).len(), 3);
        assert_eq!(flow.actions(), ["back", "resend_passcode", "verify_passcode"]);
        // The codes that were sent belong to other flows.
        flow.confirm(&ada).await.refuses("passcode_confirmation", "verify_passcode", "code", "passcode_invalid");
        flow.act("back", json!({})).await.is("login_init");
    }
}

/// Neither new flows nor addresses of one's own buy new guesses, and right codes cost none.
#[tokio::test]
async fn guesses_of_codes_are_few_for_an_address_whoever_makes_them() {
    let proxied = "server: { ip: { extractor: x_forwarded_for, trusted_proxies: [127.0.0.0/8] } }";
    for store in redis::stores() {
        let yaml = limited(
            &format!("{store}, guess_limits: {{ tokens: 4, interval: 1m }}"),
            &format!("{PASSCODES}, {proxied}"),
        );
        let site = Site::start(&yaml).await;
        let ada = somebody();
        site.user(&ada).await;
        site.login_as(&ada).await.confirm(&ada).await.is("success");
        let mut statuses = Vec::new();
        for mut flow in [site.login_as(&ada).await, site.login_as(&ada).await] {
            for _ in 0..3 {
                let request = flow.request("verify_passcode", json!({ "code": "nonsense" }));
                let ip = format!("192.0.2.{}", statuses.len());
                let (status, body) = flow.overhear(request.header("x-forwarded-for", &ip)).await;
                flow.catch_up(body);
                statuses.push(status);
            }
            if statuses.len() == 6 {
                flow.confirm(&ada).await;
                is_too_much(&mut flow, "passcode_confirmation", "retry_after");
            }
        }
        assert_eq!(statuses, [400, 400, 401, 400, 429, 429]);
        let grace = somebody();
        site.login_as(&grace).await.is("passcode_confirmation");
    }
}

#[tokio::test]
async fn a_code_does_not_prove_an_address_whose_mail_was_refused() {
    let site = Site::start(&limited("passcode_limits: { tokens: 1 }", PASSCODES)).await;
    for address in ["ada@example.org", "mallory@example.org"] {
        site.user(address).await;
    }
    site.login_as("ada@example.org").await.is("passcode_confirmation");
    let mut flow = site.login_as("mallory@example.org").await;
    flow.is("passcode_confirmation").act("back", json!({})).await.is("login_init");
    flow.identify("ada@example.org").await;
    is_too_much(&mut flow, "passcode_confirmation", "resend_after");
    flow.confirm("mallory@example.org").await;
    flow.refuses("passcode_confirmation", "verify_passcode", "code", "passcode_invalid");
}

/// Covers RATE-13.
#[tokio::test]
async fn servers_share_attempts_in_redis() {
    let Some(address) = redis::address() else { return };
    let yaml = limited(&format!("store: redis, redis_config: {{ address: '{address}' }}"), PASSCODES);
    let (one, other) = (Site::start(&yaml).await, Site::start(&yaml).await);
    let ada = somebody();
    one.login_as(&ada).await.is("passcode_confirmation");
    other.login_as(&ada).await.is("passcode_confirmation");
    one.login_as(&ada).await.is("passcode_confirmation");
    let mut flow = other.login_as(&ada).await;
    is_too_much(&mut flow, "passcode_confirmation", "resend_after");
}

/// A Redis server that does not answer costs the limited actions, soon and with a clear error, and nothing else.
#[tokio::test]
async fn without_redis_limited_actions_fail() {
    let gone = "store: redis, redis_config: { address: '127.0.0.1:1' }";
    let site = Site::start(&limited(gone, "")).await;
    site.user_with_password("ada@example.org", "correct horse").await;
    let mut flow = at_the_password(&site, "ada@example.org").await;
    let asked = Instant::now();
    guess(&mut flow, "correct horse").await.is_rejected(500, "technical_error");
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());

    let site = Site::start(&format!("flow_locker: {{ {gone} }}")).await;
    let mut flow = site.init("login").await;
    flow.act("register_client_capabilities", json!({})).await.is_rejected(500, "technical_error");
}

/// Covers LOCK-1, LOCK-2, LOCK-3, PROTO-110, PROTO-112.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_request_at_a_time_works_on_a_flow() {
    for store in redis::stores() {
        let site = Site::start(&format!("flow_locker: {{ {store} }}")).await;
        let ada = somebody();
        site.user_with_password(&ada, "correct horse").await;
        let flow = at_the_password(&site, &ada).await;
        let requests =
            (0..8).map(|_| flow.overhear(flow.request("password_login", json!({ "password": "correct horse" }))));
        let answers = join_all(requests).await;
        assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "{answers:#?}");
        assert!(answers.iter().all(|(status, _)| [200, 403, 500].contains(status)), "{answers:#?}");
        // The lock is free as soon as there is an answer, whatever the answer is.
        let mut other = at_the_password(&site, &ada).await;
        for _ in 0..20 {
            assert_eq!(guess(&mut other, "wrong horse").await.answer.status, 400);
        }
        guess(&mut other, "correct horse").await.is("success");
    }
}

/// Asks Redis as another server would.
async fn ask_redis(address: &str, command: &[&str]) -> Option<String> {
    use deadpool_redis::redis::{Client, Cmd};
    let client = Client::open(format!("redis://{address}")).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut asked = Cmd::new();
    asked.arg(command);
    asked.query_async(&mut connection).await.unwrap()
}

/// Covers LOCK-4, PROTO-117, PROTO-119.
#[tokio::test]
async fn servers_exclude_each_other_through_redis() {
    let Some(address) = redis::address() else { return };
    let site = Site::start(&format!("flow_locker: {{ store: redis, redis_config: {{ address: '{address}' }} }}")).await;
    let mut flow = site.init("login").await;
    let key = key_of(flow.id);
    ask_redis(&address, &["SET", &key, "another", "PX", "60000"]).await;
    flow.act("register_client_capabilities", json!({})).await.is_rejected(500, "technical_error");
    assert_eq!(ask_redis(&address, &["GET", &key]).await.as_deref(), Some("another"));
    ask_redis(&address, &["SET", &key, "another", "PX", "1"]).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    flow.act("register_client_capabilities", json!({})).await.is("login_init");
    assert_eq!(ask_redis(&address, &["GET", &key]).await, None);

    // A lock that expires while its holder is at work is no reason to take back what was done.
    let yaml = format!("flow_locker: {{ store: redis, redis_config: {{ address: '{address}' }}, ttl: 1ms }}");
    let site = Site::start(&format!("{{ {yaml}, password: {{ hashing: {{ memory_kib: 8192, passes: 4 }} }} }}")).await;
    let ada = somebody();
    site.user_with_password(&ada, "correct horse").await;
    guess(&mut at_the_password(&site, &ada).await, "correct horse").await.is("success");
}

fn key_of(flow: Uuid) -> String {
    format!("flow:lock:{flow}")
}
