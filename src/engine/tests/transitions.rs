//! Going on: to a state, to what is scheduled, or nowhere.

use serde_json::json;

use crate::engine::testing::Checkout;

const CHECKOUT: &str = "
    flow: checkout
    start: [cart, address, done]
    states:
      cart:
        actions:
          add_item:
            outcomes: { added: stay }
          confirm:
            outcomes: { confirmed: next }
          look_around:
            description: Look at something else.
            go: payment
      address:
        actions:
          enter_address:
            outcomes:
              entered: next
              abroad:
                - { when: cart.size > 1, to: payment }
                - { when: gift, choose: [{ when: coupon, to: cart }, { to: address }] }
                - { to: done, set: { method: express, extra: { far: true } } }
      payment:
        payload: [advice]
        actions:
          pay:
            outcomes: { paid: next, on_account: done }
      done: {}
      error: {}";

/// Covers PROTO-102, PROTO-106, PROTO-120.
#[tokio::test]
async fn goes_on_to_what_is_scheduled() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    let first = walk.csrf_token.clone();
    assert_eq!(walk.take("confirm", json!({})).await.place(), ("address".into(), 200));
    assert_ne!(walk.csrf_token, first);
    let row = walk.row();
    assert_eq!((row.version, &row.csrf_token), (1, &walk.csrf_token));
    assert_eq!(walk.document()["scheduled"], json!(["done"]));
    assert_eq!(walk.document()["prev_state"], "cart");
    assert_eq!(walk.take("enter_address", json!({"address": "home"})).await.place(), ("done".into(), 200));
    assert_eq!(walk.row().version, 2);
    assert_eq!(walk.document()["scheduled"], json!([]));
}

/// Covers PROTO-10.
#[tokio::test]
async fn does_not_move_the_end_of_the_lifetime() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    let before = walk.row().expires_at;
    shop.wait(chrono::TimeDelta::minutes(5));
    walk.take("confirm", json!({})).await;
    assert_eq!(walk.row().expires_at, before);
}

/// An outcome that names a state leaves what was scheduled for later.
#[tokio::test]
async fn goes_to_a_named_state_and_keeps_the_schedule() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    assert_eq!(walk.take("look_around", json!({})).await.place(), ("payment".into(), 200));
    assert_eq!(walk.document()["scheduled"], json!(["address", "done"]));
    assert_eq!(walk.take("pay", json!({"card": "good"})).await.place(), ("address".into(), 200));
}

/// Covers PROTO-139 for what the action remembers, PROTO-158.
#[tokio::test]
async fn stays_with_a_new_version_and_without_a_point_to_go_back_to() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    let first = walk.csrf_token.clone();
    assert_eq!(walk.take("add_item", json!({"item": "tea"})).await.place(), ("cart".into(), 200));
    assert_ne!(walk.csrf_token, first);
    assert_eq!(walk.row().version, 1);
    let document = walk.document();
    assert_eq!(document["data"]["items"], json!(["tea"]));
    assert_eq!(document["scheduled"], json!(["address", "done"]));
    assert_eq!((document.get("hist"), document.get("prev_state")), (None, None));
}

/// The first rule that applies decides, also inside a rule.
#[tokio::test]
async fn follows_the_first_rule_that_applies() {
    let shop = Checkout::new(&[CHECKOUT]);
    for (items, gift, target) in [(2, true, "payment"), (1, true, "address"), (1, false, "done")] {
        let mut walk = shop.start().await;
        for _ in 0..items {
            walk.take("add_item", json!({"item": "tea"})).await;
        }
        walk.take("confirm", json!({})).await;
        walk.take("enter_address", json!({"address": "abroad", "gift": gift})).await;
        assert_eq!(walk.answer.place(), (target.into(), 200));
    }
}

#[tokio::test]
async fn a_rule_puts_values_into_the_stash() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    walk.take("enter_address", json!({"address": "abroad"})).await;
    let stash = walk.stash();
    assert_eq!((&stash["method"], &stash["extra"]), (&json!("express"), &json!({"far": true})));
    assert_eq!(stash["address"], "abroad");
}

/// Covers PROTO-122: nothing is scheduled any more.
#[tokio::test]
async fn fails_when_nothing_is_scheduled() {
    let shop = Checkout::new(&[&CHECKOUT.replace("[cart, address, done]", "[cart, address]")]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    let before = walk.row();
    walk.take("enter_address", json!({"address": "home"})).await.assert_rejected(500, "technical_error");
    assert!(walk.answer.cause().starts_with("nothing is scheduled"));
    assert_eq!(walk.row(), before);
    assert_eq!(walk.take("enter_address", json!({"address": "abroad"})).await.place(), ("done".into(), 200));
}

/// Covers PROTO-40, PROTO-48, PROTO-167.
#[tokio::test]
async fn shows_nothing_of_the_payload_of_the_step_before() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    walk.take("look_around", json!({})).await;
    walk.take("pay", json!({"card": "declined"})).await;
    assert_eq!(walk.answer.payload(), &json!({"advice": "try another card"}));
    walk.take("pay", json!({"card": "good"})).await;
    assert_eq!(walk.answer.payload(), &json!({}));
}

/// Covers PROTO-166.
#[tokio::test]
async fn never_shows_the_stash() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    walk.take("enter_address", json!({"address": "abroad 17"})).await;
    assert!(walk.row().document.contains("abroad 17"));
    assert!(!walk.answer.response.to_string().contains("abroad 17"));
}

/// Covers PROTO-137: the flow's own state wins over that of a sub-flow.
#[tokio::test]
async fn a_state_of_the_flow_itself_wins() {
    let subflow = "
        subflow: paying
        states:
          payment:
            actions:
              back:
              confirm: { outcomes: { confirmed: done } }
          pickup:
            actions:
              confirm: { outcomes: { confirmed: payment } }";
    let returns = "
        flow: returns
        start: [pickup]
        use: [paying]
        states: { done: {}, error: {} }";
    let flow = CHECKOUT.replace("states:", "use: [paying]\n    states:").replace("paid: next", "paid: pickup");
    let shop = Checkout::new(&[&flow, subflow, returns]);
    let owner = |flow: &str| shop.engine.graphs().get(flow).unwrap().states["payment"].owner.clone();
    assert_eq!((owner("checkout"), owner("returns")), ("checkout".into(), "paying".into()));
    let mut walk = shop.start().await;
    assert_eq!(walk.take("look_around", json!({})).await.actions(), ["pay"]);
    let mut walk = shop.start_with("returns", |_| {}).await;
    assert_eq!(walk.take("confirm", json!({})).await.actions(), ["back", "confirm"]);
}
