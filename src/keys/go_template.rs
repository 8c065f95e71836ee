//! Go's template language (text/template) over objects with methods. The crate `gotmpl` parses and runs templates; it
//! has no methods and no null objects, so that the parsed tree is rewritten once to call the two functions that know
//! them. Knows nothing of users or claims.

use std::sync::Arc;

use gotmpl::{
    Template, TemplateError, Value,
    parse::{
        ActionNode, BranchNode, CommandNode, DefineNode, Expr, ListNode, Node, Parser, PipeNode, Pos, SmolStr,
        TemplateNode, TextNode,
    },
};

/// Function `.member object "name" argument...`. No identifier of the language has a dot in it.
const MEMBER: &str = ".member";

/// Function `.text value`: an object becomes its JSON, null becomes the empty text, all else stays as it is.
const TEXT: &str = ".text";

/// The name of the outermost template.
const MAIN: &str = "claim";

/// The functions that templates may call.
const FUNCTIONS: [&str; 18] = [
    "and", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or", "print", "printf", "println",
    "slice", "urlquery",
];

/// Those that write their arguments as text.
const WRITERS: [&str; 6] = ["html", "js", "print", "printf", "println", "urlquery"];

/// How many rounds all the loops of a template may make together.
const MAX_ITERATIONS: u64 = 10_000;

/// Something with fields and methods.
pub(super) trait Object: Send + Sync {
    /// The field `name`, or the result of the method `name`. `None` if there is no such member, or if it is a field
    /// and there are arguments.
    fn member(&self, name: &str, arguments: &[&str]) -> Option<Value>;

    /// What is written when the object itself is printed.
    fn json(&self) -> String;
}

/// The object as a template value. Inside, it is a function: called with a member's name and arguments it gives the
/// member, called with nothing its JSON.
pub(super) fn object(object: Arc<dyn Object>) -> Value {
    Value::Function(Arc::new(move |arguments| {
        let Some((name, arguments)) = arguments.split_first() else {
            return Ok(text(object.json()));
        };
        let name = name.as_str().unwrap_or_default();
        let texts: Option<Vec<_>> = arguments.iter().map(Value::as_str).collect();
        let texts = texts.ok_or_else(|| TemplateError::Exec(format!("an argument of .{name} is not a text")))?;
        object
            .member(name, &texts)
            .ok_or_else(|| TemplateError::Exec(format!("there is no field or method .{name} that fits")))
    }))
}

/// A text as a template value.
pub(super) fn text(text: impl AsRef<str>) -> Value {
    Value::String(Arc::from(text.as_ref()))
}

/// A template, ready to run.
pub(super) struct GoTemplate(Template);

impl GoTemplate {
    /// Parses `source`.
    ///
    /// # Errors
    /// Syntax errors, and calls of unknown functions.
    pub(super) fn compile(source: &str) -> Result<Self, TemplateError> {
        let (tree, defines) = parse(source)?;
        let mut template = Template::new(MAIN)
            .max_range_iters(MAX_ITERATIONS)
            .func(MEMBER, member)
            .func(TEXT, |arguments| arguments.iter().map(as_text).next().unwrap_or(Ok(Value::Nil)))
            .parse("")?;
        for DefineNode { name, body, .. } in defines {
            template = template.add_parse_tree(&name, list(body)?);
        }
        Ok(Self(template.add_parse_tree(MAIN, list(tree)?)))
    }

    /// Runs the template with `dot` as its data.
    ///
    /// # Errors
    /// Access to unknown members or through null, wrong arguments, too many loops.
    pub(super) fn render(&self, dot: &Value) -> Result<String, TemplateError> {
        self.0.execute_template_to_string(MAIN, dot)
    }
}

/// The parser closes at the end what the source leaves open, and stops without a word at an `end` or `else` too many. Both
/// show by a mark behind the source that does not come out as the last piece of text.
fn parse(source: &str) -> Result<(ListNode, Vec<DefineNode>), TemplateError> {
    const MARK: &str = "\0";

    let (mut tree, defines) = Parser::new(&format!("{source}{MARK}"), "{{", "}}")?.parse()?;
    if let Some(Node::Text(TextNode { text, .. })) = tree.nodes.last_mut()
        && let Some(without_mark) = text.strip_suffix(MARK)
    {
        *text = Arc::from(without_mark);
        return Ok((tree, defines));
    }
    Err(TemplateError::Exec("an if, with, range, define or block has no end, or there is an end too many".to_owned()))
}

fn member(arguments: &[Value]) -> gotmpl::Result<Value> {
    match arguments.split_first() {
        Some((Value::Function(object), rest)) => object(rest),
        Some((value, rest)) => {
            let (kind, name) = (value.type_name(), rest.first().and_then(Value::as_str).unwrap_or_default());
            Err(TemplateError::Exec(format!("a value of type {kind} has no field or method .{name}")))
        }
        None => Err(TemplateError::Exec("a member of nothing".to_owned())),
    }
}

fn as_text(value: &Value) -> gotmpl::Result<Value> {
    match value {
        Value::Function(object) => object(&[]),
        Value::Nil => Ok(text("")),
        other => Ok(other.clone()),
    }
}

