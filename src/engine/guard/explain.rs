//! Why a condition holds or not: the parts of it that decided, with what they came to.

use cel::{
    Value as Fact,
    common::ast::{Expr, IdedExpr, operators},
};
use serde_json::Value;

use super::{
    Asked, Compiler,
    syntax::{parse, parts, path},
    text::written,
};
use crate::engine::error::Failure;

/// A condition or a part of it, and what decided it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The expression.
    pub expression: String,
    /// What it came to.
    pub value: Value,
    /// The parts that made it so: of an `&&` that does not hold those that do not, of an `||` that holds those that do,
    /// of a comparison the facts in it, of a named fact what its definition depends on.
    pub because: Vec<Reason>,
}

impl Compiler {
    /// Explains a condition that was compiled before.
    ///
    /// # Errors
    ///
    /// When the condition cannot be decided.
    pub(crate) fn explain(&self, condition: &str, facts: &Asked) -> Result<Reason, Failure> {
        let expression = parse(condition).map_err(|fault| fault.message)?;
        self.reason(&expression, facts).ok_or_else(|| format!("`{condition}` cannot be decided").into())
    }

    /// `None` for a part that has no value, such as the member of something that is not there: it decided nothing.
    fn reason(&self, expression: &IdedExpr, facts: &Asked) -> Option<Reason> {
        let value = self.value(expression, facts)?;
        let because = self.because(expression, &value, facts);
        Some(Reason { expression: written(expression), value, because })
    }

    fn value(&self, expression: &IdedExpr, facts: &Asked) -> Option<Value> {
        let prepared = self.prepared(expression.clone());
        Fact::resolve(&prepared, &facts.0).ok()?.json().ok()
    }

    fn because(&self, expression: &IdedExpr, value: &Value, facts: &Asked) -> Vec<Reason> {
        let reasons = |parts: Vec<&IdedExpr>| parts.into_iter().filter_map(|part| self.reason(part, facts)).collect();
        if let Expr::Ident(name) = &expression.expr {
            let Some(definition) = self.written.get(name) else { return Vec::new() };
            return self.reason(definition, facts).map_or_else(Vec::new, Reason::into_decisive);
        }
        if path(expression).is_some() {
            return Vec::new();
        }
        let Expr::Call(call) = &expression.expr else { return reasons(facts_in(expression)) };
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, _) => {
                let all: Vec<Reason> = reasons(operands(expression, &call.func_name));
                // The operand of a negation says more than the negation.
                all.into_iter().filter(|part| part.value == *value).map(Reason::without_negation).collect()
            }
            (operators::LOGICAL_NOT, [operand]) => reasons(vec![operand]),
            (operators::CONDITIONAL, [condition, yes, no]) => {
                let chosen = if self.value(condition, facts) == Some(Value::Bool(true)) { yes } else { no };
                reasons(vec![condition, chosen])
            }
            _ => reasons(facts_in(expression)),
        }
    }
}

impl Reason {
    /// What to tell where the expression itself is told already: its parts, or itself if it has none.
    fn into_decisive(self) -> Vec<Self> {
        if self.because.is_empty() { vec![self] } else { self.because }
    }

    fn without_negation(mut self) -> Self {
        match self.because.pop() {
            Some(operand) if self.because.is_empty() && self.expression.starts_with('!') => operand,
            Some(last) => {
                self.because.push(last);
                self
            }
            None => self,
        }
    }
}

/// The operands of a chain of one operator.
fn operands<'a>(expression: &'a IdedExpr, operator: &str) -> Vec<&'a IdedExpr> {
    match &expression.expr {
        Expr::Call(call) if call.func_name == operator => {
            call.args.iter().flat_map(|part| operands(part, operator)).collect()
        }
        _ => vec![expression],
    }
}

/// The facts that an expression asks for.
fn facts_in(expression: &IdedExpr) -> Vec<&IdedExpr> {
    match &expression.expr {
        // What a search compares, element by element, has no value outside of it.
        Expr::Comprehension(search) => facts_in(&search.iter_range),
        _ if path(expression).is_some() => vec![expression],
        other => parts(other).flat_map(facts_in).collect(),
    }
}
