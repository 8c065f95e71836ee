//! What a call looks like (spec chapter 06, sections 6.2 and 6.5), and its signature.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{ADA, ANYWHERE, Stored, make_something_happen};
use crate::support::{
    Program, Server,
    receiver::{Call, Receiver},
};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// Whether one of the signatures is that of the secret (Standard Webhooks).
fn is_signed_with(call: &Call, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let content = format!("{}.{}.{}", call.header("webhook-id"), call.header("webhook-timestamp"), call.body);
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), content.as_bytes());
    let expected = format!("v1,{}", STANDARD.encode(signature));
    call.header("webhook-signature").split(' ').any(|signature| signature == expected)
}

/// Covers HOOK-6, HOOK-7, KEY-21.
#[tokio::test]
async fn a_call_brings_a_token_that_the_published_keys_verify() {
    let receiver = Receiver::start().await;
    let (server, clock) = Server::start_with_clock(&receiver.configured("user.create")).await;
    let user = server.user(ADA).await;
    let call = receiver.called(1).await.remove(0);
    assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", "/hook"));
    assert_eq!(call.header("content-type"), "application/json");
    let body = call.json();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["token", "event"]);
    assert_eq!(body["event"], "user.create");

    let now = sealflow::clock::Clock::now(&*clock).timestamp();
    let mut claims = call.claims(&server).await;
    let data = claims["data"].take();
    assert_eq!(data["id"], json!(user));
    assert_eq!(
        claims,
        json!({
            "sub": "hanko webhooks", "iat": now, "exp": now + 300, "aud": ["localhost"], "evt": "user.create",
            "data": null,
        })
    );
    assert_eq!(call.header("webhook-timestamp"), now.to_string());

    let token = body["token"].as_str().unwrap();
    let me = server.request("GET", "/me").bearer_auth(token).send().await.unwrap();
    assert_eq!(me.status(), 401);
    let validated = server.request("POST", "/sessions/validate").json(&json!({ "session_token": token }));
    assert_eq!(
        validated.send().await.unwrap().json::<serde_json::Value>().await.unwrap(),
        json!({ "is_valid": false })
    );
}

/// Covers HOOK-7.
#[tokio::test]
async fn the_token_has_the_audience_of_sessions() {
    let receiver = Receiver::start().await;
    let yaml = format!("{{ session: {{ audience: [a, b], issuer: me }}, {} }}", receiver.configured("user"));
    let server = Server::start(&yaml).await;
    server.user(ADA).await;
    let claims = receiver.called(1).await[0].claims(&server).await;
    assert_eq!((&claims["aud"], claims.get("iss")), (&json!(["a", "b"]), None));
}

#[tokio::test]
async fn every_configured_secret_signs() {
    let receiver = Receiver::start().await;
    let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let hook = format!("{{ callback: '{}', events: [user] }}", receiver.url());
    let yaml = format!("webhooks: {{ enabled: true, signing_secrets: ['{SECRET}', '{other}'], hooks: [{hook}] }}");
    let server = Server::start(&yaml).await;
    server.user(ADA).await;
    let call = receiver.called(1).await.remove(0);
    assert!(is_signed_with(&call, SECRET) && is_signed_with(&call, other));
    assert!(!is_signed_with(&call, "whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"));
}

#[tokio::test]
async fn without_a_configured_secret_the_command_line_tells_the_one_that_signs() {
    let receiver = Receiver::start().await;
    let server = Server::start(&receiver.configured("user")).await;
    server.user(ADA).await;
    let call = receiver.called(1).await.remove(0);
    // The secrets of all test servers are the same, and so is what is derived from them.
    let told = tokio::task::spawn_blocking(|| Program::new("").run(&["webhooks", "secret", "--config", "config.yaml"]))
        .await
        .unwrap();
    assert_eq!((told.code, told.out.lines().count()), (Some(0), 1), "{}", told.err);
    assert!(is_signed_with(&call, told.out.trim()));

    let configured = format!("webhooks: {{ signing_secrets: ['{SECRET}'] }}");
    let told = tokio::task::spawn_blocking(move || {
        Program::new(&configured).run(&["webhooks", "secret", "--config", "config.yaml"])
    })
    .await
    .unwrap();
    assert_eq!(told.out, format!("{SECRET}\n"));
    let configured = "webhooks: { signing_secrets: ['whsec_short'] }";
    let told = tokio::task::spawn_blocking(move || {
        Program::new(configured).run(&["webhooks", "secret", "--config", "config.yaml"])
    })
    .await
    .unwrap();
    assert_eq!(told.code, Some(1));
    assert!(told.err.contains("webhooks.signing_secrets[0]") && !told.err.contains("whsec_short"), "{}", told.err);
}

/// Covers HOOK-2, HOOK-3, HOOK-14.
#[tokio::test]
async fn a_hook_is_called_once_for_an_event_that_it_subscribed_to() {
    let [all, some, none] = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
    let hook = |receiver: &Receiver, events: &str| format!("{{ callback: '{}', events: [{events}] }}", receiver.url());
    let broken = "{ callback: 'http://127.0.0.1:1/', events: [user] }, { callback: '/relative', events: [user] }";
    let yaml = format!(
        "webhooks: {{ enabled: true, allow_private_addresses: true, hooks: [{broken}, {}, {}, {}] }}",
        hook(&all, "user, user.create, user.create"),
        hook(&some, "session.create"),
        hook(&none, ""),
    );
    let site = crate::support::flow::Site::start(&yaml).await;
    let user = site.user(ADA).await;
    let session = site.session(user).await;
    site.ask_as(&session, "POST", "/logout").await;
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_passcode_confirmation", json!({})).await;
    flow.confirm(ADA).await.is("success");
    assert_eq!(all.events(2).await, ["user.create", "user.login"]);
    assert_eq!(some.events(1).await, ["session.create.flow"]);
    make_something_happen(&site, &all, "grace").await;
    assert_eq!((all.calls().len(), some.calls().len(), none.calls().len()), (3, 1, 0));
}

/// Covers HOOK-4, HOOK-5, EFF-13.
#[tokio::test]
async fn hooks_of_the_file_have_a_switch_and_those_of_the_database_one_each() {
    let [file, stored, disabled] = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
    let yaml = file.configured("user").replace("enabled: true", "allow_private_addresses: true");
    let server = Server::start(&yaml).await;
    Stored::register(&server, &stored.url(), &["user"]).await;
    let hook = Stored::register(&server, &disabled.url(), &["user"]).await;
    server.execute(&format!("UPDATE webhooks SET enabled = FALSE WHERE id = '{}'", hook.id)).await;
    server.tenant().webhooks.forget();
    make_something_happen(&server, &stored, "ada").await;
    assert_eq!((stored.calls().len(), file.calls().len(), disabled.calls().len()), (1, 0, 0));
}

#[tokio::test]
async fn a_hook_that_another_process_registered_is_called_after_a_moment() {
    let receiver = Receiver::start().await;
    let (server, clock) = Server::start_with_clock(ANYWHERE).await;
    server.user(ADA).await;
    let twin = server.twin(Some(clock.clone())).await;
    Stored::register(&twin, &receiver.url(), &["user"]).await;
    server.user("early@example.org").await;
    clock.advance(chrono::TimeDelta::seconds(5));
    make_something_happen(&server, &receiver, "late").await;
    assert_eq!(receiver.calls().len(), 1);
}
