//! Agendas: what is scheduled, when, in which order, and when a sub-flow is left.

use serde_json::{Value, json};

use crate::engine::testing::{Checkout, Walk};

/// A flow of which `cart` carries out the agenda `plan`, with all the states that plans can schedule.
fn checkout(rule: &str, agendas: &str) -> String {
    format!(
        "
flow: checkout
start: [cart, done]
states:
  cart:
    actions:
      add_item: {{ outcomes: {{ added: stay }} }}
      enter_address: {{ outcomes: {{ entered: stay, abroad: stay }} }}
      confirm: {{ outcomes: {{ confirmed: {rule} }} }}
      wander: {{ description: See every state., go: {{ agenda: everything, to: next }} }}
  one: &step
    actions:
      confirm: {{ outcomes: {{ confirmed: next }} }}
      again: {{ description: Plan again., go: {rule} }}
  two: *step
  three: *step
  four: *step
  done: {{}}
  error: {{}}
agendas:
{agendas}
  everything: [{{ schedule: one }}, {{ schedule: two }}, {{ schedule: three }}, {{ schedule: four }}]
"
    )
}

/// The states that the flow visits when the plan is confirmed, with all that is in the stash for it.
async fn visits(shop: &Checkout, prepare: &[(&str, Value)]) -> Vec<String> {
    let mut walk = shop.start().await;
    for (action, inputs) in prepare {
        walk.take(action, inputs.clone()).await;
    }
    follow(&mut walk).await
}

async fn follow(walk: &mut Walk<'_>) -> Vec<String> {
    let mut visited = Vec::new();
    while walk.answer.state() != "done" {
        assert_eq!(walk.take("confirm", json!({})).await.place().1, 200);
        visited.push(walk.answer.state());
    }
    visited
}

fn item() -> (&'static str, Value) {
    ("add_item", json!({"item": "tea"}))
}

fn gift() -> (&'static str, Value) {
    ("enter_address", json!({"address": "home", "gift": true}))
}

