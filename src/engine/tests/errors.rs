//! Errors that keep the flow where it is, errors that end it, and failures that undo the step.

use serde_json::json;

use crate::engine::testing::{Checkout, Walk};

const CHECKOUT: &str = "
    flow: checkout
    start: [cart, payment, done]
    before_each_action: [check_in]
    states:
      cart:
        actions:
          add_item: { outcomes: { added: next } }
      payment:
        payload: [ticket, cart, advice]
        on_enter: [issue_ticket, show_cart]
        on_leave: [bell_a]
        actions:
          pay: { outcomes: { paid: next, on_account: { set: { gift: true }, agenda: more, choose: [
            { when: cart.size > 1, refuse: low_stock }, { to: next } ] } } }
          confirm: { outcomes: { confirmed: { refuse: gateway_down } } }
          surprise: { outcomes: { expected: next } }
          skip: { description: Pay later., offer: flow.previous == 'cart', go: next }
          back:
      done: {}
      error: { payload: [ticket], on_enter: [issue_ticket] }
    agendas:
      more: [{ schedule: payment }]";

async fn at_payment(shop: &Checkout) -> Walk<'_> {
    let mut walk = shop.start().await;
    walk.take("add_item", json!({"item": "tea"})).await;
    assert_eq!(walk.answer.place(), ("payment".into(), 200));
    walk
}

/// Covers PROTO-103, PROTO-106, PROTO-140, PROTO-142, PROTO-147.
#[tokio::test]
async fn a_refusal_keeps_the_flow_where_it_is() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = at_payment(&shop).await;
    let (before, token) = (walk.document(), walk.csrf_token.clone());
    walk.take("pay", json!({"card": "declined"})).await;
    assert_eq!(walk.answer.place(), ("payment".into(), 402));
    assert_eq!(walk.answer.code(), "card_declined");
    assert_eq!(walk.answer.actions(), ["back", "confirm", "pay", "skip", "surprise"]);
    assert_ne!(walk.csrf_token, token);
    assert_eq!((walk.row().version, &walk.row().csrf_token), (2, &walk.csrf_token));
    let mut expected = before;
    // All that the action remembered is gone; what the effect of the shown state remembers is kept.
    expected["data"]["ticket"] = json!(2);
    assert_eq!(walk.document(), expected);
}

/// Covers PROTO-144. The ticket that is shown is the one that is remembered.
#[tokio::test]
async fn a_refusal_shows_what_the_effects_of_the_state_and_the_action_show() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = at_payment(&shop).await;
    walk.take("pay", json!({"card": "declined"})).await;
    assert_eq!(walk.answer.payload(), &json!({"advice": "try another card", "ticket": 2, "cart": ["tea"]}));
    assert_eq!(walk.stash()["ticket"], 2);
    assert_eq!(walk.answer.till.ran, ["check_in", "issue_ticket", "show_cart"]);
}

/// Covers PROTO-143: what the action wrote into the database counts, whatever it is told.
#[tokio::test]
async fn a_refusal_keeps_what_was_written() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = at_payment(&shop).await;
    walk.take("pay", json!({"card": "declined"})).await;
    walk.take("pay", json!({"card": "down"})).await;
    assert_eq!(shop.ledger.entries(), ["tried declined", "tried down"]);
}

/// Covers PROTO-149: nothing that depends on where the flow came from changes by an error.
#[tokio::test]
async fn a_refusal_does_not_change_where_the_flow_came_from() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = at_payment(&shop).await;
    walk.take("pay", json!({"card": ""})).await;
    assert_eq!((walk.answer.place(), walk.document()["prev_state"].as_str()), (("payment".into(), 400), Some("cart")));
    assert!(walk.answer.actions().contains(&"skip"));
    assert_eq!(walk.take("skip", json!({})).await.place(), ("done".into(), 200));
}

/// Covers PROTO-148.
#[tokio::test]
async fn back_leads_to_the_same_state_after_a_refusal() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = at_payment(&shop).await;
    walk.take("pay", json!({"card": "declined"})).await;
    walk.take("pay", json!({})).await;
    assert_eq!(walk.take("back", json!({})).await.place(), ("cart".into(), 200));
}

