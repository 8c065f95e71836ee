//! Requests that do not fit the flow: which of several reasons counts, and that nothing changes.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::engine::{
    Graphs, Request,
    testing::{Checkout, Walk, walk::graphs},
};

const CHECKOUT: &str = "
    flow: checkout
    start: [cart]
    before_each_action: [check_in]
    states:
      cart:
        actions:
          add_item:
            outcomes: { added: payment }
          apply_coupon:
            offer: cart.size > 0
            outcomes: { applied: stay }
      payment:
        payload: [advice]
        actions:
          pay:
            outcomes: { paid: done, on_account: done }
          back:
      done: {}
      error: {}";

const RETURNS: &str = "
    flow: returns
    start: [cart]
    states:
      cart:
        actions:
          confirm:
            outcomes: { confirmed: done }
          add_item:
            outcomes: { added: done }
      done: {}
      error: {}";

/// Sends `request`, asserts that it is rejected and that the flow is as before and goes on with the token it has.
async fn rejected(walk: &mut Walk<'_>, request: Request, status: u16, code: &str) {
    let before = walk.row();
    let answer = walk.shop.request(&walk.flow, request, |_| {}).await;
    answer.assert_rejected(status, code);
    assert_eq!(walk.row(), before);
    walk.take("add_item", json!({"item": "tea"})).await;
    assert_eq!(walk.answer.place(), ("payment".into(), 200));
}

/// Covers PROTO-21.
#[tokio::test]
async fn an_action_needs_a_name() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    let request = walk.request("", json!({}));
    rejected(&mut walk, request, 500, "technical_error").await;
}

/// Covers PROTO-86.
#[tokio::test]
async fn nobody_knows_a_flow_that_was_never_begun() {
    let shop = Checkout::new(&[CHECKOUT]);
    let walk = shop.start().await;
    let request = Request { flow: Uuid::nil(), ..walk.request("add_item", json!({"item": "tea"})) };
    shop.request("checkout", request, |_| {}).await.assert_rejected(403, "operation_not_permitted_error");
}

/// Covers PROTO-87, PROTO-88, PROTO-10: the end of a flow does not move, and it is told before anything about tokens.
#[tokio::test]
async fn a_flow_ends_when_it_was_said() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    shop.wait(TimeDelta::hours(24));
    walk.take("add_item", json!({"item": "tea"})).await;
    assert_eq!(walk.answer.place(), ("payment".into(), 200));
    shop.wait(TimeDelta::microseconds(1));
    walk.take("pay", json!({"card": "good"})).await.assert_rejected(410, "flow_expired_error");
    walk.csrf_token = "wrong".into();
    walk.take("nothing", json!({})).await.assert_rejected(410, "flow_expired_error");
    assert_eq!(walk.row().version, 1);
}

/// Covers PROTO-89, PROTO-90, PROTO-94, PROTO-95, PROTO-96.
#[tokio::test]
async fn a_request_carries_the_token_of_the_last_answer() {
    let shop = Checkout::new(&[CHECKOUT]);
    let almost = |token: &str| format!("{}{}", &token[1..], &token[..1]);
    for (action, wrong) in [("add_item", "wrong"), ("add_item", ""), ("nothing", "wrong"), ("apply_coupon", "")] {
        let mut walk = shop.start().await;
        let request = Request { csrf_token: wrong.into(), ..walk.request(action, json!({"item": "tea"})) };
        rejected(&mut walk, request, 403, "operation_not_permitted_error").await;
    }
    let mut walk = shop.start().await;
    let request = Request { csrf_token: almost(&walk.csrf_token), ..walk.request("add_item", json!({"item": "tea"})) };
    rejected(&mut walk, request, 403, "operation_not_permitted_error").await;
}

/// A row that lost its token cannot be opened by a request without one.
#[tokio::test]
async fn a_flow_without_a_token_takes_none() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    let mut row = walk.row();
    row.csrf_token.clear();
    shop.ledger.overwrite(walk.id, row);
    walk.csrf_token.clear();
    walk.take("add_item", json!({"item": "tea"})).await.assert_rejected(403, "operation_not_permitted_error");
}

/// Covers PROTO-105.
#[tokio::test]
async fn a_request_cannot_be_repeated() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    let request = walk.request("add_item", json!({"item": "tea"}));
    walk.take("add_item", json!({"item": "tea"})).await;
    shop.request("checkout", request, |_| {}).await.assert_rejected(403, "operation_not_permitted_error");
    assert_eq!(walk.take("pay", json!({"card": "good"})).await.place(), ("done".into(), 200));
}

/// Covers PROTO-109.
#[tokio::test]
async fn a_token_opens_only_its_own_flow() {
    let shop = Checkout::new(&[CHECKOUT]);
    let (mut walk, other) = (shop.start().await, shop.start().await);
    let request = Request { csrf_token: other.csrf_token, ..walk.request("add_item", json!({"item": "tea"})) };
    rejected(&mut walk, request, 403, "operation_not_permitted_error").await;
}

