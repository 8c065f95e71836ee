//! The types of expressions: finds a guard that names an unknown fact or compares apples with pears before it is asked.

use std::collections::BTreeMap;

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators};

use super::{Compiler, Fault, syntax::path};
use crate::engine::{
    facts::FactType,
    problem::{nearest, suggestion},
};

/// The types of the variables of searches.
type Local = BTreeMap<String, FactType>;

impl Compiler {
    pub(super) fn type_of(&self, expression: &IdedExpr, local: &Local) -> Result<FactType, Fault> {
        match &expression.expr {
            Expr::Literal(literal) => Ok(type_of_literal(literal)),
            Expr::Ident(name) => self.type_of_name(name, local),
            Expr::Select(select) => self.type_of_member(select, local),
            Expr::Call(call) => self.type_of_call(call, local),
            Expr::List(list) => {
                let elements = list.elements.iter().map(|element| self.type_of(element, local));
                let element = elements.reduce(|one, other| Ok(one?.joined(&other?)));
                Ok(FactType::List(Box::new(element.transpose()?.unwrap_or(FactType::Any))))
            }
            Expr::Comprehension(comprehension) => self.type_of_search(comprehension, local),
            _ => Err(Fault::new("this kind of expression is not supported in graphs")),
        }
    }

    fn type_of_name(&self, name: &str, local: &Local) -> Result<FactType, Fault> {
        let named = || self.named.get(name).map(|(_, kind)| kind);
        if let Some(kind) = local.get(name).or_else(|| self.roots.get(name)).or_else(named) {
            return Ok(kind.clone());
        }
        let known = self.roots.keys().chain(self.named.keys()).map(String::as_str);
        Err(Fault::new(format!("there is no fact `{name}`")).with_help(suggestion(name, known)))
    }

    fn type_of_member(&self, select: &SelectExpr, local: &Local) -> Result<FactType, Fault> {
        let whole = path(&select.operand);
        let place = whole.as_deref().map_or_else(|| "this value".to_owned(), |path| format!("`{path}`"));
        let member = match self.type_of(&select.operand, local)? {
            FactType::Any => FactType::Any,
            FactType::Record(members) => match members.get(&select.field) {
                Some(kind) => kind.clone(),
                None => {
                    let full =
                        |name: &str| whole.as_ref().map_or_else(|| name.to_owned(), |path| format!("{path}.{name}"));
                    let known = members.keys().map(String::as_str);
                    let help = match nearest(&select.field, known.clone()) {
                        Some(near) => Some(format!("did you mean `{}`?", full(near))),
                        None => suggestion(&select.field, known),
                    };
                    return Err(Fault::new(format!("there is no fact `{}`", full(&select.field))).with_help(help));
                }
            },
            other => return Err(Fault::new(format!("{place} is {other}: it has no member `{}`", select.field))),
        };
        Ok(if select.test { FactType::Bool } else { member })
    }

    fn type_of_search(&self, search: &ComprehensionExpr, local: &Local) -> Result<FactType, Fault> {
        let variable = &search.iter_var;
        if search.iter_var2.is_some() {
            return Err(Fault::new("a search has one variable"));
        }
        if self.roots.contains_key(variable) || self.named.contains_key(variable) {
            let fault = Fault::new(format!("`{variable}` is the name of a fact, and of the variable of this search"));
            return Err(fault.with_help(Some("give the variable another name".to_owned())));
        }
        let element = match self.type_of(&search.iter_range, local)? {
            FactType::List(element) => *element,
            FactType::Any => FactType::Any,
            other => return Err(Fault::new(format!("only lists can be searched, but this is {other}"))),
        };
        let mut inner = local.clone();
        inner.insert(variable.clone(), element);
        inner.insert(search.accu_var.clone(), FactType::Any);
        self.type_of(&search.loop_step, &inner)?;
        Ok(FactType::Any)
    }