/// Covers PROTO-141: the state `error` is really entered, for good.
#[tokio::test]
async fn an_error_of_the_server_ends_the_flow() {
    let shop = Checkout::new(&[CHECKOUT]);
    for (action, inputs) in [("pay", json!({"card": "down"})), ("confirm", json!({}))] {
        let mut walk = at_payment(&shop).await;
        let before = walk.document();
        walk.take(action, inputs).await;
        assert_eq!((walk.answer.place(), walk.answer.code()), (("error".into(), 503), "gateway_down".into()));
        assert_eq!(walk.answer.payload(), &json!({"ticket": 2}));
        assert_eq!(walk.answer.response["actions"], json!({}));
        assert_eq!(walk.answer.response["csrf_token"], walk.csrf_token);
        assert!(!walk.csrf_token.is_empty());
        let document = walk.document();
        assert_eq!((&document["state"], &document["prev_state"]), (&json!("error"), &json!("payment")));
        assert_eq!((&document["hist"], &document["scheduled"]), (&before["hist"], &before["scheduled"]));
        assert_eq!(document["data"]["items"], json!(["tea"]));
    }
}

/// Covers PROTO-142, PROTO-147: what rules did on the way to a refusal is undone as well.
#[tokio::test]
async fn a_rule_that_refuses_undoes_what_led_to_it() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = at_payment(&shop).await;
    let mut expected = walk.document();
    walk.take("pay", json!({"card": "account"})).await;
    assert_eq!((walk.answer.place(), walk.answer.code()), (("payment".into(), 409), "low_stock".into()));
    expected["data"]["ticket"] = json!(2);
    assert_eq!(walk.document(), expected);
}

/// Covers PROTO-168.
#[tokio::test]
async fn a_failure_leaves_the_flow_usable_with_the_same_token() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = at_payment(&shop).await;
    let before = walk.row();
    walk.take("pay", json!({"card": "jam"})).await.assert_rejected(500, "technical_error");
    assert_eq!(walk.answer.cause(), "the reader is jammed");
    assert_eq!((walk.row(), shop.ledger.entries()), (before, Vec::new()));
    assert_eq!(walk.take("pay", json!({"card": "good"})).await.place(), ("done".into(), 200));
}

#[tokio::test]
async fn a_failure_that_is_no_fault_of_the_server_is_told_and_undoes_the_step() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = at_payment(&shop).await;
    let before = walk.row();
    walk.take("pay", json!({"card": "late"})).await.assert_rejected(409, "low_stock");
    assert_eq!(walk.answer.cause(), "somebody else was faster");
    assert_eq!((walk.row(), shop.ledger.entries()), (before, Vec::new()));
}

#[tokio::test]
async fn a_failing_effect_turns_a_refusal_into_a_failure() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = at_payment(&shop).await;
    let before = walk.row();
    let jam = |till: &mut crate::engine::testing::Till| till.jammed = Some(("show_cart", 1));
    walk.take_with("pay", json!({"card": "declined"}), jam).await.assert_rejected(500, "technical_error");
    assert_eq!((walk.row(), shop.ledger.entries()), (before, Vec::new()));
}

#[tokio::test]
async fn a_failing_database_is_a_failure() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = at_payment(&shop).await;
    let answer = walk.take_with("pay", json!({"card": "good"}), |till| till.load_fails = true).await;
    answer.assert_rejected(500, "technical_error");
    let answer = walk.take_with("pay", json!({"card": "good"}), |till| till.commit_fails = true).await;
    answer.assert_rejected(500, "technical_error");
    assert_eq!(walk.take("pay", json!({"card": "good"})).await.place(), ("done".into(), 200));
}

/// An action that does not keep its contract fails; it does not lead the flow anywhere.
#[tokio::test]
async fn an_outcome_that_the_graph_does_not_know_is_a_failure() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = at_payment(&shop).await;
    walk.take("surprise", json!({})).await.assert_rejected(500, "technical_error");
    assert_eq!(walk.take("pay", json!({"card": "good"})).await.place(), ("done".into(), 200));
}
