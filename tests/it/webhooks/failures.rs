//! What becomes of hooks that fail or are not used (spec chapter 06, section 6.6).

use chrono::TimeDelta;
use sealflow::clock::Clock;

use super::{ADA, ANYWHERE, Stored, all_delivered, make_something_happen};
use crate::support::{
    Server,
    receiver::{Call, Manners, Receiver},
};

async fn users(server: &Server, names: std::ops::Range<usize>) {
    for number in names {
        server.user(&format!("user-{number}@example.org")).await;
    }
}

/// Covers HOOK-9, HOOK-10.
#[tokio::test]
async fn the_sixth_failure_in_a_row_disables_a_hook() {
    let receiver = Receiver::start().await;
    receiver.behave(Manners::Status(400));
    let server = Server::start(ANYWHERE).await;
    let hook = Stored::register(&server, &receiver.url(), &["user"]).await;
    users(&server, 0..5).await;
    let row = hook.until(|row| row.failures == 5).await;
    assert!(row.enabled);
    // Each of them was tried again, and is still one failure.
    receiver.called(20).await;
    assert_eq!(hook.row().await.failures, 5);
    users(&server, 5..6).await;
    hook.until(|row| row.failures == 6 && !row.enabled).await;
    // What is left for it is given up.
    all_delivered(&server).await;
    receiver.behave(Manners::Status(200));
    server.tenant().webhooks.forget();
    let calls = receiver.calls().len();
    users(&server, 6..7).await;
    assert_eq!((super::waiting(&server).await, receiver.calls().len()), (0, calls));
}

/// Covers HOOK-10, HOOK-32.
#[tokio::test]
async fn failures_at_the_same_time_all_count() {
    let receiver = Receiver::start().await;
    receiver.behave(Manners::Held(500));
    let server = Server::start(ANYWHERE).await;
    let hook = Stored::register(&server, &receiver.url(), &["user"]).await;
    users(&server, 0..6).await;
    receiver.called(6).await;
    assert_eq!(hook.row().await.failures, 0);
    receiver.let_go();
    hook.until(|row| row.failures == 6 && !row.enabled).await;
}

/// Covers HOOK-9, HOOK-11.
#[tokio::test]
async fn a_success_makes_up_for_failures_and_puts_off_the_expiry() {
    let receiver = Receiver::start().await;
    receiver.behave(Manners::Status(500));
    let (server, clock) = Server::start_with_clock(ANYWHERE).await;
    let hook = Stored::register(&server, &receiver.url(), &["user"]).await;
    users(&server, 0..3).await;
    hook.until(|row| row.failures == 3).await;
    receiver.behave(Manners::Status(399));
    clock.advance(TimeDelta::days(2));
    users(&server, 3..4).await;
    let row = hook.until(|row| row.failures == 0).await;
    assert!(row.enabled);
    assert_eq!(row.expires_at.0, clock.now() + TimeDelta::days(30));
}

/// Covers HOOK-12.
#[tokio::test]
async fn an_expired_hook_is_disabled_only_if_the_configuration_says_so() {
    for expires in [true, false] {
        let receiver = Receiver::start().await;
        let witness = Receiver::start().await;
        let yaml = format!("webhooks: {{ allow_private_addresses: true, allow_time_expiration: {expires} }}");
        let server = Server::start(&yaml).await;
        let past = server.tenant().clock.now() - TimeDelta::seconds(1);
        let hook = Stored::register_until(&server, &receiver.url(), &["user"], past).await;
        Stored::register(&server, &witness.url(), &["user"]).await;
        make_something_happen(&server, &witness, "ada").await;
        if expires {
            hook.until(|row| !row.enabled).await;
            all_delivered(&server).await;
            assert_eq!(receiver.calls().len(), 0);
        } else {
            receiver.called(1).await;
            assert!(hook.row().await.enabled);
        }
    }
}

#[tokio::test]
async fn what_failed_is_told_again_under_the_same_id_and_with_a_new_token() {
    let receiver = Receiver::start().await;
    receiver.behave(Manners::Status(503));
    let server = Server::start(&receiver.configured("user")).await;
    server.user(ADA).await;
    receiver.called(3).await;
    receiver.behave(Manners::Status(204));
    all_delivered(&server).await;
    let calls = receiver.calls();
    let ids: std::collections::BTreeSet<&str> = calls.iter().map(|call| call.header("webhook-id")).collect();
    assert_eq!(ids.len(), 1);
    for call in &calls {
        assert_eq!(call.claims(&server).await["evt"], "user.create");
    }
}

/// Covers HOOK-8, HOOK-14.
#[tokio::test]
async fn neither_requests_nor_other_hooks_nor_mails_wait_for_a_silent_hook() {
    let [silent, other] = [Receiver::start().await, Receiver::start().await];
    silent.behave(Manners::Held(200));
    let hook = |receiver: &Receiver| format!("{{ callback: '{}', events: [user] }}", receiver.url());
    let yaml = format!("webhooks: {{ enabled: true, hooks: [{}, {}] }}", hook(&silent), hook(&other));
    let server = Server::start(&yaml).await;
    users(&server, 0..100).await;
    make_something_happen(&server, &other, "ada").await;
    assert!(silent.calls().len() <= 10, "{}", silent.calls().len());
    silent.behave(Manners::Status(200));
    silent.let_go();
}

/// Covers HOOK-9.
#[tokio::test]
async fn a_hook_that_does_not_answer_within_ten_seconds_has_failed() {
    let receiver = Receiver::start().await;
    receiver.behave(Manners::Held(200));
    let server = Server::start(ANYWHERE).await;
    let hook = Stored::register(&server, &receiver.url(), &["user"]).await;
    let begin = tokio::time::Instant::now();
    server.user(ADA).await;
    hook.until(|row| row.failures == 1).await;
    assert!(begin.elapsed() >= std::time::Duration::from_secs(10));
    receiver.behave(Manners::Status(200));
    receiver.let_go();
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let [receiver, elsewhere] = [Receiver::start().await, Receiver::start().await];
    let server = Server::start(ANYWHERE).await;
    let hook = Stored::register(&server, &receiver.url(), &["user"]).await;
    for (number, status) in [301, 302, 303, 307, 308].into_iter().enumerate() {
        receiver.behave(Manners::Redirect(status, elsewhere.url()));
        server.user(&format!("user-{status}@example.org")).await;
        receiver.called(number + 1).await;
    }
    all_delivered(&server).await;
    assert_eq!((elsewhere.calls().len(), receiver.calls().len()), (0, 5));
    assert_eq!(hook.row().await.failures, 0);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let receiver = Receiver::start().await;
    receiver.behave(Manners::Endless);
    let server = Server::start(&receiver.configured("user")).await;
    server.user(ADA).await;
    all_delivered(&server).await;
    assert_eq!(receiver.calls().iter().map(Call::event).collect::<Vec<_>>(), ["user.create"]);
}
