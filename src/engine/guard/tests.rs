use proptest::prelude::*;

use super::*;
use crate::engine::{
    domain::Domain,
    facts::FlowFacts,
    testing::{DeliverySettings, Gifts, Method, Settings, Shop, Stash},
};

fn compiler_with(settings: &Settings) -> Compiler {
    let FactType::Record(mut roots) = FactType::of::<<Shop as Domain>::Facts>() else { panic!("a structure") };
    roots.insert(SETTINGS.to_owned(), FactType::of::<Settings>());
    roots.insert("flow".to_owned(), FlowFacts::kind(["checkout"].into_iter(), ["cart", "done"].into_iter()));
    Compiler::new(roots, serde_json::to_value(settings).unwrap())
}

fn compiler() -> Compiler {
    compiler_with(&Settings::default())
}

fn asked(stash: &Stash) -> Asked {
    let scheduled = ["done".to_owned()];
    let flow =
        FlowFacts { name: "checkout", state: "cart", previous: "", scheduled: &scheduled, visited: vec!["cart"] };
    Asked::new(&Shop::facts(stash), &flow).unwrap()
}

/// Whether `condition` holds with this stash.
#[track_caller]
fn holds(condition: &str, stash: &Stash) -> bool {
    let guard = compiler().compile(condition).unwrap_or_else(|fault| panic!("{condition}: {fault:?}"));
    guard.holds(&asked(stash)).unwrap_or_else(|failure| panic!("{condition}: {failure}"))
}

fn full() -> Stash {
    Stash {
        items: vec!["tea".into(), "rice".into()],
        address: Some("home".into()),
        method: Method::Express,
        gift: true,
        extra: serde_json::json!({"heavy": true, "sizes": [1, 2]}),
        ..Stash::default()
    }
}

#[test]
fn asks_for_facts_of_every_type() {
    for condition in [
        "gift",
        "!coupon",
        "gift && cart.size == 2 || coupon",
        "cart.size > 1 && cart.size >= 2 && cart.size < 3 && cart.size <= 2 && cart.size != 3",
        "cart.total == 19.0 && cart.total > 18 && cart.size < 2.5 && cart.total > cart.size",
        "-1 < cart.size && cart.size in [1, 2] && cart.size == 2.0 && 2 == cart.size && cart.size in [2.0]",
        "2 in extra.sizes && extra.sizes == [1, 2]",
        "delivery.address == 'home' && delivery.address != ''",
        "delivery.address.startsWith('ho') && delivery.address.endsWith('me') && delivery.address.contains('om')",
        "delivery.method == 'express' && delivery.method != 'standard'",
        "delivery.method in ['standard', 'express']",
        "'tea' in cart.items && !('milk' in cart.items)",
        "size(cart.items) == 2 && cart.items.size() == cart.size && size(delivery.address) == 4",
        "cart.items == ['tea', 'rice'] && cart.items + ['milk'] != cart.items",
        "cart.items.exists(item, item == 'rice') && cart.items.all(item, item != 'milk')",
        "cart.items.exists(item, item == delivery.address || item.startsWith('t'))",
        "cart.items.filter(item, item != 'tea').size() == 1",
        "(gift ? 'yes' : 'no') == 'yes'",
        "extra.heavy && has(extra.sizes) && !has(extra.color)",
        "flow.name == 'checkout' && flow.state == 'cart' && flow.previous == ''",
        "'done' in flow.scheduled && 'cart' in flow.visited && !('done' in flow.visited)",
    ] {
        assert!(holds(condition, &full()), "{condition}");
        assert!(!holds(&format!("!({condition})"), &full()), "{condition}");
    }
}

#[test]
fn decides_by_the_configuration_what_it_decides_alone() {
    let settings = Settings {
        delivery: DeliverySettings { express: true, methods: vec![Method::Express], free_from: 3, price: 4.5 },
        gifts: Gifts::Always,
        name: "\"Quotes\", \\ and \n".into(),
        coupons: [("spring".to_owned(), 10), ("endless".to_owned(), u64::MAX)].into(),
        ..Settings::default()
    };
    for condition in [
        "config.delivery.express",
        "config.delivery.free_from == 3 && config.delivery.price > 4",
        "config.gifts == 'always'",
        "'express' in config.delivery.methods && !('standard' in config.delivery.methods)",
        "config.delivery.methods.all(method, method == 'express')",
        "config.name.startsWith('\"Quotes\", \\\\ and \\n')",
        "config.slogan == null && (config.slogan == null || size(config.slogan) > 3)",
        "size(config.coupons) == 2 && has(config.coupons.spring) && config.coupons.spring == 10",
        "config.coupons.endless > 10",
        "!has(config.coupons.autumn) && 'spring' in config.coupons",
        "has(config.delivery.express)",
    ] {
        let guard = compiler_with(&settings).compile(condition);
        assert!(matches!(guard, Ok(Guard::Constant(true))), "{condition}: {guard:?}");
    }
}

