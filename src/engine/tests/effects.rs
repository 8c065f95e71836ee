//! Effects: when they run, in which order, and what comes of their failures.

use serde_json::json;

use crate::engine::testing::Checkout;

const CHECKOUT: &str = "
    flow: checkout
    start: [cart]
    use: [paying]
    before_each_action: [check_in]
    states:
      cart:
        on_enter: [bell_a]
        on_leave: [bell_b, { run: bell_c, when: cart.size > 1 }]
        actions:
          add_item: { outcomes: { added: stay } }
          confirm: { outcomes: { confirmed: { to: payment, run: [issue_receipt] } } }
      done:
        payload: [cart, ticket]
        on_enter: [show_cart, issue_ticket]
      error: {}
    extend:
      payment:
        payload: [cart]
        on_enter: [show_cart]
        on_leave: [issue_receipt]";

const PAYING: &str = "
    subflow: paying
    states:
      payment:
        payload: [ticket, advice]
        on_enter: [issue_ticket]
        on_leave: [bell_a]
        actions:
          pay: { outcomes: { paid: done, on_account: stay } }
          back:";

/// Covers PROTO-127, PROTO-131.
#[tokio::test]
async fn effects_of_leaving_run_also_when_staying() {
    let shop = Checkout::new(&[CHECKOUT, PAYING]);
    let mut walk = shop.start().await;
    assert_eq!(walk.answer.till.ran, ["bell_a"]);
    walk.take("add_item", json!({"item": "tea"})).await;
    assert_eq!(walk.answer.till.ran, ["check_in", "check_in", "bell_b", "bell_a"]);
    walk.take("add_item", json!({"item": "rice"})).await;
    assert_eq!(walk.answer.till.ran, ["check_in", "check_in", "bell_b", "bell_c", "bell_a"]);
}

/// The order that is written is the order that runs; what a flow adds to a state of a sub-flow comes last.
#[tokio::test]
async fn effects_run_in_the_order_in_which_they_are_written() {
    let shop = Checkout::new(&[CHECKOUT, PAYING]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    assert_eq!(walk.answer.till.ran, ["check_in", "issue_receipt", "check_in", "bell_b", "issue_ticket", "show_cart"]);
    assert_eq!(walk.answer.payload(), &json!({"ticket": 1, "cart": []}));
    walk.take("pay", json!({"card": "good"})).await;
    assert_eq!(walk.answer.till.ran, ["check_in", "check_in", "bell_a", "issue_receipt", "show_cart", "issue_ticket"]);
}

/// Covers PROTO-139.
#[tokio::test]
async fn what_effects_of_the_next_state_remember_is_stored() {
    let shop = Checkout::new(&[CHECKOUT, PAYING]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    assert_eq!((walk.answer.payload()["ticket"].as_u64(), walk.stash()["ticket"].as_u64()), (Some(1), Some(1)));
    walk.take("pay", json!({"card": "account"})).await;
    assert_eq!((walk.answer.payload()["ticket"].as_u64(), walk.stash()["ticket"].as_u64()), (Some(2), Some(2)));
}

/// Covers PROTO-133, PROTO-168: wherever an effect fails, everything is undone and the token stays good.
#[tokio::test]
async fn a_failing_effect_undoes_the_step() {
    let shop = Checkout::new(&[CHECKOUT, PAYING]);
    let failures = [("issue_receipt", 1), ("check_in", 2), ("bell_b", 1), ("issue_ticket", 1), ("show_cart", 1)];
    for jammed in failures {
        let mut walk = shop.start().await;
        let before = walk.row();
        let answer = walk.take_with("confirm", json!({}), |till| till.jammed = Some(jammed)).await;
        answer.assert_rejected(500, "technical_error");
        assert_eq!(answer.cause(), format!("{} is jammed", jammed.0));
        assert_eq!(answer.response["error"]["cause"], format!("{} is jammed", jammed.0));
        assert_eq!(walk.row(), before);
        assert_eq!(walk.take("confirm", json!({})).await.place(), ("payment".into(), 200));
    }
    assert_eq!(shop.ledger.entries(), vec!["receipt"; failures.len()]);
}

/// Covers PROTO-132: the last of several errors is shown, and the flow is in the next state.
#[tokio::test]
async fn an_attached_error_stops_nothing() {
    let flow = CHECKOUT
        .replace("{ to: payment, run: [issue_receipt] }", "{ to: payment, error: card_declined }")
        .replace("on_enter: [show_cart]\n", "on_enter: [warn_low_stock]\n");
    let shop = Checkout::new(&[&flow, PAYING]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    assert_eq!(walk.answer.place(), ("payment".into(), 402));
    assert_eq!(walk.answer.code(), "card_declined");
    assert_eq!(walk.answer.actions(), ["back", "pay"]);
    assert_eq!(walk.answer.payload(), &json!({"ticket": 1}));
    assert_eq!((walk.row().version, &walk.document()["state"]), (1, &json!("payment")));
    walk.take("pay", json!({"card": "account"})).await;
    assert_eq!((walk.answer.place(), walk.answer.code()), (("payment".into(), 409), "low_stock".into()));
}

/// Covers PROTO-61.
#[tokio::test]
async fn an_error_without_a_cause_shows_none_in_debug_mode() {
    let flow = CHECKOUT.replace("{ to: payment, run: [issue_receipt] }", "{ to: payment, error: card_declined }");
    let shop = Checkout::new(&[&flow, PAYING]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    assert_eq!(walk.answer.code(), "card_declined");
    assert_eq!(walk.answer.response["error"].get("cause"), None);
}

/// Covers PROTO-58.
#[tokio::test]
async fn links_are_shown_in_order_and_only_once() {
    let shop = Checkout::new(&[&CHECKOUT.replace("[bell_a]\n", "[show_links]\n"), PAYING]);
    let mut walk = shop.start().await;
    let links = json!([
        {"name": "terms", "href": "https://shop.test/terms", "category": "legal", "target": "_blank"},
        {"name": "help", "href": "https://shop.test/help", "category": "other", "target": "_self"},
    ]);
    assert_eq!(walk.answer.response["links"], links);
    walk.take("add_item", json!({"item": ""})).await;
    assert_eq!(walk.answer.response["links"], links);
    walk.take("confirm", json!({})).await;
    assert_eq!(walk.answer.response["links"], json!(null));
}

/// The engine commits before it answers and rolls back what failed; what a context keeps back until then leaves after the
/// commit or not at all.
#[tokio::test]
async fn nothing_is_let_out_before_the_commit() {
    let shop = Checkout::new(&[CHECKOUT, PAYING]);
    let mut walk = shop.start().await;
    walk.take("confirm", json!({})).await;
    let answer = walk.take_with("pay", json!({"card": "good"}), |till| till.commit_fails = true).await;
    answer.assert_rejected(500, "technical_error");
    assert_eq!(answer.till.sent, [""; 0]);
    walk.take("pay", json!({"card": "jam"})).await.assert_rejected(500, "technical_error");
    assert_eq!(walk.answer.till.sent, [""; 0]);
    walk.take("pay", json!({"card": "declined"})).await;
    assert_eq!(walk.answer.till.sent, ["mail about declined"]);
    walk.take("pay", json!({"card": "good"})).await;
    assert_eq!(walk.answer.till.sent, ["mail about good"]);
}
