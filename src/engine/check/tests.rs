//! Graphs that are right and must not be complained about; what is wrong with others is pinned in `tests/graphs`.

use crate::engine::{
    compile,
    testing::{Settings, registry, walk::sources},
};

/// What is said about the graphs.
fn said(texts: &[&str]) -> String {
    said_about(texts, &[])
}

fn said_about(shipped: &[&str], replacements: &[&str]) -> String {
    match compile(&sources(shipped), &sources(replacements), &registry(), &Settings::default()) {
        Ok(_) => String::new(),
        Err(problems) => problems.to_string(),
    }
}

const DELIVERY: &str = "
    subflow: delivery
    states:
      address:
        actions:
          enter_address: { outcomes: { entered: next, abroad: customs } }
      customs:
        actions:
          confirm: { outcomes: { confirmed: next } }";

#[test]
fn a_state_is_reached_by_an_agenda_within_an_agenda_when_a_subflow_is_left() {
    let flow = "
        flow: checkout
        start: [address]
        use: [delivery]
        on_leave_subflow: { delivery: after_delivery }
        states:
          packing: { actions: { confirm: { outcomes: { confirmed: next } } } }
          done: {}
          error: {}
        agendas:
          after_delivery: [{ agenda: inner }]
          inner: [{ choose: [{ when: gift, all: [{ schedule: packing }] }] }, { schedule: done }]";
    assert_eq!(said(&[flow, DELIVERY]), "");
}

/// The state `error` is no end to speak of, but an error of the server may lead there.
#[test]
fn a_flow_that_can_only_fail_has_no_end() {
    let flow = "
        flow: checkout
        start: [cart]
        states:
          cart: { actions: { confirm: { outcomes: { confirmed: { refuse: gateway_down } } } } }
          error: {}";
    assert!(said(&[flow]).contains("no way leads from the state `cart` to an end"));
}

#[test]
fn what_an_action_needs_can_be_anywhere_in_the_flow() {
    let flow = |before: &str, on_leave: &str, run: &str| {
        format!(
            "
        flow: checkout
        start: [parcel]
        before_each_action: [{before}]
        states:
          parcel:
            on_leave: [{on_leave}]
            actions: {{ track_parcel: {{ outcomes: {{ confirmed: {{ run: [{run}], to: done }} }} }} }}
          done: {{}}
          error: {{}}"
        )
    };
    assert!(said(&[&flow("", "", "")]).contains("`track_parcel` relies on"));
    assert_eq!(said(&[&flow("print_receipt", "", "")]), "");
    assert_eq!(said(&[&flow("", "issue_receipt", "")]), "");
    assert_eq!(said(&[&flow("", "", "issue_receipt")]), "");
}

/// What runs only where nobody comes does not count.
#[test]
fn what_an_action_needs_must_be_reached() {
    let flow = "
        flow: checkout
        start: [address]
        use: [delivery]
        states:
          address: { actions: { track_parcel: { outcomes: { confirmed: done } } } }
          done: {}
          error: {}";
    let returns = "
        flow: returns
        start: [address]
        use: [delivery]
        states: { done: { on_enter: [print_receipt] }, error: {} }";
    let delivery = DELIVERY.replace("entered: next", "entered: done").replace("confirmed: next", "confirmed: done");
    let delivery = delivery.replace("customs:\n", "customs:\n        on_leave: [issue_receipt]\n");
    assert!(said(&[flow, returns, &delivery]).contains("`track_parcel` relies on"));
}

#[test]
fn a_payload_is_declared_where_it_can_show() {
    let flow = |cart: &str, done: &str, extension: &str| {
        format!(
            "
        flow: checkout
        start: [cart]
        use: [delivery]
        extend: {{ address: {{ on_enter: [show_cart], payload: [{extension}] }} }}
        states:
          cart:
            payload: [{cart}]
            on_leave: [issue_ticket]
            actions:
              pay: {{ outcomes: {{ paid: address, on_account: done }} }}
          done: {{ payload: [{done}] }}
          error: {{}}"
        )
    };
    let delivery = DELIVERY.replace("entered: next", "entered: done").replace("confirmed: next", "confirmed: done");
    assert_eq!(said(&[&flow("advice", "ticket", "cart"), &delivery]), "");
    assert_eq!(said(&[&flow("ticket", "advice", "cart"), &delivery]), "");
    assert!(said(&[&flow("advice", "ticket", ""), &delivery]).contains("`show_cart` puts `cart`"));
    assert!(said(&[&flow("advice", "", "cart"), &delivery]).contains("`issue_ticket` puts `ticket`"));
    assert!(said(&[&flow("ticket", "", "cart"), &delivery]).contains("`pay` puts `advice`"));
}

const FLOW: &str = "
    flow: checkout
    start: [address]
    use: [delivery]
    states: { error: {}, done: {} }";

/// Whoever replaces a shipped flow need not use all that is shipped; but what is their own must have a use.
#[test]
fn what_is_shipped_may_be_unused_once_something_is_replaced() {
    let delivery = DELIVERY.replace("next", "done");
    let simple = "
        flow: checkout
        start: [cart]
        states:
          cart: { actions: { confirm: { outcomes: { confirmed: done } } } }
          done: {}
          error: {}";
    assert_eq!(said_about(&[FLOW, &delivery], &[]), "");
    assert_eq!(said_about(&[FLOW, &delivery], &[simple]), "");
    let extras = "
        subflow: extras
        states: { extra: {} }";
    assert!(said_about(&[FLOW, &delivery], &[simple, extras]).contains("no flow takes in the sub-flow `extras`"));
    assert!(said_about(&[simple, &delivery], &[]).contains("no flow takes in the sub-flow `delivery`"));
}

#[test]
fn a_replacement_takes_the_place_of_the_shipped_graph() {
    let delivery = DELIVERY.replace("next", "done");
    let own = delivery.replace("abroad: customs", "abroad: done");
    let own = &own[..own.find("      customs:").unwrap()];
    let flows = compile(&sources(&[FLOW, &delivery]), &sources(&[own]), &registry(), &Settings::default());
    let flows = flows.unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(flows[0].states.keys().collect::<Vec<_>>(), ["error", "done", "address"]);
}

/// In the lists of agendas of which all rules are carried out, none is in the shadow of another.
#[test]
fn rules_that_are_all_carried_out_may_be_alike() {
    let flow = "
        flow: checkout
        start: [cart]
        states:
          cart: { actions: { confirm: { outcomes: { confirmed: { agenda: plan, to: next } } } } }
          done: {}
          error: {}
        agendas:
          plan: [{ schedule: done }, { when: gift, schedule: cart }, { when: gift, all: [{ schedule: done }, { schedule: cart }] }]";
    assert_eq!(said(&[flow]), "");
}
