//! What an answer shows of the inputs that were submitted.

use serde_json::json;

use crate::engine::testing::Checkout;

const CHECKOUT: &str = "
    flow: checkout
    start: [cart]
    states:
      cart:
        actions:
          add_item: { outcomes: { added: extras } }
          put_aside: { run: add_item, outcomes: { added: cart } }
          choose_delivery: { outcomes: { chosen: done } }
      extras:
        actions:
          add_item: { outcomes: { added: stay } }
          put_aside: { run: add_item, outcomes: { added: done } }
          back:
      done: {}
      error: {}";

/// Covers PROTO-64, PROTO-69, PROTO-74, PROTO-84.
#[tokio::test]
async fn every_wrong_input_of_the_action_that_was_taken_is_shown() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    walk.take("add_item", json!({"item": " ", "note": "far too long"})).await;
    assert_eq!((walk.answer.place(), walk.answer.code()), (("cart".into(), 400), "form_data_invalid_error".into()));
    assert_eq!(
        walk.answer.input("add_item", "item")["error"],
        json!({"code": "value_missing_error", "message": "The value is missing."})
    );
    assert_eq!(walk.answer.input("add_item", "note")["error"]["code"], "value_too_long_error");
    assert_eq!(walk.answer.input("add_item", "wrap").get("error"), None);
    assert_eq!(walk.answer.input("put_aside", "item").get("error"), None, "it was not taken");
    assert_eq!(walk.answer.input("put_aside", "note").get("error"), None, "it was not taken");
    walk.take("put_aside", json!({"item": "tea"})).await;
    assert_eq!(walk.answer.input("add_item", "item").get("error"), None, "errors are not carried over");
}

/// Covers PROTO-81, PROTO-82.
#[tokio::test]
async fn a_kept_value_is_shown_as_it_was_understood() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    walk.take("add_item", json!({"item": "  A very long NAME for an item ", "note": "short"})).await;
    assert_eq!(walk.answer.input("add_item", "item")["value"], "a very long name for an item");
    assert_eq!(walk.answer.input("add_item", "note").get("value"), None);
    assert_eq!(walk.answer.input("put_aside", "item")["value"], json!(null));
}

/// The name of the action counts, not the state.
#[tokio::test]
async fn an_action_of_the_same_name_in_the_next_state_shows_the_values() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    walk.take("add_item", json!({"item": "Tea"})).await;
    assert_eq!(walk.answer.state(), "extras");
    assert_eq!(walk.answer.input("add_item", "item")["value"], "tea");
    assert_eq!(walk.answer.input("put_aside", "item")["value"], json!(null));
    walk.take("back", json!({})).await;
    assert_eq!(walk.answer.input("add_item", "item")["value"], json!(null));
}

/// Covers PROTO-62: whatever the mode, the cause of a wrong input is for whoever filled it in.
#[tokio::test]
async fn an_action_can_refuse_an_input_and_say_why() {
    let graphs = crate::engine::Graphs::new(crate::engine::testing::walk::graphs(&[CHECKOUT]));
    let shop = Checkout::built(graphs, false, true);
    let mut walk = shop.start().await;
    walk.take("add_item", json!({"item": "Unicorn"})).await;
    assert_eq!((walk.answer.place(), walk.answer.code()), (("cart".into(), 400), "form_data_invalid_error".into()));
    assert_eq!(
        walk.answer.input("add_item", "item"),
        &json!({
            "name": "item", "type": "string", "value": "unicorn", "max_length": 20, "required": true,
            "error": {"code": "unknown_item", "message": "There is no such item.", "cause": "it is only a tale"},
        })
    );
    assert_eq!(walk.stash()["items"], json!([]));
}

/// Covers PROTO-52, PROTO-73.
#[tokio::test]
async fn allowed_values_are_listed_and_enforced() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    assert_eq!(
        walk.answer.input("choose_delivery", "method")["allowed_values"],
        json!([{"value": "standard", "name": "Standard"}, {"value": "express", "name": "Express"}])
    );
    assert_eq!(walk.answer.input("add_item", "item").get("allowed_values"), None);
    walk.take("choose_delivery", json!({"method": "undecided"})).await;
    assert_eq!(
        walk.answer.input("choose_delivery", "method")["error"]["message"],
        "The value is invalid. Must be one of: standard,express"
    );
    assert_eq!(walk.take("choose_delivery", json!({"method": "express"})).await.place(), ("done".into(), 200));
}

/// Covers PROTO-31, PROTO-76: members that are not declared are dropped before the action sees them.
#[tokio::test]
async fn members_that_are_not_declared_are_ignored() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    walk.take("add_item", json!({"item": "tea", "price": 0, "wrap": "maybe"})).await;
    assert_eq!(walk.answer.place(), ("extras".into(), 200));
}
