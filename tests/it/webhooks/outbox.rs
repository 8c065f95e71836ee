//! Nothing is told that did not happen, and nothing that happened is lost or told by two servers.

use chrono::TimeDelta;
use serde_json::json;

use super::{ADA, ANYWHERE, Stored, all_delivered, make_something_happen, waiting};
use crate::support::{
    Server,
    flow::Site,
    graphs,
    receiver::{Manners, Receiver},
};

/// Covers HOOK-31, PROTO-172.
#[tokio::test]
async fn a_step_that_is_rolled_back_tells_nothing() {
    let folder = tempfile::tempdir().unwrap();
    graphs::shipped(folder.path());
    // The last effect of a login fails: it is for flows that require a session.
    graphs::change(&folder.path().join("login.yaml"), "- announce_login\n", "- announce_login\n      - bind_account\n");
    let receiver = Receiver::start().await;
    let flows = json!({ "directory": folder.path() });
    let yaml = format!("{{ flows: {flows}, {} }}", receiver.configured("user, session, email.send"));
    let site = Site::start(&yaml).await;
    site.user(ADA).await;
    let mut flow = site.login_as(ADA).await;
    flow.act("continue_to_passcode_confirmation", json!({})).await.is("passcode_confirmation");
    flow.confirm(ADA).await.is_rejected(500, "technical_error");
    receiver.called(2).await;
    make_something_happen(&site, &receiver, "grace").await;
    assert_eq!(receiver.events(3).await, ["user.create", "email.send", "user.create"]);
    assert_eq!(site.count("sessions").await, 0);
}

#[tokio::test]
async fn a_server_tells_what_another_one_has_left_behind() {
    let receiver = Receiver::start().await;
    receiver.behave(Manners::Held(200));
    let (server, clock) = Server::start_with_clock(&receiver.configured("user")).await;
    let user = server.user(ADA).await;
    receiver.called(1).await;
    // What it was told is cut off in the middle, as by a crash.
    tokio::time::timeout(std::time::Duration::from_millis(10), server.running.app.stop()).await.unwrap_err();
    assert_eq!(waiting(&server).await, 1);
    receiver.behave(Manners::Status(200));
    clock.advance(TimeDelta::minutes(1));
    let twin = server.twin(Some(clock)).await;
    all_delivered(&twin).await;
    let calls = receiver.calls();
    let last = calls.last().unwrap();
    assert_eq!(last.header("webhook-id"), calls[0].header("webhook-id"));
    assert_eq!(last.data(&twin).await["id"], json!(user));
}

#[tokio::test]
async fn two_servers_tell_once() {
    let receiver = Receiver::start().await;
    receiver.behave(Manners::Status(500));
    let server = Server::start(ANYWHERE).await;
    let twin = server.twin(None).await;
    let hook = Stored::register(&server, &receiver.url(), &["user"]).await;
    twin.tenant().webhooks.forget();
    // Five failures at most, or the hook would be disabled.
    for number in 0..5 {
        let maker = if number % 2 == 0 { &server } else { &twin };
        maker.user(&format!("user-{number}@example.org")).await;
    }
    hook.until(|row| row.failures == 5).await;
    receiver.behave(Manners::Status(200));
    let failed = receiver.calls().len();
    all_delivered(&server).await;
    let calls = receiver.calls();
    let mut ids: Vec<&str> = calls.iter().skip(failed).map(|call| call.header("webhook-id")).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "one was told twice");
}

#[tokio::test]
async fn what_waits_is_sealed() {
    let receiver = Receiver::start().await;
    receiver.behave(Manners::Held(200));
    let site = Site::start(&receiver.configured("user")).await;
    site.user(ADA).await;
    receiver.called(1).await;
    let row = site.rows("sealflow_outbox", &["kind", "payload"]).await.remove(0);
    assert_eq!(row["kind"], "webhook");
    let payload = row["payload"].as_str().unwrap();
    assert!(!payload.contains("ada") && !payload.contains("user.create") && !payload.contains(&receiver.url()));
}
