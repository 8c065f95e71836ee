//! Going back: what is restored, what stays, and where it ends.

use serde_json::{Value, json};

use crate::engine::testing::{Checkout, Walk};

const CHECKOUT: &str = "
    flow: checkout
    start: [cart, address, payment, payment, done]
    before_each_action: [check_in]
    states:
      cart:
        payload: [cart, ticket]
        on_enter: [show_cart, issue_ticket]
        on_leave: [bell_a]
        actions:
          add_item: { outcomes: { added: stay } }
          confirm: { outcomes: { confirmed: next } }
      address:
        on_leave: [bell_b]
        actions:
          enter_address:
            outcomes:
              entered: next
              abroad: { no_return: true, to: next }
          apply_coupon: { outcomes: { applied: stay } }
          add_item: { outcomes: { added: { to: stay, error: low_stock } } }
          back:
      payment:
        payload: [advice]
        on_leave: [bell_c]
        actions:
          pay: { outcomes: { paid: next, on_account: address } }
          review: { description: Look at the cart again., offer: \"!('address' in flow.visited)\", go: cart }
          back:
      done: {}
      error: {}";

async fn at_payment<'a>(shop: &'a Checkout, address: &str) -> Walk<'a> {
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    walk.take("enter_address", json!({"address": address})).await;
    assert_eq!(walk.answer.place(), ("payment".into(), 200));
    walk
}

/// The stored place without the way that led there.
fn place(walk: &Walk<'_>) -> Value {
    let mut document = walk.document();
    document.as_object_mut().unwrap().remove("hist");
    document
}

/// Covers PROTO-104, PROTO-106, PROTO-152, PROTO-153, PROTO-160.
#[tokio::test]
async fn restores_the_place_as_it_was_entered() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    walk.take("add_item", json!({"item": "tea"})).await;
    walk.take("confirm", json!({})).await;
    let entered = walk.document();
    walk.take("enter_address", json!({"address": "home", "gift": true})).await;
    assert_eq!(walk.document()["data"]["address"], "home");
    let token = walk.csrf_token.clone();
    walk.take("back", json!({})).await;
    assert_eq!((walk.answer.place(), walk.answer.code()), (("address".into(), 200), String::new()));
    assert_eq!(walk.document(), entered);
    assert_ne!(walk.csrf_token, token);
    assert_eq!(walk.row().version, 4);
}

/// Covers PROTO-159.
#[tokio::test]
async fn goes_back_one_step_at_a_time() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    let mut places = Vec::new();
    for (action, inputs) in [
        ("confirm", json!({})),
        ("enter_address", json!({"address": "home"})),
        ("pay", json!({"card": "account"})),
        ("enter_address", json!({"address": "elsewhere"})),
    ] {
        // What happened before without leaving the state is not undone.
        places.push(place(&walk));
        walk.take(action, inputs).await;
    }
    assert_eq!(walk.answer.state(), "payment");
    for mut expected in places.into_iter().rev() {
        walk.take("back", json!({})).await;
        if expected["state"] == "cart" {
            // Its effects ran again.
            expected["data"]["ticket"] = json!(2);
        }
        assert_eq!(place(&walk), expected);
    }
    assert_eq!(walk.document().get("hist"), None);
}

/// Covers PROTO-151, PROTO-158: staying leaves no point to go back to.
#[tokio::test]
async fn is_offered_only_where_it_can_lead_somewhere() {
    let shop = Checkout::new(&[&CHECKOUT.replace("      address:\n", "          back:\n      address:\n")]);
    let mut walk = shop.start().await;
    assert_eq!(walk.answer.actions(), ["add_item", "confirm"]);
    walk.take("add_item", json!({"item": "tea"})).await;
    assert_eq!(walk.answer.actions(), ["add_item", "confirm"]);
    walk.take("back", json!({})).await.assert_rejected(403, "operation_not_permitted_error");
    walk.take("confirm", json!({})).await;
    assert!(walk.answer.actions().contains(&"back"));
    assert_eq!(walk.answer.response["actions"]["back"]["description"], "Navigate one step back.");
    assert_eq!(walk.answer.response["actions"]["back"]["inputs"], json!({}));
    walk.take("back", json!({})).await;
    assert_eq!(walk.answer.actions(), ["add_item", "confirm"]);
}