/// Covers PROTO-91, PROTO-92.
#[tokio::test]
async fn only_actions_of_the_present_state_can_be_taken() {
    let shop = Checkout::new(&[CHECKOUT]);
    for action in ["nothing", "pay", "back"] {
        let mut walk = shop.start().await;
        let request = walk.request(action, json!({"card": "good"}));
        rejected(&mut walk, request, 403, "operation_not_permitted_error").await;
    }
}

/// Covers PROTO-93.
#[tokio::test]
async fn an_action_that_is_not_offered_cannot_be_taken() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    assert_eq!(walk.answer.actions(), ["add_item"]);
    let request = walk.request("apply_coupon", json!({"code": "spring"}));
    rejected(&mut walk, request, 403, "operation_not_permitted_error").await;
}

/// Covers PROTO-134.
#[tokio::test]
async fn an_effect_before_each_action_can_refuse_the_request() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    let before = walk.row();
    let answer = walk.take_with("add_item", json!({"item": "tea"}), |till| till.unattended = true).await;
    answer.assert_rejected(403, "operation_not_permitted_error");
    assert_eq!(answer.till.ran, ["check_in"]);
    assert_eq!(walk.row(), before);
    assert_eq!(walk.take("add_item", json!({"item": "tea"})).await.place(), ("payment".into(), 200));
}

/// Covers PROTO-97, PROTO-98, PROTO-42.
#[tokio::test]
async fn nothing_can_be_done_at_an_end() {
    let shop = Checkout::new(&[CHECKOUT]);
    for (card, end) in [("good", "done"), ("down", "error")] {
        let mut walk = shop.start().await;
        walk.take("add_item", json!({"item": "tea"})).await;
        assert_eq!(walk.take("pay", json!({"card": card})).await.state(), end);
        assert_eq!(walk.answer.response["actions"], json!({}));
        for action in ["pay", "back", "confirm"] {
            walk.take(action, json!({})).await.assert_rejected(403, "operation_not_permitted_error");
        }
        assert_eq!(walk.row().version, 2);
    }
}

/// Covers PROTO-100: the other flow has a state and an action of the same name.
#[tokio::test]
async fn a_flow_is_continued_only_under_its_own_name() {
    let shop = Checkout::new(&[CHECKOUT, RETURNS]);
    let mut walk = shop.start().await;
    let request = walk.request("add_item", json!({"item": "tea"}));
    let answer = shop.request("returns", request, |_| {}).await;
    answer.assert_rejected(403, "operation_not_permitted_error");
    assert_eq!(walk.take("add_item", json!({"item": "tea"})).await.place(), ("payment".into(), 200));
}

/// Covers PROTO-59, PROTO-60, PROTO-63: in debug mode the client sees why, but never why an action is not offered.
#[tokio::test]
async fn causes_show_in_debug_mode_only_and_are_always_logged() {
    for debug in [true, false] {
        let shop = Checkout::built(Graphs::new(graphs(&[CHECKOUT])), debug, false);
        let mut walk = shop.start().await;
        let request = Request { csrf_token: "wrong".into(), ..walk.request("add_item", json!({})) };
        let answer = shop.request("checkout", request, |_| {}).await;
        assert_eq!(answer.response["error"].get("cause").is_some(), debug);
        assert_eq!(answer.cause(), "the csrf token does not match");
        let answer = walk.take("apply_coupon", json!({"code": "spring"})).await;
        assert_eq!(answer.response["error"].get("cause"), None);
        let answer = walk.take_with("add_item", json!({}), |till| till.unattended = true).await;
        assert_eq!(answer.response["error"].get("cause"), None);
    }
}

/// A flow that something else wrote cannot be read; it has ended, and its client begins a new one.
#[tokio::test]
async fn a_document_that_cannot_be_read_has_expired() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    let mut row = walk.row();
    row.document = "{\"state\": \"cart\"}".into();
    shop.ledger.overwrite(walk.id, row);
    walk.take("add_item", json!({"item": "tea"})).await.assert_rejected(410, "flow_expired_error");
}

/// Documents are the server's own, but a damaged one must not bring it down.
#[tokio::test]
async fn a_damaged_document_is_a_failure() {
    let shop =
        Checkout::new(&[&CHECKOUT.replace("added: payment", "added: next").replace("[cart]", "[cart, payment]")]);
    let mut walk = shop.start().await;
    let whole = walk.row();
    for (sound, damaged) in [
        (r#""state":"cart""#, r#""state":"cellar""#),
        (r#""scheduled":["payment"]"#, r#""scheduled":["cellar"]"#),
        (r#""scheduled":["payment"]"#, r#""scheduled":[]"#),
    ] {
        let mut row = whole.clone();
        row.document = row.document.replace(sound, damaged);
        assert_ne!(row, whole);
        shop.ledger.overwrite(walk.id, row);
        walk.take("add_item", json!({"item": "tea"})).await.assert_rejected(500, "technical_error");
    }
    shop.ledger.overwrite(walk.id, whole);
    assert_eq!(walk.take("add_item", json!({"item": "tea"})).await.place(), ("payment".into(), 200));
}
