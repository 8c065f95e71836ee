//! Guards: the conditions of a graph, written in CEL over facts. A guard is checked and prepared when the graph is
//! compiled; what depends on the configuration alone is decided then, once.

mod cover;
mod explain;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod types;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use cel::{
    Context, Env, Value as Fact,
    common::ast::{Expr, IdedExpr},
};
use serde::Serialize;
use serde_json::Value;

use super::{error::Failure, facts::FactType};
pub(crate) use cover::Cover;
pub use explain::Reason;
use syntax::{literal, parse, parts_mut, variables};

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

/// What is wrong with a guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What is wrong.
    pub(crate) message: String,
    /// How to mend it.
    pub(crate) help: Option<String>,
}

impl Fault {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

/// Compiles the guards of one graph.
pub(crate) struct Compiler {
    roots: BTreeMap<String, FactType>,
    settings: Value,
    named: BTreeMap<String, (IdedExpr, FactType)>,
    /// The named expressions as they were written, for explanations.
    written: BTreeMap<String, IdedExpr>,
}

impl Compiler {
    /// A compiler for facts of these types and this configuration.
    pub(crate) fn new(roots: BTreeMap<String, FactType>, settings: Value) -> Self {
        Self { roots, settings, named: BTreeMap::new(), written: BTreeMap::new() }
    }

    /// Defines the named expressions, which may use each other. Gives what is wrong with which of them.
    pub(crate) fn define<'a>(&mut self, facts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(String, Fault)> {
        let (mut waiting, mut faults) = (BTreeMap::new(), Vec::new());
        for (name, source) in facts {
            let built_in = self.roots.contains_key(name);
            let parsed = if built_in {
                let help = Some("give it another name".to_owned());
                Err(Fault::new("this is the name of a built-in fact").with_help(help))
            } else {
                parse(source)
            };
            match parsed {
                Ok(expression) => drop(waiting.insert(name.to_owned(), expression)),
                Err(fault) => {
                    faults.push((name.to_owned(), fault));
                    self.excuse(name, built_in);
                }
            }
        }
        for (name, fault) in circles(&waiting) {
            waiting.remove(&name);
            self.excuse(&name, false);
            faults.push((name, fault));
        }
        let ready = |expression: &IdedExpr, waiting: &BTreeMap<String, IdedExpr>| {
            variables(expression).all(|name| !waiting.contains_key(&name))
        };
        while let Some(name) = waiting.iter().find(|(_, fact)| ready(fact, &waiting)).map(|(name, _)| name.clone()) {
            let Some(expression) = waiting.remove(&name) else { break };
            match self.type_of(&expression, &BTreeMap::new()) {
                Ok(kind) => {
                    self.written.insert(name.clone(), expression.clone());
                    let expression = self.prepared(expression);
                    self.named.insert(name, (expression, kind));
                }
                Err(fault) => {
                    self.excuse(&name, false);
                    faults.push((name, fault));
                }
            }
        }
        faults
    }

    /// Lets a fact that is wrong pass where it is used: those who use it are not to blame as well.
    fn excuse(&mut self, name: &str, built_in: bool) {
        if !built_in {
            self.named.insert(name.to_owned(), (IdedExpr::default(), FactType::Any));
        }
    }

    /// Prepares a condition, or says what is wrong with it.
    pub(crate) fn compile(&self, source: &str) -> Result<Guard, Fault> {
        let expression = parse(source)?;
        match self.type_of(&expression, &BTreeMap::new())? {
            FactType::Bool | FactType::Any => {}
            other => {
                let fault = Fault::new(format!("a condition must be true or false, but this is {other}"));
                return Err(fault.with_help(types::made_true_or_false(&other, source.trim())));
            }
        }
        let expression = self.prepared(expression);
        if variables(&expression).next().is_some() {
            return Ok(Guard::Asked(Box::new(expression)));
        }
        match Fact::resolve(&expression, &Context::with_env(Arc::clone(&ENVIRONMENT))) {
            Ok(Fact::Bool(holds)) => Ok(Guard::Constant(holds)),
            Ok(_) => Err(Fault::new("a condition must be true or false, but with this configuration it is neither")),
            Err(error) => {
                let message = error.to_string();
                let missing = message.contains("null");
                let help = "ask first whether a setting is there that may be missing: `config.x != null && …`";
                let fault = Fault::new(format!("with this configuration it cannot be decided: {message}"));
                Err(fault.with_help(missing.then(|| help.to_owned())))
            }
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
}

/// The facts that are defined by themselves, with the way that leads there.
fn circles(facts: &BTreeMap<String, IdedExpr>) -> Vec<(String, Fault)> {
    let way = |start: &String| {
        let (mut ways, mut seen) = (vec![vec![start.clone()]], BTreeSet::new());
        while let Some(way) = ways.pop() {
            let uses = way.last().and_then(|last| facts.get(last)).into_iter().flat_map(variables);
            for next in uses.filter(|next| facts.contains_key(next)) {
                let longer = [way.as_slice(), std::slice::from_ref(&next)].concat();
                if next == *start {
                    return Some(longer);
                }
                if seen.insert(next) {
                    ways.push(longer);
                }
            }
        }
        None
    };
    let fault = |way: Vec<String>| match way.as_slice() {
        [_, _] => Fault::new("it is defined by itself"),
        way => Fault::new(format!("it is defined by itself: {}", way.join(" -> "))),
    };
    facts.keys().filter_map(|name| Some((name.clone(), fault(way(name)?)))).collect()
}
