//! Several requests at once: the lock, and the version behind it.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Barrier;

use crate::engine::{
    Graphs,
    testing::{Checkout, Till, walk::graphs},
};

const CHECKOUT: &str = "
    flow: checkout
    start: [cart]
    states:
      cart:
        actions:
          hold: { outcomes: { confirmed: payment } }
          confirm: { outcomes: { confirmed: payment } }
          crash: { outcomes: { confirmed: payment } }
      payment:
        payload: [advice]
        actions:
          pay: { outcomes: { paid: done, on_account: done } }
      done: {}
      error: {}";

/// Covers PROTO-107, PROTO-108, PROTO-114: without a lock the version decides.
#[tokio::test]
async fn of_two_steps_at_once_exactly_one_commits() {
    let shop = Checkout::built(Graphs::new(graphs(&[CHECKOUT])), true, false);
    let mut walk = shop.start().await;
    let gate = Arc::new(Barrier::new(2));
    let at_the_gate = |till: &mut Till| till.gate = Some(Arc::clone(&gate));
    let (first, second) = tokio::join!(
        shop.request("checkout", walk.request("hold", json!({})), at_the_gate),
        shop.request("checkout", walk.request("hold", json!({})), at_the_gate),
    );
    let (winner, loser) = if first.state() == "payment" { (first, second) } else { (second, first) };
    assert_eq!(winner.place(), ("payment".into(), 200));
    loser.assert_rejected(500, "technical_error");
    assert_eq!(walk.row().version, 1);
    assert_eq!(shop.ledger.entries(), ["held"]);
    walk.csrf_token = winner.response["csrf_token"].as_str().unwrap().into();
    assert_eq!(walk.take("pay", json!({"card": "good"})).await.place(), ("done".into(), 200));
}

#[tokio::test]
async fn a_step_that_another_request_was_in_the_way_of_is_taken_again() {
    let shop = Checkout::built(Graphs::new(graphs(&[CHECKOUT])), true, false);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    let before = walk.row();
    walk.take_with("pay", json!({"card": "good"}), |till| till.in_the_way = 3).await;
    walk.answer.assert_rejected(403, "operation_not_permitted_error");
    assert_eq!((walk.row(), shop.ledger.entries()), (before, Vec::new()));
    walk.take_with("pay", json!({"card": "good"}), |till| till.in_the_way = 2).await;
    assert_eq!(walk.answer.place(), ("done".into(), 200));
    assert_eq!((walk.row().version, shop.ledger.entries()), (2, vec!["tried good".to_owned()]));
}

/// Covers PROTO-110, PROTO-112.
#[tokio::test]
async fn a_second_request_to_a_flow_is_turned_away_while_the_first_is_at_work() {
    let shop = Checkout::new(&[CHECKOUT]);
    let walk = shop.start().await;
    let gate = Arc::new(Barrier::new(2));
    let at_the_gate = |till: &mut Till| till.gate = Some(Arc::clone(&gate));
    let (first, second) = tokio::join!(shop.request("checkout", walk.request("hold", json!({})), at_the_gate), async {
        let second = shop.request("checkout", walk.request("confirm", json!({})), |_| {}).await;
        gate.wait().await;
        second
    });
    second.assert_rejected(500, "technical_error");
    assert_eq!(second.cause(), "the flow is locked by another request");
    assert_eq!(first.place(), ("payment".into(), 200));
    assert!(shop.lockers.is_free());
}

/// Covers PROTO-111.
#[tokio::test]
async fn requests_to_different_flows_do_not_disturb_each_other() {
    let shop = Checkout::new(&[CHECKOUT]);
    let (one, other) = (shop.start().await, shop.start().await);
    let gate = Arc::new(Barrier::new(2));
    let at_the_gate = |till: &mut Till| till.gate = Some(Arc::clone(&gate));
    let (first, second) = tokio::join!(
        shop.request("checkout", one.request("hold", json!({})), at_the_gate),
        shop.request("checkout", other.request("hold", json!({})), at_the_gate),
    );
    assert_eq!((first.place(), second.place()), (("payment".into(), 200), ("payment".into(), 200)));
}

/// Covers PROTO-112.
#[tokio::test]
async fn a_failure_gives_the_lock_back() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    walk.take_with("confirm", json!({}), |till| till.commit_fails = true).await.assert_rejected(500, "technical_error");
    assert!(shop.lockers.is_free());
    assert_eq!(walk.take("confirm", json!({})).await.place(), ("payment".into(), 200));
}

/// Covers PROTO-118.
#[tokio::test]
async fn a_crash_gives_the_lock_back() {
    let shop = Arc::new(Checkout::new(&[CHECKOUT]));
    let mut walk = shop.start().await;
    let (request, crashing) = (walk.request("crash", json!({})), Arc::clone(&shop));
    let crash = tokio::spawn(async move {
        crashing.request("checkout", request, |_| {}).await;
    });
    assert!(crash.await.unwrap_err().is_panic());
    assert!(shop.lockers.is_free());
    assert_eq!(walk.take("confirm", json!({})).await.place(), ("payment".into(), 200));
}

#[tokio::test]
async fn a_locker_out_of_order_stops_flows_that_go_on() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    shop.lockers.broken.store(true, std::sync::atomic::Ordering::SeqCst);
    walk.take("confirm", json!({})).await.assert_rejected(500, "technical_error");
    shop.lockers.broken.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(walk.take("confirm", json!({})).await.place(), ("payment".into(), 200));
}
