//! Guards: the conditions of a graph, written in CEL over facts. A guard is checked and prepared when the graph is
//! compiled; what depends on the configuration alone is decided then, once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use cel::{
    Context, Env, Program, Value as Fact,
    common::ast::{Expr, IdedExpr, operators},
};
use serde::Serialize;
use serde_json::Value;

use super::{error::Failure, facts::FactType, problem::nearest};

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// The name under which guards see the configuration.
pub(crate) const SETTINGS: &str = "config";

/// A condition that is ready to be asked.
#[derive(Debug, Clone)]
pub(crate) enum Guard {
    /// The configuration alone decides.
    Constant(bool),
    /// The facts of the flow decide.
    Asked(Box<IdedExpr>),
}

impl Guard {
    /// Whether the condition holds.
    pub(crate) fn holds(&self, facts: &Asked) -> Result<bool, Failure> {
        match self {
            Self::Constant(holds) => Ok(*holds),
            Self::Asked(expression) => match Fact::resolve(expression, &facts.0)? {
                Fact::Bool(holds) => Ok(holds),
                other => Err(format!("a guard gave {other:?} instead of true or false").into()),
            },
        }
    }

    /// Whether the facts of the flow must be gathered to decide.
    pub(crate) const fn needs_facts(&self) -> bool {
        matches!(self, Self::Asked(_))
    }
}

/// The facts at one moment, ready for guards.
pub(crate) struct Asked(Context<'static, 'static>);

impl Asked {
    /// Gathers facts: each member of `facts` becomes a variable, and `flow` another.
    pub(crate) fn new(facts: &impl Serialize, flow: &impl Serialize) -> Result<Self, Failure> {
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        let Fact::Map(members) = cel::to_value(facts)? else { return Err("facts must be a structure".into()) };
        for (name, value) in members.map.iter() {
            if let cel::objects::Key::String(name) = name {
                context.add_variable_from_value(name.as_str(), value.clone());
            }
        }
        context.add_variable_from_value("flow", cel::to_value(flow)?);
        Ok(Self(context))
    }
}

/// Compiles the guards of one graph.
pub(crate) struct Compiler {
    roots: BTreeMap<String, FactType>,
    settings: Value,
    named: BTreeMap<String, (IdedExpr, FactType)>,
}

impl Compiler {
    /// A compiler for facts of these types and this configuration.
    pub(crate) fn new(roots: BTreeMap<String, FactType>, settings: Value) -> Self {
        Self { roots, settings, named: BTreeMap::new() }
    }

