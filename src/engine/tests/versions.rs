//! Graphs change while flows are under way: a flow finishes on the graph on which it began.

use serde_json::json;

use crate::engine::{
    Graphs,
    testing::{Checkout, walk::graphs},
};

const OLD: &str = "
    flow: checkout
    start: [cart]
    states:
      cart:
        actions:
          confirm: { outcomes: { confirmed: payment } }
      payment:
        actions:
          confirm: { outcomes: { confirmed: done } }
      done: {}
      error: {}";

fn new() -> String {
    OLD.replace("confirmed: payment", "confirmed: packing").replace("payment:", "packing:")
}

#[tokio::test]
async fn a_flow_finishes_on_the_graph_on_which_it_began() {
    let shop = Checkout::new(&[OLD]);
    let walk = shop.start().await;
    let request = |token: &str| crate::engine::Request {
        action: "confirm".into(),
        flow: walk.id,
        inputs: serde_json::Map::new(),
        csrf_token: token.into(),
    };
    let begun = request(&walk.csrf_token);
    let shop = shop.reopened(Graphs::new(graphs(&[&new()])).with_older(graphs(&[OLD])));
    let answer = shop.request("checkout", begun, |_| {}).await;
    assert_eq!(answer.place(), ("payment".into(), 200));
    let token = answer.response["csrf_token"].as_str().unwrap();
    assert_eq!(shop.request("checkout", request(token), |_| {}).await.place(), ("done".into(), 200));
}

#[tokio::test]
async fn a_flow_begins_on_the_present_graph() {
    let shop = Checkout::of(Graphs::new(graphs(&[&new()])).with_older(graphs(&[OLD])));
    let mut walk = shop.start().await;
    assert_eq!(walk.take("confirm", json!({})).await.place(), ("packing".into(), 200));
}

#[tokio::test]
async fn a_flow_whose_graph_is_gone_has_expired() {
    let shop = Checkout::new(&[OLD]);
    let request = shop.start().await.request("confirm", json!({}));
    let shop = shop.reopened(Graphs::new(graphs(&[&new()])));
    let answer = shop.request("checkout", request, |_| {}).await;
    answer.assert_rejected(410, "flow_expired_error");
    assert_eq!(answer.cause(), "the graph on which the flow began is gone");
}

/// A graph that only moved to another file is the same graph; one of which a sub-flow changed is not.
#[test]
fn a_graph_is_known_by_its_texts_and_those_of_its_subflows() {
    let flow = OLD.replace("states:", "use: [extras]\n    states:").replace("confirmed: done", "confirmed: extra");
    let subflow = "
        subflow: extras
        states:
          extra:
            actions:
              confirm: { outcomes: { confirmed: done } }";
    let changed = subflow.replace("confirmed: done", "confirmed: { to: done, no_return: true }");
    let hash = |texts: &[&str]| graphs(texts)[0].hash.clone();
    assert_eq!(hash(&[&flow, subflow]), hash(&[subflow, &flow]));
    assert_eq!(hash(&[&flow, subflow]).len(), 16);
    assert_ne!(hash(&[&flow, subflow]), hash(&[&flow, &changed]));
}