    fn type_of_call(&self, call: &CallExpr, local: &Local) -> Result<FactType, Fault> {
        let types = call.target.as_deref().into_iter().chain(&call.args);
        let types = types.map(|part| self.type_of(part, local)).collect::<Result<Vec<_>, _>>()?;
        let truth = |kind: &FactType| match kind {
            FactType::Bool | FactType::Any => Ok(()),
            other => {
                let sign = sign(&call.func_name);
                Err(Fault::new(format!("`{sign}` joins what is true or false, but this is {other}")))
            }
        };
        let number = |kind: &FactType| matches!(kind, FactType::Number | FactType::Any);
        match (call.func_name.as_str(), types.as_slice()) {
            (
                operators::LOGICAL_AND | operators::LOGICAL_OR | operators::LOGICAL_NOT | operators::NOT_STRICTLY_FALSE,
                all,
            ) => {
                all.iter().try_for_each(truth)?;
                Ok(FactType::Bool)
            }
            (operators::CONDITIONAL, [condition, yes, no]) => {
                truth(condition)?;
                if yes.comparable(no) {
                    Ok(yes.joined(no))
                } else {
                    Err(Fault::new(format!("the two results are of different types: {yes} and {no}")))
                }
            }
            (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => {
                if !left.comparable(right) {
                    return Err(Fault::new(format!("{left} is never equal to {right}")));
                }
                possible(left, &call.args[1])?;
                possible(right, &call.args[0])?;
                Ok(FactType::Bool)
            }
            (
                operators::GREATER | operators::GREATER_EQUALS | operators::LESS | operators::LESS_EQUALS,
                [left, right],
            ) => {
                if number(left) && number(right) {
                    return Ok(FactType::Bool);
                }
                let sign = sign(&call.func_name);
                Err(Fault::new(format!("`{sign}` compares numbers, but these are {left} and {right}")))
            }
            (operators::IN, [_, FactType::Any]) => Ok(FactType::Bool),
            (operators::IN, [element, FactType::List(of)]) => {
                if !of.comparable(element) {
                    let message = format!("{element} is never in a list of which each element is {of}");
                    return Err(Fault::new(message));
                }
                possible(of, &call.args[0])?;
                if let Expr::List(list) = &call.args[1].expr {
                    list.elements.iter().try_for_each(|value| possible(element, value))?;
                }
                Ok(FactType::Bool)
            }
            (operators::IN, [_, other]) => Err(Fault::new(format!("`in` looks into a list, but this is {other}"))),
            ("size", [FactType::List(_) | FactType::Text(_) | FactType::Any]) => Ok(FactType::Number),
            ("size", [other]) => Err(Fault::new(format!("`size` counts a list or a text, but this is {other}"))),
            (
                "startsWith" | "endsWith" | "contains",
                [FactType::Text(_) | FactType::Any, FactType::Text(_) | FactType::Any],
            ) => Ok(FactType::Bool),
            (operators::ADD, [FactType::List(of), FactType::List(more)]) => {
                Ok(FactType::List(Box::new(of.joined(more))))
            }
            // A search for all elements that fit gathers them like this. Numbers are not added: whether two kinds of them
            // can be is only known when they are.
            (operators::ADD, [FactType::Any, FactType::List(_)]) => Ok(FactType::Any),
            (name, _) => Err(Fault::new(format!("`{}` cannot be used here", sign(name)))),
        }
    }
}

/// Refuses to compare a text that can only have certain values with another value.
fn possible(kind: &FactType, other: &IdedExpr) -> Result<(), Fault> {
    let FactType::Text(Some(values)) = kind else { return Ok(()) };
    let Expr::Literal(LiteralValue::String(text)) = &other.expr else { return Ok(()) };
    let text: &str = text.inner();
    if values.iter().any(|value| value == text) {
        return Ok(());
    }
    let help = match nearest(text, values.iter().map(String::as_str)) {
        Some(near) => Some(format!("did you mean '{near}'?")),
        None if values.len() > 12 => None,
        None => {
            let known = values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", ");
            Some(format!("it can only be {known}"))
        }
    };
    Err(Fault::new(format!("the value is never '{text}'")).with_help(help))
}

/// How a condition could look that asks for a value of this type.
pub(super) fn made_true_or_false(kind: &FactType, source: &str) -> Option<String> {
    if !source.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
        return None;
    }
    match kind {
        FactType::Number => Some(format!("compare it: `{source} > 0`")),
        FactType::Text(_) => Some(format!("compare it: `{source} != ''`")),
        FactType::List(_) => Some(format!("ask what is in it: `size({source}) > 0`")),
        FactType::Record(members) => {
            let truths = members.iter().filter(|(_, kind)| **kind == FactType::Bool);
            truths.map(|(name, _)| format!("ask for one of its members: `{source}.{name}`")).next()
        }
        FactType::Bool | FactType::Any => None,
    }
}

fn type_of_literal(literal: &LiteralValue) -> FactType {
    match literal {
        LiteralValue::Boolean(_) => FactType::Bool,
        LiteralValue::Double(_) | LiteralValue::Int(_) | LiteralValue::UInt(_) => FactType::Number,
        LiteralValue::String(text) => FactType::Text(Some(vec![text.inner().to_owned()])),
        LiteralValue::Null | LiteralValue::Bytes(_) => FactType::Any,
    }
}

/// A function as it is written.
fn sign(function: &str) -> &str {
    match function {
        operators::CONDITIONAL => "? :",
        operators::INDEX => "[]",
        _ => function.trim_matches(['_', '@']),
    }
}
