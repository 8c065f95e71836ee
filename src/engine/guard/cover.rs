//! Which conditions hold whenever another does, as far as their form alone shows it.

use std::collections::BTreeSet;

use cel::common::ast::{Expr, IdedExpr, operators};

use super::syntax::parse;

/// Alternatives of which one must hold; each is the text of a condition that is neither an `&&` nor an `||`.
type Clause = BTreeSet<String>;

/// Beyond so many clauses a condition is taken as a whole: to tell more apart costs more than it tells.
const MOST_CLAUSES: usize = 64;

/// A condition as clauses that all must hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cover(BTreeSet<Clause>);

impl Cover {
    /// That of a condition; `None` when it cannot be read.
    pub(crate) fn of(source: &str) -> Option<Self> {
        parse(source).ok().map(|expression| Self(clauses(&expression, false)))
    }

    /// That of no condition: it always holds.
    pub(crate) fn always() -> Self {
        Self::default()
    }

    /// Whether this condition holds whenever `other` does.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.0.iter().all(|clause| other.0.iter().any(|narrower| narrower.is_subset(clause)))
    }
}

fn clauses(expression: &IdedExpr, negated: bool) -> BTreeSet<Clause> {
    let whole = |negated: bool, expression: &Expr| {
        let sign = if negated { "not " } else { "" };
        BTreeSet::from([BTreeSet::from([format!("{sign}{}", shape(expression))])])
    };
    let Expr::Call(call) = &expression.expr else { return whole(negated, &expression.expr) };
    let sides = || call.args.iter().map(|side| clauses(side, negated));
    match (call.func_name.as_str(), negated) {
        (operators::LOGICAL_NOT, _) => call.args.first().map_or_else(BTreeSet::new, |inner| clauses(inner, !negated)),
        (operators::LOGICAL_AND, false) | (operators::LOGICAL_OR, true) => sides().flatten().collect(),
        (operators::LOGICAL_OR, false) | (operators::LOGICAL_AND, true) => {
            let distributed = sides().reduce(|left, right| {
                left.iter().flat_map(|left| right.iter().map(move |right| left | right)).collect()
            });
            distributed
                .filter(|clauses| clauses.len() <= MOST_CLAUSES)
                .unwrap_or_else(|| whole(negated, &expression.expr))
        }
        (operators::NOT_EQUALS, _) => {
            let mut equal = call.clone();
            operators::EQUALS.clone_into(&mut equal.func_name);
            whole(!negated, &Expr::Call(equal))
        }
        _ => whole(negated, &expression.expr),
    }
}

/// An expression as text, without the numbers that the parser gives to its parts.
fn shape(expression: &Expr) -> String {
    let text = format!("{expression:?}");
    let mut parts = text.split("IdedExpr { id: ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |shape, part| shape + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}
