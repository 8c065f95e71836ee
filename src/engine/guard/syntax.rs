//! The parts of CEL expressions. Knows nothing of facts and their types.

use cel::{
    Program,
    common::ast::{Expr, IdedExpr},
};
use serde_json::Value;

use super::Fault;

/// Words of other languages, and what CEL has for them.
const TRANSLATIONS: [(&str, &str); 5] = [("and", "&&"), ("or", "||"), ("not", "!"), ("=", "=="), ("<>", "!=")];

/// Reads an expression.
pub(super) fn parse(source: &str) -> Result<IdedExpr, Fault> {
    if source.trim().is_empty() {
        return Err(Fault::new("there is no expression"));
    }
    Program::compile(source).map(|program| program.expression().clone()).map_err(|errors| {
        let mut words = source.split_whitespace();
        let foreign = words.find_map(|word| TRANSLATIONS.iter().find(|(foreign, _)| *foreign == word));
        let help = foreign.map(|(word, sign)| format!("in CEL, `{word}` is `{sign}`"));
        Fault::new(stumbled(errors.errors.first().map_or("", |error| &error.msg))).with_help(help)
    })
}

/// The parser tells what it stumbled over, and then all that it would have liked better.
fn stumbled(message: &str) -> String {
    let quoted = |text: &str| {
        let end = text.find("' expecting").or_else(|| text.rfind('\''))?;
        text.get(..end).map(|token| token.trim().to_owned())
    };
    if let Some(token) = message.split_once("missing '").and_then(|(_, rest)| rest.split_once('\'')) {
        return format!("`{}` is missing", token.0);
    }
    let token = ["input '", "at: '"].into_iter().find_map(|before| message.split_once(before));
    match token.and_then(|(_, rest)| quoted(rest)).as_deref() {
        Some("<EOF>") => "the expression ends too early".to_owned(),
        Some(token) => format!("`{token}` does not make sense here"),
        None => format!("this is not a CEL expression: {message}"),
    }
}

/// A value of the configuration as an expression.
pub(super) fn literal(value: &Value) -> Option<IdedExpr> {
    fn write(value: &Value, text: &mut String) {
        match value {
            Value::Number(number) if number.is_u64() && !number.is_i64() => *text += &format!("{number}u"),
            Value::Array(elements) => {
                text.push('[');
                for element in elements {
                    write(element, text);
                    text.push(',');
                }
                text.push(']');
            }
            Value::Object(members) => {
                text.push('{');
                for (name, value) in members {
                    *text += &Value::from(name.as_str()).to_string();
                    text.push(':');
                    write(value, text);
                    text.push(',');
                }
                text.push('}');
            }
            scalar => *text += &scalar.to_string(),
        }
    }
    let mut text = String::new();
    write(value, &mut text);
    parse(&text).ok()
}

/// The variables of an expression, without those of searches inside it.
pub(super) fn variables(expression: &IdedExpr) -> Box<dyn Iterator<Item = String> + '_> {
    match &expression.expr {
        Expr::Ident(name) if !name.starts_with('@') => Box::new(std::iter::once(name.clone())),
        Expr::Comprehension(comprehension) => {
            let own = comprehension.iter_var.clone();
            let inner = parts(&expression.expr).flat_map(variables).filter(move |name| *name != own);
            Box::new(inner)
        }
        other => Box::new(parts(other).flat_map(variables)),
    }
}

/// The expressions of which an expression is made.
pub(super) fn parts(expression: &Expr) -> Box<dyn Iterator<Item = &IdedExpr> + '_> {
    match expression {
        Expr::Call(call) => Box::new(call.target.as_deref().into_iter().chain(&call.args)),
        Expr::Select(select) => Box::new(std::iter::once(&*select.operand)),
        Expr::List(list) => Box::new(list.elements.iter()),
        Expr::Comprehension(c) => {
            Box::new([&c.iter_range, &c.accu_init, &c.loop_cond, &c.loop_step, &c.result].into_iter())
        }
        _ => Box::new(std::iter::empty()),
    }
}

/// The same, to be changed.
pub(super) fn parts_mut(expression: &mut Expr) -> Vec<&mut IdedExpr> {
    match expression {
        Expr::Call(call) => call.target.as_deref_mut().into_iter().chain(&mut call.args).collect(),
        Expr::Select(select) => vec![&mut *select.operand],
        Expr::List(list) => list.elements.iter_mut().collect(),
        Expr::Comprehension(c) => {
            vec![&mut c.iter_range, &mut c.accu_init, &mut c.loop_cond, &mut c.loop_step, &mut c.result]
        }
        _ => Vec::new(),
    }
}

/// The dotted path that an expression spells.
pub(super) fn path(expression: &IdedExpr) -> Option<String> {
    match &expression.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) => Some(format!("{}.{}", path(&select.operand)?, select.field)),
        _ => None,
    }
}
