//! Says what is wrong with a file that cannot be read as a graph, in the words of somebody who writes graphs.

use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use super::problem::{Problem, suggestion};

/// What is wrong with `file`.
pub(crate) fn problem(file: &str, error: &Error) -> Problem {
    let location = error.location();
    let line = location.and_then(|location| usize::try_from(location.line()).ok()).unwrap_or(0);
    let (message, help) = explain(error.without_snippet());
    Problem { file: file.to_owned(), line, message, help }
}

fn explain(error: &Error) -> (String, Option<String>) {
    match error {
        Error::AliasError { error, .. } => explain(error),
        Error::SerdeUnknownField { field, expected, .. } => {
            (format!("there is no key `{field}` here"), suggestion(field, expected.iter().copied()))
        }
        Error::SerdeMissingField { field, .. } => (format!("the key `{field}` is missing here"), None),
        Error::SerdeInvalidType { unexpected, expected, .. } => {
            (format!("here should stand {}, but it is {}", of_yaml(expected), of_yaml(unexpected)), None)
        }
        Error::Unexpected { expected, .. } => (format!("here should stand {}", of_yaml(expected)), None),
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            (format!("the key `{key}` is there twice"), Some("keep one of them".to_owned()))
        }
        Error::UnknownAnchor { .. } => {
            let help = "name an anchor (`&name`) that stands further up in the file";
            ("the alias has no anchor".to_owned(), Some(help.to_owned()))
        }
        Error::Message { msg, .. } => (msg.clone(), None),
        other => {
            let message = UserMessageFormatter.format_message(other).into_owned();
            let help = "YAML is picky about indentation, colons and quotes: look at this line and the one before";
            (format!("this is not YAML: {message}"), Some(help.to_owned()))
        }
    }
}

/// What serde calls a value, in the words of YAML.
fn of_yaml(name: &str) -> String {
    match name {
        "map" | "a map" | "mapping start" => "a mapping".to_owned(),
        "sequence" | "a sequence" | "sequence start" => "a list".to_owned(),
        "unit" | "unit value" | "null" => "nothing".to_owned(),
        "a string" | "string scalar" => "a text".to_owned(),
        other => match other.split_once(' ') {
            Some(("string", text)) => format!("the text {text}"),
            Some(("integer" | "floating" | "float", number)) => format!("the number {number}"),
            Some(("boolean", truth)) => truth.to_owned(),
            Some(("struct", _)) => "a mapping".to_owned(),
            _ => other.to_owned(),
        },
    }
}
