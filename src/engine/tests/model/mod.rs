//! Random requests to random graphs: whatever happens, the engine is where a simple model of the specification says.

mod machine;
pub(in crate::engine) mod plan;

use std::collections::BTreeSet;

use proptest::{collection::vec, prelude::*, test_runner::TestCaseResult};
use serde_json::{Value, json};

use crate::engine::{
    Request,
    testing::{Checkout, Till, Walk},
};
use machine::{Expected, Machine};
use plan::{Plan, plan};

/// What a client does.
#[derive(Debug, Clone)]
enum Move {
    /// Takes an action with inputs.
    Take(&'static str, Value),
    /// The same while the database fails at the end.
    TakeInVain(&'static str, Value),
    /// Takes an action with the token of the answer before the last.
    Repeat(&'static str, Value),
}

fn taken() -> impl Strategy<Value = (&'static str, Value)> {
    let item = prop::sample::select(vec!["tea", " RICE ", "unicorn", "", "far too long for any item"]);
    let card = prop::sample::select(vec!["good", "account", "declined", "down", "jam", ""]);
    prop_oneof![
        6 => Just(("confirm", json!({}))),
        2 => Just(("leap", json!({}))),
        3 => Just(("back", json!({}))),
        3 => item.prop_map(|item| ("add_item", json!({"item": item}))),
        2 => Just(("apply_coupon", json!({"code": "spring"}))),
        3 => card.prop_map(|card| ("pay", json!({"card": card}))),
    ]
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        12 => taken().prop_map(|(action, inputs)| Move::Take(action, inputs)),
        1 => taken().prop_map(|(action, inputs)| Move::TakeInVain(action, inputs)),
        1 => taken().prop_map(|(action, inputs)| Move::Repeat(action, inputs)),
    ];
    vec(one, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Covers PROTO-38, PROTO-102, PROTO-103, PROTO-104, PROTO-106, PROTO-152, PROTO-168: after each step, the document
    /// is that of the model, the version is one more, and the token is a new one; or nothing changed at all.
    #[test]
    fn the_engine_is_where_the_model_says(plan in plan(), moves in moves()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(follow(&plan, moves))?;
    }
}

async fn follow(plan: &Plan, moves: Vec<Move>) -> TestCaseResult {
    let texts = plan.texts();
    let shop = Checkout::new(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let mut walk = shop.start().await;
    let mut machine = Machine::start(plan, &walk.document());
    let mut tokens = BTreeSet::from([walk.csrf_token.clone()]);
    let mut old_token = "none".to_owned();
    check(&machine, &walk)?;
    for step in moves {
        let (before, last) = (walk.row(), walk.csrf_token.clone());
        let changed = match step {
            Move::Take(action, inputs) => {
                walk.take(action, inputs.clone()).await;
                let expected = machine.take(action, &inputs);
                compare(&expected, &walk)?;
                matches!(expected, Expected::Answer { .. })
            }
            Move::TakeInVain(action, inputs) => {
                let failing = |till: &mut Till| till.commit_fails = true;
                walk.take_with(action, inputs, failing).await.assert_rejected(500, "technical_error");
                false
            }
            Move::Repeat(action, inputs) => {
                let request = Request { csrf_token: old_token.clone(), ..walk.request(action, inputs) };
                let answer = shop.request("checkout", request, |_| {}).await;
                answer.assert_rejected(403, "operation_not_permitted_error");
                false
            }
        };
        if changed {
            let row = walk.row();
            prop_assert_eq!(row.version, before.version + 1);
            prop_assert_eq!(&row.csrf_token, &walk.csrf_token);
            prop_assert!(tokens.insert(row.csrf_token), "a token came twice");
            prop_assert_eq!(row.expires_at, before.expires_at);
            old_token = last;
        } else {
            prop_assert_eq!(walk.row(), before);
        }
        check(&machine, &walk)?;
    }
    Ok(())
}

/// The answer is the expected one.
fn compare(expected: &Expected, walk: &Walk<'_>) -> TestCaseResult {
    match expected {
        Expected::Rejected => walk.answer.assert_rejected(403, "operation_not_permitted_error"),
        Expected::Failed(cause) => {
            walk.answer.assert_rejected(500, "technical_error");
            prop_assert!(walk.answer.cause().starts_with(cause), "{} instead of {cause}", walk.answer.cause());
        }
        Expected::Answer { state, status, offered } => {
            prop_assert_eq!(walk.answer.place(), (state.clone(), *status));
            let mut actions = walk.answer.actions();
            actions.sort_unstable();
            prop_assert_eq!(&actions, offered);
        }
    }
    Ok(())
}

/// The stored document is that of the model.
fn check(machine: &Machine<'_>, walk: &Walk<'_>) -> TestCaseResult {
    prop_assert_eq!(walk.document(), machine.document());
    Ok(())
}