#[test]
fn asks_only_for_what_the_configuration_leaves_open() {
    let guard =
        compiler().compile("config.delivery.express && gift && cart.size >= config.delivery.free_from").unwrap();
    let Guard::Asked(expression) = &guard else { panic!("the facts are needed") };
    assert_eq!(variables(expression).collect::<Vec<_>>(), ["gift", "cart"]);
    assert!(!guard.holds(&asked(&full())).unwrap());
    let items = vec!["tea".to_owned(); 3];
    assert!(guard.holds(&asked(&Stash { items, ..full() })).unwrap());
}

#[test]
fn puts_the_definitions_of_named_facts_in_their_places() {
    let mut compiler = compiler();
    let faults = compiler.define([
        ("precious", "wrapped && config.gifts == 'asked'"),
        ("wrapped", "gift && size(contents) > 1"),
        ("contents", "cart.items"),
        ("speed", "config.delivery.express ? delivery.method : 'standard'"),
    ]);
    assert_eq!(faults, []);
    let facts = asked(&full());
    for (condition, expected) in [
        ("precious", true),
        ("!precious", false),
        ("'tea' in contents", true),
        ("contents.exists(item, item == 'milk')", false),
        ("speed == 'express'", true),
    ] {
        assert_eq!(compiler.compile(condition).unwrap().holds(&facts).unwrap(), expected, "{condition}");
    }
    let fault = compiler.compile("speed == 'slow'").unwrap_err();
    assert_eq!(fault.message, "the value is never 'slow'");
}

#[test]
fn blames_a_wrong_fact_and_not_those_who_use_it() {
    let mut compiler = compiler();
    let faults = compiler.define([("heavy", "cart.weight > 3"), ("large", "heavy && gift"), ("slow", "&&")]);
    let names: Vec<&str> = faults.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["slow", "heavy"]);
    assert!(compiler.compile("large || slow").is_ok());
}

#[test]
fn blames_the_facts_of_a_circle_and_not_those_who_use_them() {
    let mut compiler = compiler();
    let faults = compiler.define([("a", "b"), ("b", "!a"), ("c", "a && gift"), ("d", "gift")]);
    let messages: Vec<(&str, &str)> = faults.iter().map(|(name, fault)| (name.as_str(), &*fault.message)).collect();
    assert_eq!(
        messages,
        [("a", "it is defined by itself: a -> b -> a"), ("b", "it is defined by itself: b -> a -> b")]
    );
    assert!(compiler.compile("c && d").is_ok());
}

/// A value that can be anything is only known when it is asked for; then it must be true or false.
#[test]
fn fails_where_anything_turns_out_to_be_no_truth() {
    let guard = compiler().compile("extra.sizes").unwrap();
    assert!(guard.holds(&asked(&full())).unwrap_err().to_string().contains("instead of true or false"));
    assert!(compiler().compile("extra.color").unwrap().holds(&asked(&full())).is_err());
}

fn condition() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "gift",
        "coupon",
        "cart.size > 1",
        "cart.size == 2",
        "cart.size != 2",
        "'tea' in cart.items",
        "delivery.method == 'express'",
        "delivery.address != ''",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.prop_map(|a| format!("!({a})")),
        ]
    })
}

