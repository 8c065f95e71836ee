use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::engine::{
    Graph,
    testing::{Shop, walk::graphs},
    tests::model::plan::plan,
};

const CHECKOUT: &str = "
    flow: checkout
    about: Buy <something> & pay.
    start: [welcome, cart]
    use: [delivery]
    on_leave_subflow: { delivery: after_delivery }
    states:
      welcome:
        actions: { confirm: { outcomes: { confirmed: next } } }
      cart:
        about: What to buy?
        payload: [advice]
        actions:
          add_item: { offer: cart.size < 9, outcomes: { added: stay } }
          pay:
            outcomes:
              paid:
                - { when: gift, refuse: low_stock }
                - { when: cart.size > 1, to: address, error: low_stock }
                - { to: done }
              on_account: [{ when: gift, to: address }, { to: address }]
          confirm: { outcomes: { confirmed: { refuse: card_declined } } }
          back:
      packing:
        actions: { confirm: { outcomes: { confirmed: next } }, surprise: { outcomes: { expected: cart } } }
      done: {}
      error: {}
    agendas:
      after_delivery:
        once: true
        rules: [{ when: gift && delivery.address != '' && delivery.method == 'express', schedule: packing }, { agenda: more }, { schedule: done }]
      more: [{ choose: [{ when: gift, schedule: cart }, { schedule: packing }] }]";

const DELIVERY: &str = "
    subflow: delivery
    states:
      address:
        actions: { enter_address: { outcomes: { entered: next, abroad: next } }, back: }
      hidden:
        actions: { confirm: { outcomes: { confirmed: done } } }";

fn graph() -> Graph<Shop> {
    let returns = "
        flow: returns
        start: [hidden]
        use: [delivery]
        states: { done: {}, error: {} }";
    let flows = graphs(&[CHECKOUT, DELIVERY, returns]);
    flows.into_iter().find(|graph| graph.name == "checkout").unwrap()
}

#[test]
fn mermaid_draws_states_in_their_groups_and_all_ways_on() {
    let text = mermaid(&graph());
    for line in [
        "begin --> state_welcome",
        "state_welcome -.->|\"confirm: confirmed\"| state_cart",
        "state_cart -->|\"add_item: added\"| state_cart",
        "state_cart -->|\"pay: paid, if cart.size #gt; 1, with low_stock<br>pay: on_account\"| state_address",
        "state_cart -->|\"pay: paid, otherwise\"| state_done",
        "state_address -.->|\"enter_address: entered<br>enter_address: abroad\"| agenda_after_delivery",
        "agenda_after_delivery -.->|\"1. if …\"| state_packing",
        "agenda_after_delivery -.->|\"2.\"| agenda_more",
        "agenda_after_delivery -.->|\"3.\"| state_done",
        "agenda_more -.->|\"1. if gift\"| state_cart",
        "agenda_more -.->|\"2. otherwise\"| state_packing",
        "state_packing -.->|\"confirm: confirmed\"| next",
        "subgraph group_1[\"delivery\"]",
        "state_done([\"<b>done</b>\"]):::ending",
        "state_cart[\"<b>cart</b><br>What to buy?\"]",
        "agenda_after_delivery{{\"<b>after_delivery</b><br>when delivery is left, once in a flow\"}}:::agenda",
    ] {
        assert!(text.lines().any(|known| known.trim() == line), "{line}\nis missing in\n{text}");
    }
}

#[test]
fn what_is_refused_what_goes_back_and_what_is_not_reached_is_not_drawn() {
    for text in [mermaid(&graph()), dot(&graph()), svg(&graph())] {
        for hidden in ["hidden", "card_declined", "|\"back\"|", "label = \"back", ">back<", "refuse"] {
            assert!(!text.contains(hidden), "{hidden} is drawn:\n{text}");
        }
    }
}

#[test]
fn dot_draws_the_same_and_quotes_what_needs_it() {
    let text = dot(&graph());
    for line in [
        "digraph \"checkout\" {",
        "begin -> \"state welcome\"",
        "\"state cart\" -> \"state address\" [label = \"pay: paid, if cart.size > 1, with low_stock\\npay: on_account\"]",
        "\"agenda after_delivery\" -> \"state packing\" [label = \"1. if …\", style = dashed]",
        "\"state cart\" [label = \"cart\\nWhat to buy?\"]",
        "subgraph cluster_1 {",
    ] {
        assert!(text.lines().any(|known| known.trim() == line), "{line}\nis missing in\n{text}");
    }
    assert_eq!(text.matches('{').count(), text.matches('}').count());
}

/// The texts of all elements of a kind.
fn texts<'t>(svg: &'t str, class: &str) -> Vec<&'t str> {
    let start = format!("<text class=\"{class}\"");
    svg.split(&start).skip(1).map(|rest| &rest[rest.find('>').unwrap() + 1..rest.find("</text>").unwrap()]).collect()
}

#[test]
fn svg_shows_a_card_for_each_state_and_agenda_and_a_band_for_each_group() {
    let text = svg(&graph());
    let names: BTreeSet<&str> = texts(&text, "name").into_iter().collect();
    let expected =
        ["welcome", "cart", "packing", "done", "error", "address", "\u{2261} after_delivery", "\u{2261} more"];
    assert_eq!(names, BTreeSet::from(expected));
    assert_eq!(texts(&text, "group"), ["checkout", "delivery"]);
    assert_eq!(text.matches("class=\"begin\"").count(), 1);
    assert_eq!(text.matches("card state end").count(), 1);
    assert_eq!(text.matches("card state failure").count(), 1);
}

#[test]
fn svg_escapes_texts() {
    let text = svg(&graph());
    assert!(text.contains("Buy &lt;something&gt; &amp; pay."));
    assert!(texts(&text, "condition").contains(&"if cart.size &lt; 9"));
}

#[test]
fn svg_says_at_the_end_of_a_line_what_no_line_can() {
    let text = svg(&graph());
    assert_eq!(texts(&text, "sign"), ["stay ↻", "next ▸"]);
    assert_eq!(texts(&text, "back").len(), 2);
}

#[test]
fn pictures_are_the_same_each_time() {
    assert_eq!(mermaid(&graph()), mermaid(&graph()));
    assert_eq!(dot(&graph()), dot(&graph()));
    assert_eq!(svg(&graph()), svg(&graph()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the graph: each format names each reached state, and the picture is a document of balanced elements with
    /// numbers that are numbers.
    #[test]
    fn any_graph_can_be_drawn(plan in plan()) {
        let texts = plan.texts();
        let graph = graphs(&texts.iter().map(String::as_str).collect::<Vec<_>>()).remove(0);
        let (mermaid, dot, svg) = (mermaid(&graph), dot(&graph), svg(&graph));
        for state in graph.states.keys() {
            let (in_mermaid, in_dot) = (format!("<b>{state}</b>"), format!("\"state {state}\" [label = \"{state}\""));
            let in_svg = format!(">{state}</text>");
            prop_assert!(mermaid.contains(&in_mermaid) && dot.contains(&in_dot) && svg.contains(&in_svg));
        }
        prop_assert_eq!(svg.matches("<g").count(), svg.matches("</g>").count());
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
