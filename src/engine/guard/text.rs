//! Expressions as text, for explanations: what was parsed, written again in one way.

use std::fmt::Write;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

/// How tightly an operator binds, the loosest first.
const OPERATORS: [(&str, &str, u8); 10] = [
    (operators::LOGICAL_OR, "||", 2),
    (operators::LOGICAL_AND, "&&", 3),
    (operators::EQUALS, "==", 4),
    (operators::NOT_EQUALS, "!=", 4),
    (operators::LESS, "<", 4),
    (operators::LESS_EQUALS, "<=", 4),
    (operators::GREATER, ">", 4),
    (operators::GREATER_EQUALS, ">=", 4),
    (operators::IN, "in", 4),
    (operators::ADD, "+", 5),
];
const CHOICE: u8 = 1;
const UNARY: u8 = 6;

/// An expression as it could have been written. What graphs cannot hold is shown as `…`.
pub(super) fn written(expression: &IdedExpr) -> String {
    let mut text = String::new();
    write(expression, 0, &mut text);
    text
}

/// Writes an expression in a place that binds as tightly as `around`.
fn write(expression: &IdedExpr, around: u8, text: &mut String) {
    match &expression.expr {
        Expr::Ident(name) => text.push_str(name),
        Expr::Literal(literal) => write_literal(literal, text),
        Expr::Select(select) if select.test => {
            text.push_str("has(");
            write(&select.operand, UNARY, text);
            let _ = write!(text, ".{})", select.field);
        }
        Expr::Select(select) => {
            write(&select.operand, UNARY, text);
            let _ = write!(text, ".{}", select.field);
        }
        Expr::List(list) => write_list('[', &list.elements, ']', text),
        Expr::Call(call) => write_call(call, around, text),
        Expr::Comprehension(search) => {
            write(&search.iter_range, UNARY, text);
            let all = matches!(&search.accu_init.expr, Expr::Literal(LiteralValue::Boolean(start)) if *start.inner());
            let _ = write!(text, ".{}({}, …)", if all { "all" } else { "exists" }, search.iter_var);
        }
        _ => text.push('…'),
    }
}

fn write_call(call: &CallExpr, around: u8, text: &mut String) {
    let operator = OPERATORS.iter().find(|(function, ..)| *function == call.func_name);
    let (binds, open) = match operator {
        Some((_, _, binds)) => (*binds, *binds < around),
        None if call.func_name == operators::CONDITIONAL => (CHOICE, CHOICE < around),
        None => (UNARY, false),
    };
    if open {
        text.push('(');
    }
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_NOT, [operand]) => {
            text.push('!');
            write(operand, UNARY, text);
        }
        (operators::CONDITIONAL, [condition, yes, no]) => {
            write(condition, CHOICE + 1, text);
            text.push_str(" ? ");
            write(yes, CHOICE + 1, text);
            text.push_str(" : ");
            write(no, CHOICE, text);
        }
        (name, operands) => match operator {
            Some((_, sign, _)) => {
                for (at, operand) in operands.iter().enumerate() {
                    if at > 0 {
                        let _ = write!(text, " {sign} ");
                    }
                    write(operand, binds, text);
                }
            }
            None => {
                if let Some(target) = &call.target {
                    write(target, UNARY, text);
                    text.push('.');
                }
                text.push_str(name);
                write_list('(', operands, ')', text);
            }
        },
    }
    if open {
        text.push(')');
    }
}

fn write_list(open: char, elements: &[IdedExpr], close: char, text: &mut String) {
    text.push(open);
    for (at, element) in elements.iter().enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        write(element, 0, text);
    }
    text.push(close);
}

fn write_literal(literal: &LiteralValue, text: &mut String) {
    let _ = match literal {
        LiteralValue::Boolean(value) => write!(text, "{}", value.inner()),
        LiteralValue::Int(value) => write!(text, "{}", value.inner()),
        LiteralValue::UInt(value) => write!(text, "{}u", value.inner()),
        LiteralValue::Double(value) => write!(text, "{:?}", value.inner()),
        LiteralValue::String(value) => write!(text, "'{}'", value.inner()),
        LiteralValue::Null => write!(text, "null"),
        LiteralValue::Bytes(_) => write!(text, "…"),
    };
}