fn stash() -> impl Strategy<Value = Stash> {
    let items = prop::collection::vec(prop::sample::select(vec!["tea".to_owned(), "rice".to_owned()]), 0..4);
    (items, any::<(bool, bool, bool)>(), prop::sample::select(vec![Method::Standard, Method::Express])).prop_map(
        |(items, (gift, coupon, address), method)| Stash {
            items,
            gift,
            method,
            coupon: coupon.then(String::new),
            address: address.then(|| "home".into()),
            ..Stash::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What is said about the form of two conditions is true of their values.
    #[test]
    fn a_condition_that_covers_another_holds_whenever_it_does(
        wide in condition(), narrow in condition(), stashes in prop::collection::vec(stash(), 8),
    ) {
        let (cover, other) = (Cover::of(&wide).unwrap(), Cover::of(&narrow).unwrap());
        prop_assert!(Cover::always().covers(&cover) && cover.covers(&cover));
        if cover.covers(&other) {
            for stash in &stashes {
                prop_assert!(holds(&wide, stash) || !holds(&narrow, stash), "{wide} does not cover {narrow}");
            }
        }
    }
}

#[test]
fn sees_which_condition_is_wider() {
    let covers = |wide: &str, narrow: &str| Cover::of(wide).unwrap().covers(&Cover::of(narrow).unwrap());
    for (wide, narrow) in [
        ("gift", "gift && coupon"),
        ("gift && coupon", "coupon && gift"),
        ("gift || coupon", "gift"),
        ("gift || coupon", "coupon && cart.size > 1"),
        ("!(gift && coupon)", "!gift"),
        ("!gift || !coupon", "!(gift && coupon)"),
        ("!!gift", "gift"),
        ("cart.size != 1", "!(cart.size == 1) && gift"),
        ("(gift && coupon) || cart.size > 1", "gift && coupon"),
    ] {
        assert!(covers(wide, narrow), "{wide} covers {narrow}");
    }
    for (wide, narrow) in
        [("gift && coupon", "gift"), ("gift", "!gift"), ("gift", "coupon"), ("gift", "gift || coupon")]
    {
        assert!(!covers(wide, narrow), "{wide} does not cover {narrow}");
    }
    assert!(Cover::of("gift &&").is_none());
}

/// The facts that decided, each on a line, indented by depth.
fn explained(compiler: &Compiler, condition: &str, stash: &Stash) -> String {
    fn list(reason: &Reason, depth: usize, lines: &mut Vec<String>) {
        lines.push(format!("{}{} = {}", "  ".repeat(depth), reason.expression, reason.value));
        reason.because.iter().for_each(|part| list(part, depth + 1, lines));
    }
    let mut lines = Vec::new();
    list(&compiler.explain(condition, &asked(stash)).unwrap(), 0, &mut lines);
    lines.join("\n")
}

#[test]
fn explains_which_parts_of_a_condition_decided() {
    let mut compiler = compiler();
    let faults = compiler
        .define([("big", "cart.size > 1 || is_gift && coupon"), ("is_gift", "gift || !(config.delivery.express)")]);
    assert_eq!(faults, []);
    let explained = |condition, stash: &Stash| explained(&compiler, condition, stash);
    assert_eq!(
        explained("config.delivery.express && !gift && (coupon || big)", &Stash::default()),
        "config.delivery.express && !gift && (coupon || big) = false\n  coupon || big = false\n    coupon = false\n    \
         big = false\n      cart.size > 1 = false\n        cart.size = 0\n      is_gift && coupon = false\n        \
         is_gift = false\n          gift = false\n          config.delivery.express = true\n        coupon = false"
    );
    assert_eq!(
        explained("!gift || coupon || cart.size == 2", &full()),
        "!gift || coupon || cart.size == 2 = true\n  cart.size == 2 = true\n    cart.size = 2"
    );
    assert_eq!(
        explained("!gift && delivery.method in ['standard', 'express']", &full()),
        "!gift && delivery.method in ['standard', 'express'] = false\n  gift = true"
    );
    assert_eq!(
        explained("gift ? cart.size > 5 : coupon", &full()),
        "gift ? cart.size > 5 : coupon = false\n  gift = true\n  cart.size > 5 = false\n    cart.size = 2"
    );
    assert_eq!(
        explained("cart.items.exists(item, item == 'milk')", &full()),
        "cart.items.exists(item, …) = false\n  cart.items = [\"tea\",\"rice\"]"
    );
}

/// A part that has no value, because something before it is not there, is left out.
#[test]
fn explains_a_condition_with_a_part_that_cannot_be_asked() {
    let explained = explained(&compiler(), "gift && extra.heavy", &Stash::default());
    assert_eq!(explained, "gift && extra.heavy = false\n  gift = false");
}

#[test]
fn explanations_write_conditions_so_that_they_mean_the_same() {
    for condition in [
        "gift && (coupon || !(gift && coupon)) && size(cart.items) > 1",
        "(gift ? coupon : !gift) || delivery.address.startsWith('ho')",
        "gift && (coupon ? gift : coupon)",
        "(coupon || gift) == true && cart.total >= 1.5 && extra != null",
        "(cart.items + ['milk']) == ['tea', 'rice', 'milk']",
    ] {
        let written = text::written(&syntax::parse(condition).unwrap());
        for stash in [Stash::default(), full()] {
            assert_eq!(holds(condition, &stash), holds(&written, &stash), "{condition} became {written}");
        }
    }
}