/// Covers PROTO-124: what is scheduled now comes before what was scheduled earlier.
#[tokio::test]
async fn schedules_in_order_in_front_of_earlier_schedules() {
    let shop = Checkout::new(&[&checkout(
        "{ agenda: plan, to: next }",
        "  plan: [{ schedule: two }, { schedule: one }, { schedule: two, when: cart.size > 0 }]",
    )]);
    assert_eq!(visits(&shop, &[]).await, ["two", "one", "done"]);
    assert_eq!(visits(&shop, &[item()]).await, ["two", "one", "two", "done"]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    assert_eq!(walk.document()["scheduled"], json!(["one", "done"]));
    walk.take("again", json!({})).await;
    assert_eq!(walk.document()["scheduled"], json!(["one", "one", "done"]));
}

/// Covers PROTO-121: a rule that plans and names a state goes to what it planned first, and to the state behind that.
#[tokio::test]
async fn a_named_state_comes_behind_what_the_same_rule_plans() {
    let plan = "  plan: [{ schedule: two }, { schedule: three }]";
    let shop = Checkout::new(&[&checkout("{ agenda: plan, to: one }", plan)]);
    assert_eq!(visits(&shop, &[]).await, ["two", "three", "one", "done"]);
}

#[tokio::test]
async fn chooses_the_first_rule_that_applies_or_none() {
    let shop = Checkout::new(&[&checkout(
        "{ agenda: plan, to: next }",
        "  plan:
    - choose:
        - { when: cart.size > 1, schedule: one }
        - { when: gift, all: [{ schedule: two }, { when: cart.size > 0, schedule: three }, { schedule: four }] }
        - { when: cart.size > 0, schedule: three }
    - { schedule: four }",
    )]);
    assert_eq!(visits(&shop, &[]).await, ["four", "done"]);
    assert_eq!(visits(&shop, &[item()]).await, ["three", "four", "done"]);
    assert_eq!(visits(&shop, &[item(), item(), gift()]).await, ["one", "four", "done"]);
    assert_eq!(visits(&shop, &[gift()]).await, ["two", "four", "four", "done"]);
    assert_eq!(visits(&shop, &[gift(), item()]).await, ["two", "three", "four", "four", "done"]);
}

#[tokio::test]
async fn carries_out_other_agendas_in_place() {
    let shop = Checkout::new(&[&checkout(
        "{ agenda: plan, to: next }",
        "  plan: [{ schedule: one }, { agenda: inner, when: gift }, { schedule: two }]
  inner: [{ schedule: three }, { agenda: innermost }]
  innermost: [{ schedule: four }]",
    )]);
    assert_eq!(visits(&shop, &[]).await, ["one", "two", "done"]);
    assert_eq!(visits(&shop, &[gift()]).await, ["one", "three", "four", "two", "done"]);
}

/// An agenda that is carried out once is so for the flow, not for the request; going back undoes that.
#[tokio::test]
async fn carries_out_an_agenda_once_in_a_flow() {
    let graph = checkout(
        "{ agenda: plan, to: next }",
        "  plan: [{ agenda: inner }, { agenda: inner }, { schedule: two }]
  inner: { once: true, rules: [{ schedule: one }] }",
    )
    .replace("      again:", "      back:\n      again:");
    let shop = Checkout::new(&[&graph]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    assert_eq!(walk.answer.state(), "one");
    let document = walk.document();
    assert_eq!((&document["scheduled"], &document["done"]), (&json!(["two", "done"]), &json!(["inner"])));
    walk.take("again", json!({})).await;
    assert_eq!(walk.answer.state(), "two");
    assert_eq!(walk.document()["scheduled"], json!(["two", "done"]));
    walk.take("back", json!({})).await;
    walk.take("back", json!({})).await;
    assert_eq!((walk.answer.state().as_str(), walk.document().get("done")), ("cart", None));
    assert_eq!(follow(&mut walk).await, ["one", "two", "done"]);
}

/// A rule can tell an error without scheduling anything; the flow goes on all the same.
#[tokio::test]
async fn tells_an_error_with_the_next_state() {
    let shop = Checkout::new(&[&checkout(
        "{ agenda: plan, to: next }",
        "  plan: [{ when: gift, error: low_stock }, { schedule: one, when: cart.size > 0, error: card_declined }]",
    )]);
    let mut walk = shop.start().await;
    walk.take("enter_address", json!({"address": "home", "gift": true})).await;
    assert_eq!(walk.take("confirm", json!({})).await.place(), ("done".into(), 409));
    assert_eq!(walk.answer.code(), "low_stock");
    let mut walk = shop.start().await;
    walk.take("add_item", json!({"item": "tea"})).await;
    assert_eq!(walk.take("confirm", json!({})).await.place(), ("one".into(), 402));
    assert_eq!(walk.document()["scheduled"], json!(["done"]));
}

/// Guards of agendas see what earlier requests scheduled, not what this one does; and where the flow has been.
#[tokio::test]
async fn asks_for_the_stored_schedule_and_the_visited_states() {
    let shop = Checkout::new(&[&checkout(
        "{ agenda: plan, to: next }",
        "  plan:
    - { schedule: one }
    - { when: \"'one' in flow.scheduled\", schedule: four }
    - { when: \"'cart' in flow.visited && flow.previous == 'cart' && flow.state == 'one'\", schedule: three }",
    )]);
    assert_eq!(visits(&shop, &[]).await, ["one", "done"]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    walk.take("again", json!({})).await;
    assert_eq!((walk.answer.state().as_str(), &walk.document()["scheduled"]), ("one", &json!(["three", "done"])));
}

const LEAVING: &str = "
    flow: checkout
    start: [cart]
    use: [delivery]
    on_leave_subflow: { delivery: after_delivery }
    states:
      cart:
        actions:
          confirm: { outcomes: { confirmed: address } }
      packing:
        actions:
          confirm: { outcomes: { confirmed: next } }
      done: {}
      error: {}
    agendas:
      after_delivery: [{ schedule: packing }, { schedule: done }]";

const DELIVERY: &str = "
    subflow: delivery
    states:
      address:
        actions:
          enter_address: { outcomes: { entered: method, abroad: next } }
          add_item: { outcomes: { added: stay } }
          confirm: { outcomes: { confirmed: cart } }
      method:
        actions:
          choose_delivery: { outcomes: { chosen: next } }";

/// Covers PROTO-125, PROTO-126: the agenda runs when nothing is next, and the state is looked for again.
#[tokio::test]
async fn leaving_a_subflow_plans_what_follows() {
    let shop = Checkout::new(&[LEAVING, DELIVERY]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    walk.take("add_item", json!({"item": "tea"})).await;
    walk.take("enter_address", json!({"address": "home"})).await;
    assert_eq!((walk.answer.state().as_str(), &walk.document()["scheduled"]), ("method", &json!([])));
    walk.take("choose_delivery", json!({"method": "standard"})).await;
    assert_eq!((walk.answer.state().as_str(), &walk.document()["scheduled"]), ("packing", &json!(["done"])));
    assert_eq!(walk.take("confirm", json!({})).await.place(), ("done".into(), 200));
}

/// Covers PROTO-124, PROTO-125: a state that the action named comes first, then the agenda, then earlier schedules.
#[tokio::test]
async fn a_named_state_of_another_owner_comes_before_the_agenda() {
    let flow = LEAVING.replace("start: [cart]", "start: [cart, done]");
    let shop = Checkout::new(&[&flow, DELIVERY]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    walk.take("confirm", json!({})).await;
    let document = walk.document();
    assert_eq!((walk.answer.state().as_str(), &document["scheduled"]), ("cart", &json!(["packing", "done", "done"])));
    walk.take("confirm", json!({})).await;
    walk.take("enter_address", json!({"address": "abroad"})).await;
    let document = walk.document();
    // `packing` was scheduled already and is of another owner, so the agenda runs and goes in front of it.
    assert_eq!(walk.answer.state(), "packing");
    assert_eq!(document["scheduled"], json!(["done", "packing", "done", "done"]));
}