    /// Defines the named expressions, which may use each other. Gives what is wrong with which of them.
    pub(crate) fn define<'a>(&mut self, facts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
        let (mut waiting, mut problems) = (BTreeMap::new(), Vec::new());
        for (name, source) in facts {
            if self.roots.contains_key(name) {
                problems.push((name.to_owned(), format!("`{name}` is the name of a built-in fact")));
                continue;
            }
            match parse(source) {
                Ok(expression) => drop(waiting.insert(name.to_owned(), expression)),
                Err(problem) => problems.push((name.to_owned(), problem)),
            }
        }
        let names: BTreeSet<String> = waiting.keys().cloned().collect();
        while !waiting.is_empty() {
            let ready = |expression: &IdedExpr| variables(expression).all(|name| !waiting.contains_key(&name));
            let Some(name) = waiting.iter().find(|(_, expression)| ready(expression)).map(|(name, _)| name.clone())
            else {
                for name in waiting.keys() {
                    problems.push((name.clone(), format!("`{name}` is defined by itself")));
                }
                break;
            };
            let Some(expression) = waiting.remove(&name) else { break };
            match self.type_of(&expression, &BTreeMap::new()) {
                Ok(kind) => {
                    let expression = self.prepared(expression);
                    self.named.insert(name, (expression, kind));
                }
                Err(problem) => {
                    // Those that use it are not to blame as well.
                    self.named.insert(name.clone(), (expression, FactType::Any));
                    problems.push((name, problem));
                }
            }
        }
        debug_assert!(names.len() >= problems.len() || !problems.is_empty());
        problems
    }

    /// Prepares a condition, or says what is wrong with it.
    pub(crate) fn compile(&self, source: &str) -> Result<Guard, String> {
        let expression = parse(source)?;
        match self.type_of(&expression, &BTreeMap::new())? {
            FactType::Bool | FactType::Any => {}
            other => return Err(format!("a condition must be true or false, but this is {other}")),
        }
        let expression = self.prepared(expression);
        if variables(&expression).next().is_some() {
            return Ok(Guard::Asked(Box::new(expression)));
        }
        match Fact::resolve(&expression, &Context::with_env(Arc::clone(&ENVIRONMENT))) {
            Ok(Fact::Bool(holds)) => Ok(Guard::Constant(holds)),
            Ok(other) => Err(format!("a condition must be true or false, but this is {other:?}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Puts the definitions of named facts and the values of the configuration in their places.
    fn prepared(&self, mut expression: IdedExpr) -> IdedExpr {
        if let Some(value) = self.setting(&expression.expr).and_then(literal) {
            return value;
        }
        if let Expr::Ident(name) = &expression.expr
            && let Some((definition, _)) = self.named.get(name)
        {
            return definition.clone();
        }
        for part in parts_mut(&mut expression.expr) {
            *part = self.prepared(std::mem::take(part));
        }
        expression
    }

    fn setting(&self, expression: &Expr) -> Option<&Value> {
        match expression {
            Expr::Ident(name) if name == SETTINGS => Some(&self.settings),
            Expr::Select(select) if !select.test => self.setting(&select.operand.expr)?.get(&select.field),
            _ => None,
        }
    }

    fn type_of(&self, expression: &IdedExpr, local: &BTreeMap<String, FactType>) -> Result<FactType, String> {
        match &expression.expr {
            Expr::Literal(literal) => Ok(type_of_literal(literal)),
            Expr::Ident(name) => self.type_of_name(name, local),
            Expr::Select(select) => {
                let path = path(&select.operand).unwrap_or_else(|| "this value".to_owned());
                let field = match self.type_of(&select.operand, local)? {
                    FactType::Record(fields) => match fields.get(&select.field) {
                        Some(kind) => kind.clone(),
                        None => return Err(unknown(&format!("{path}."), &select.field, fields.keys())),
                    },
                    FactType::Any => FactType::Any,
                    other => return Err(format!("`{path}` is {other}: it has no member `{}`", select.field)),
                };
                Ok(if select.test { FactType::Bool } else { field })
            }
            Expr::Call(call) => self.type_of_call(call, local),
            Expr::List(list) => {
                let mut element = FactType::Any;
                for part in &list.elements {
                    element = self.type_of(part, local)?;
                }
                Ok(FactType::List(Box::new(element)))
            }
            Expr::Comprehension(comprehension) => {
                let element = match self.type_of(&comprehension.iter_range, local)? {
                    FactType::List(element) => *element,
                    FactType::Any => FactType::Any,
                    other => return Err(format!("only lists can be searched, but this is {other}")),
                };
                let mut inner = local.clone();
                inner.insert(comprehension.iter_var.clone(), element);
                inner.insert(comprehension.accu_var.clone(), FactType::Any);
                self.type_of(&comprehension.loop_step, &inner)?;
                Ok(FactType::Any)
            }
            _ => Err("this kind of expression is not supported in graphs".to_owned()),
        }
    }

    fn type_of_name(&self, name: &str, local: &BTreeMap<String, FactType>) -> Result<FactType, String> {
        if let Some(kind) = local.get(name).or_else(|| self.roots.get(name)) {
            return Ok(kind.clone());
        }
        if let Some((_, kind)) = self.named.get(name) {
            return Ok(kind.clone());
        }
        Err(unknown("", name, self.roots.keys().chain(self.named.keys())))
    }

    fn type_of_call(
        &self,
        call: &cel::common::ast::CallExpr,
        local: &BTreeMap<String, FactType>,
    ) -> Result<FactType, String> {
        let types = call.target.as_deref().into_iter().chain(&call.args);
        let types = types.map(|part| self.type_of(part, local)).collect::<Result<Vec<_>, _>>()?;
        let truth = |kind: &FactType| match kind {
            FactType::Bool | FactType::Any => Ok(()),
            other => Err(format!("`{}` joins what is true or false, but this is {other}", sign(&call.func_name))),
        };
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
                match yes.comparable(no) {
                    true if *yes == FactType::Any => Ok(no.clone()),
                    true => Ok(joined(yes, no)),
                    false => Err(format!("the two results are of different types: {yes} and {no}")),
                }
            }
            (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => {
                if !left.comparable(right) {
                    return Err(format!("{left} is never equal to {right}"));
                }
                possible(left, &call.args[1])?;
                possible(right, &call.args[0])?;
                Ok(FactType::Bool)
            }
            (
                operators::GREATER | operators::GREATER_EQUALS | operators::LESS | operators::LESS_EQUALS,
                [left, right],
            ) => match (left, right) {
                (FactType::Number | FactType::Any, FactType::Number | FactType::Any) => Ok(FactType::Bool),
                _ => Err(format!("`{}` compares numbers, but these are {left} and {right}", sign(&call.func_name))),
            },
            (operators::IN, [element, list]) => match list {
                FactType::Any => Ok(FactType::Bool),
                FactType::List(of) if of.comparable(element) => Ok(FactType::Bool),
                FactType::List(of) => Err(format!("{element} is never in a list of which each element is {of}")),
                other => Err(format!("`in` looks into a list, but this is {other}")),
            },
            ("size", [FactType::List(_) | FactType::Text(_) | FactType::Any]) => Ok(FactType::Number),
            ("size", [other]) => Err(format!("`size` counts a list or a text, but this is {other}")),
            ("startsWith" | "endsWith" | "contains", [FactType::Text(_) | FactType::Any, FactType::Text(_)]) => {
                Ok(FactType::Bool)
            }
            (operators::ADD, [FactType::List(of), FactType::List(_)]) => Ok(FactType::List(of.clone())),
            (
                operators::ADD | operators::SUBSTRACT,
                [FactType::Number | FactType::Any, FactType::Number | FactType::Any],
            ) => Ok(FactType::Number),
            (name, _) => Err(format!("`{}` cannot be used here", sign(name))),
        }
    }
}

/// The conditions that a guard joins by `&&`, as text: a guard whose parts are among those of another holds whenever
/// the other does.
pub(crate) fn conjuncts(source: &str) -> BTreeSet<String> {
    fn collect(expression: &IdedExpr, found: &mut BTreeSet<String>) {
        match &expression.expr {
            Expr::Call(call) if call.func_name == operators::LOGICAL_AND => {
                call.args.iter().for_each(|part| collect(part, found));
            }
            _ => drop(found.insert(shape(&expression.expr))),
        }
    }
    let mut found = BTreeSet::new();
    if let Ok(expression) = parse(source) {
        collect(&expression, &mut found);
    }
    found
}

/// An expression as text, without the numbers that the parser gives to its parts.
fn shape(expression: &Expr) -> String {
    let text = format!("{expression:?}");
    let mut parts = text.split("IdedExpr { id: ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |shape, part| shape + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

fn parse(source: &str) -> Result<IdedExpr, String> {
    // The error type of the parser prints a picture of the source; one line is enough here.
    Program::compile(source).map(|program| program.expression().clone()).map_err(|error| {
        let messages: Vec<String> = error.errors.iter().map(|error| error.msg.clone()).collect();
        format!("not a CEL expression: {}", messages.join("; "))
    })
}

fn literal(value: &Value) -> Option<IdedExpr> {
    match value {
        // Structures are only ever asked for their members.
        Value::Object(_) => None,
        // JSON is CEL.
        scalar_or_list => parse(&scalar_or_list.to_string()).ok(),
    }
}

fn variables(expression: &IdedExpr) -> Box<dyn Iterator<Item = String> + '_> {
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

fn parts(expression: &Expr) -> Box<dyn Iterator<Item = &IdedExpr> + '_> {
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

fn parts_mut(expression: &mut Expr) -> Vec<&mut IdedExpr> {
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

fn path(expression: &IdedExpr) -> Option<String> {
    match &expression.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) => Some(format!("{}.{}", path(&select.operand)?, select.field)),
        _ => None,
    }
}

fn unknown<'a>(prefix: &str, name: &str, known: impl Iterator<Item = &'a String>) -> String {
    let hint = nearest(name, known.map(String::as_str)).map(|near| format!("; did you mean `{prefix}{near}`?"));
    format!("there is no fact `{prefix}{name}`{}", hint.unwrap_or_default())
}

fn joined(yes: &FactType, no: &FactType) -> FactType {
    match (yes, no) {
        (FactType::Text(Some(yes)), FactType::Text(Some(no))) => {
            let mut values = yes.clone();
            values.extend(no.iter().filter(|value| !yes.contains(value)).cloned());
            FactType::Text(Some(values))
        }
        (FactType::Text(_), FactType::Text(_)) => FactType::Text(None),
        _ => yes.clone(),
    }
}

/// Refuses to compare a text that can only have certain values with another value.
fn possible(kind: &FactType, other: &IdedExpr) -> Result<(), String> {
    let FactType::Text(Some(values)) = kind else { return Ok(()) };
    let Expr::Literal(cel::common::ast::LiteralValue::String(text)) = &other.expr else { return Ok(()) };
    let text: &str = text.inner();
    if values.iter().any(|value| value == text) {
        return Ok(());
    }
    let hint = nearest(text, values.iter().map(String::as_str)).map(|near| format!("; did you mean '{near}'?"));
    let known = values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", ");
    Err(format!("the value is never '{text}', only {known}{}", hint.unwrap_or_default()))
}

fn type_of_literal(literal: &cel::common::ast::LiteralValue) -> FactType {
    use cel::common::ast::LiteralValue;
    match literal {
        LiteralValue::Boolean(_) => FactType::Bool,
        LiteralValue::Double(_) | LiteralValue::Int(_) | LiteralValue::UInt(_) => FactType::Number,
        LiteralValue::String(text) => FactType::Text(Some(vec![text.inner().to_owned()])),
        LiteralValue::Null | LiteralValue::Bytes(_) => FactType::Any,
    }
}

fn sign(function: &str) -> &str {
    if function == operators::CONDITIONAL {
        return "? :";
    }
    function.trim_matches(['_', '@'])
}
