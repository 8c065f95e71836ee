//! Starting a flow.

use chrono::TimeDelta;
use serde_json::json;

use crate::engine::testing::Checkout;

const CHECKOUT: &str = "
    flow: checkout
    start: [cart, wrapping]
    before_each_action: [check_in]
    states:
      cart:
        payload: [ticket]
        on_enter: [issue_ticket]
        actions:
          add_item:
            outcomes: { added: next }
      wrapping:
        actions:
          confirm:
            outcomes: { confirmed: done }
      done: {}
      error: {}";

/// Covers PROTO-39, PROTO-44, PROTO-45, PROTO-46, PROTO-47, PROTO-49, PROTO-53, PROTO-54.
#[tokio::test]
async fn describes_the_first_state() {
    let shop = Checkout::new(&[CHECKOUT]);
    let walk = shop.start().await;
    let id = walk.id;
    assert_eq!(
        walk.answer.response,
        json!({
            "name": "cart",
            "status": 200,
            "payload": {"ticket": 1},
            "csrf_token": walk.csrf_token,
            "actions": {
                "add_item": {
                    "action": "add_item",
                    "href": format!("/checkout?action=add_item%40{id}"),
                    "description": "Put an item into the cart.",
                    "inputs": {
                        "item": {"name": "item", "type": "string", "value": null, "max_length": 20, "required": true},
                        "note": {"name": "note", "type": "string", "max_length": 5},
                        "wrap": {"name": "wrap", "type": "boolean"},
                    },
                },
            },
            "links": null,
        })
    );
}

/// Covers PROTO-8, PROTO-101.
#[tokio::test]
async fn stores_version_zero_with_the_token_and_the_end_of_the_lifetime() {
    let shop = Checkout::new(&[CHECKOUT]);
    let walk = shop.start().await;
    let row = walk.row();
    assert_eq!(row.version, 0);
    assert_eq!(row.expires_at, Checkout::opening() + TimeDelta::hours(24));
    assert_eq!(row.csrf_token, walk.csrf_token);
    assert_eq!(row.csrf_token.len(), 32);
    assert!(row.csrf_token.bytes().all(|byte| byte.is_ascii_alphanumeric()));
}

/// What the effects of the first state remember is kept: the next request relies on what they showed.
#[tokio::test]
async fn stores_the_first_state_the_schedule_and_what_the_first_effects_remember() {
    let shop = Checkout::new(&[CHECKOUT]);
    let walk = shop.start().await;
    let document = walk.document();
    assert_eq!(document["flow"], "checkout");
    assert_eq!(document["state"], "cart");
    assert_eq!(document["scheduled"], json!(["wrapping"]));
    assert_eq!(document["data"]["ticket"], 1);
    assert_eq!((document.get("prev_state"), document.get("hist")), (None, None));
}

#[tokio::test]
async fn takes_the_lifetime_from_the_graph() {
    let shop = Checkout::new(&[&CHECKOUT.replace("start:", "lifetime: 60m\n    start:")]);
    assert_eq!(shop.start().await.row().expires_at, Checkout::opening() + TimeDelta::minutes(60));
}

/// Covers PROTO-7.
#[tokio::test]
async fn gives_every_flow_its_own_id_and_token() {
    let shop = Checkout::new(&[CHECKOUT]);
    let (first, second) = (shop.start().await, shop.start().await);
    assert_ne!(first.id, second.id);
    assert_ne!(first.csrf_token, second.csrf_token);
    assert_eq!(shop.ledger.flows(), 2);
}

/// Covers PROTO-113, PROTO-131: neither the lock nor the effects before each action concern a flow that begins.
#[tokio::test]
async fn begins_without_a_lock_and_without_the_effects_before_each_action() {
    let shop = Checkout::new(&[CHECKOUT]);
    shop.lockers.broken.store(true, std::sync::atomic::Ordering::SeqCst);
    let walk = shop.start_with("checkout", |till| till.unattended = true).await;
    assert_eq!(walk.answer.place(), ("cart".into(), 200));
    assert_eq!(walk.answer.till.ran, ["issue_ticket"]);
}

/// Covers PROTO-133.
#[tokio::test]
async fn stores_nothing_when_an_effect_of_the_first_state_fails() {
    let shop = Checkout::new(&[CHECKOUT]);
    let walk = shop.start_with("checkout", |till| till.jammed = Some(("issue_ticket", 1))).await;
    walk.answer.assert_rejected(500, "technical_error");
    assert_eq!(shop.ledger.flows(), 0);
}

#[tokio::test]
async fn stores_nothing_when_the_commit_fails() {
    let shop = Checkout::new(&[CHECKOUT]);
    let walk = shop.start_with("checkout", |till| till.commit_fails = true).await;
    walk.answer.assert_rejected(500, "technical_error");
    assert_eq!(shop.ledger.flows(), 0);
}

#[tokio::test]
async fn fails_for_a_flow_that_does_not_exist() {
    let shop = Checkout::new(&[CHECKOUT]);
    shop.start_with("returns", |_| {}).await.answer.assert_rejected(500, "technical_error");
}