/// Covers PROTO-156, PROTO-157: nothing behind the point is reached any more, however the flow moves in front of it.
#[tokio::test]
async fn cannot_cross_a_point_of_no_return() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = at_payment(&shop, "abroad").await;
    assert_eq!(walk.answer.actions(), ["pay"]);
    walk.take("back", json!({})).await.assert_rejected(403, "operation_not_permitted_error");
    walk.take("pay", json!({"card": "account"})).await;
    assert_eq!(walk.answer.actions(), ["add_item", "apply_coupon", "back", "enter_address"]);
    assert_eq!(walk.take("back", json!({})).await.place(), ("payment".into(), 200));
    assert_eq!(walk.answer.actions(), ["pay"]);
}

/// Covers PROTO-154.
#[tokio::test]
async fn keeps_what_the_domain_keeps() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    walk.take("apply_coupon", json!({"code": "spring"})).await;
    walk.take("enter_address", json!({"address": "home"})).await;
    walk.take("back", json!({})).await;
    walk.take("back", json!({})).await;
    let stash = walk.stash();
    assert_eq!((&stash["coupon"], &stash["address"]), (&json!("spring"), &json!(null)));
}

/// Covers PROTO-131, PROTO-161. The ticket that is shown is the one that is remembered.
#[tokio::test]
async fn runs_the_effects_of_the_restored_state_and_keeps_what_they_remember() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    walk.take("add_item", json!({"item": "tea"})).await;
    walk.take("confirm", json!({})).await;
    assert_eq!(walk.stash()["ticket"], 2);
    walk.take("back", json!({})).await;
    assert_eq!(walk.answer.till.ran, ["check_in", "check_in", "show_cart", "issue_ticket"]);
    assert_eq!(walk.answer.payload(), &json!({"cart": ["tea"], "ticket": 3}));
    assert_eq!(walk.stash()["ticket"], 3);
}

/// Guards of the effects before each action see the restored place, as those of the state that is entered do.
#[tokio::test]
async fn effects_before_each_action_see_the_restored_place() {
    let graph = CHECKOUT.replace("[check_in]", "[{ run: bell_a, when: flow.state == 'address' }]");
    let shop = Checkout::new(&[&graph]);
    let mut walk = at_payment(&shop, "home").await;
    walk.take("back", json!({})).await;
    assert_eq!(walk.answer.till.ran, ["bell_a"]);
}

/// Covers PROTO-133 for going back.
#[tokio::test]
async fn a_failing_effect_undoes_the_step() {
    let shop = Checkout::new(&[CHECKOUT]);
    for jammed in [("check_in", 2), ("issue_ticket", 1)] {
        let mut walk = shop.start().await;
        walk.take("confirm", json!({})).await;
        let before = walk.row();
        let answer = walk.take_with("back", json!({}), |till| till.jammed = Some(jammed)).await;
        answer.assert_rejected(500, "technical_error");
        assert_eq!(walk.row(), before);
        assert_eq!(walk.take("back", json!({})).await.place(), ("cart".into(), 200));
    }
}

/// Covers PROTO-162.
#[tokio::test]
async fn a_state_that_was_gone_back_from_was_not_visited() {
    let shop = Checkout::new(&[&CHECKOUT.replace("confirmed: next", "confirmed: payment")]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    walk.take("pay", json!({"card": "account"})).await;
    assert_eq!(walk.answer.state(), "address");
    walk.take("back", json!({})).await;
    assert_eq!(walk.answer.actions(), ["back", "pay", "review"]);
    walk.take("pay", json!({"card": "account"})).await;
    while walk.answer.state() == "address" {
        walk.take("enter_address", json!({"address": "home"})).await;
    }
    assert_eq!((walk.answer.state().as_str(), walk.answer.actions()), ("payment", vec!["back", "pay"]));
}

/// An error that came with a state is not an error of the step that goes back to it.
#[tokio::test]
async fn answers_without_an_error() {
    let shop = Checkout::new(&[CHECKOUT]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    assert_eq!(walk.take("add_item", json!({"item": "tea"})).await.place(), ("address".into(), 409));
    assert_eq!(walk.take("back", json!({})).await.place(), ("cart".into(), 200));
    assert_eq!(walk.answer.code(), "");
}