fn list(list: ListNode) -> Result<ListNode, TemplateError> {
    let nodes = list.nodes.into_iter().map(node).collect::<Result<_, _>>()?;
    Ok(ListNode { nodes, ..list })
}

fn node(node: Node) -> Result<Node, TemplateError> {
    Ok(match node {
        Node::List(inner) => Node::List(list(inner)?),
        Node::Action(action) => {
            let mut pipe = pipeline(action.pipe)?;
            if pipe.decl.is_empty() {
                pipe.commands.push(call(action.pos, TEXT, []));
            }
            Node::Action(ActionNode { pipe, ..action })
        }
        Node::If(inner) => Node::If(branch(inner)?),
        Node::With(inner) => Node::With(branch(inner)?),
        Node::Range(inner) => Node::Range(branch(inner)?),
        Node::Template(inner) => Node::Template(TemplateNode { pipe: inner.pipe.map(pipeline).transpose()?, ..inner }),
        Node::Define(inner) => Node::Define(DefineNode { body: list(inner.body)?, ..inner }),
        Node::Text(_) | Node::Break(_) | Node::Continue(_) => node,
    })
}

fn branch(branch: BranchNode) -> Result<BranchNode, TemplateError> {
    Ok(BranchNode {
        pipe: pipeline(branch.pipe)?,
        body: list(branch.body)?,
        else_body: branch.else_body.map(list).transpose()?,
        ..branch
    })
}

fn pipeline(pipe: PipeNode) -> Result<PipeNode, TemplateError> {
    let mut commands = Vec::with_capacity(pipe.commands.len());
    for next in pipe.commands {
        if !commands.is_empty() && is_writer(&next) {
            commands.push(call(next.pos, TEXT, []));
        }
        commands.push(command(next)?);
    }
    Ok(PipeNode { commands, ..pipe })
}

/// A member at the head of a command is a method if arguments follow it or are piped to it; elsewhere it is read
/// without arguments.
fn command(command: CommandNode) -> Result<CommandNode, TemplateError> {
    let writes = is_writer(&command);
    let CommandNode { pos, args } = command;
    let mut args = args.into_iter();
    let Some(head) = args.next() else {
        return Ok(CommandNode { pos, args: Vec::new() });
    };
    let mut rewritten = match split_last_member(head) {
        Ok((receiver, name)) => call(pos, MEMBER, [expression(receiver)?, literal(pos, &name)]).args,
        Err(head) => vec![expression(head)?],
    };
    for argument in args {
        let argument = expression(argument)?;
        rewritten.push(if writes { apply(pos, TEXT, [argument]) } else { argument });
    }
    Ok(CommandNode { pos, args: rewritten })
}

fn expression(whole: Expr) -> Result<Expr, TemplateError> {
    match split_last_member(whole) {
        Ok((receiver, name)) => {
            let pos = receiver.pos();
            Ok(apply(pos, MEMBER, [expression(receiver)?, literal(pos, &name)]))
        }
        Err(Expr::Pipe(pos, pipe)) => Ok(Expr::Pipe(pos, pipeline(pipe)?)),
        Err(Expr::Identifier(_, name)) if !FUNCTIONS.contains(&name.as_str()) => {
            Err(TemplateError::UndefinedFunction(name.to_string()))
        }
        Err(other) => Ok(other),
    }
}

/// Takes the last member off a chain: `.User.Email` becomes `.User` and `Email`. Gives back what is no chain.
fn split_last_member(expression: Expr) -> Result<(Expr, SmolStr), Expr> {
    match expression {
        Expr::Field(pos, mut chain) => match chain.pop() {
            Some(last) if chain.is_empty() => Ok((Expr::Dot(pos), last)),
            Some(last) => Ok((Expr::Field(pos, chain), last)),
            None => Err(Expr::Dot(pos)),
        },
        Expr::Variable(pos, variable, mut chain) => match chain.pop() {
            Some(last) => Ok((Expr::Variable(pos, variable, chain), last)),
            None => Err(Expr::Variable(pos, variable, chain)),
        },
        Expr::Chain(pos, inner, mut chain) => match chain.pop() {
            Some(last) if chain.is_empty() => Ok((*inner, last)),
            Some(last) => Ok((Expr::Chain(pos, inner, chain), last)),
            None => Err(*inner),
        },
        other => Err(other),
    }
}

fn is_writer(command: &CommandNode) -> bool {
    matches!(command.args.first(), Some(Expr::Identifier(_, name)) if WRITERS.contains(&name.as_str()))
}

fn call<const N: usize>(pos: Pos, function: &str, arguments: [Expr; N]) -> CommandNode {
    let head = Expr::Identifier(pos, SmolStr::from(function));
    CommandNode { pos, args: [head].into_iter().chain(arguments).collect() }
}

fn apply<const N: usize>(pos: Pos, function: &str, arguments: [Expr; N]) -> Expr {
    let commands = vec![call(pos, function, arguments)];
    Expr::Pipe(pos, PipeNode { pos, decl: Vec::new(), commands, is_assign: false })
}

fn literal(pos: Pos, text: &str) -> Expr {
    Expr::String(pos, Arc::from(text))
}
