//! What a person types: the choice of an action, with inputs on the same line or asked for one by one.

use serde_json::{Map, Value};

use crate::engine::{InputType, wire::InputView};

/// A line at the question what to do.
#[derive(Debug, PartialEq)]
pub(super) struct Choice {
    /// The first word: the name or the number of an action, or a word of the walk itself.
    pub(super) word: String,
    /// The inputs on the line, as they were written.
    pub(super) inputs: Vec<(String, String)>,
}

/// Reads `action` or `action input=value input="a value with spaces"`.
pub(super) fn choice(line: &str) -> Result<Choice, String> {
    let line = line.trim();
    let (word, mut rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let mut inputs = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(Choice { word: word.to_owned(), inputs });
        }
        let Some((name, value)) = rest.split_once('=').filter(|(name, _)| !name.contains(char::is_whitespace)) else {
            return Err(format!("`{rest}` is not of the form input=value"));
        };
        // What begins like JSON goes on as far as the JSON does.
        let value_end = if value.starts_with(['"', '{', '[']) {
            let mut values = serde_json::Deserializer::from_str(value).into_iter::<Value>();
            match values.next() {
                Some(Ok(_)) => values.byte_offset(),
                _ => return Err(format!("the value of `{name}` begins like JSON, but is none")),
            }
        } else {
            value.find(char::is_whitespace).unwrap_or(value.len())
        };
        let (value, after) = value.split_at(value_end);
        inputs.push((name.to_owned(), value.to_owned()));
        rest = after;
    }
}

/// What to submit for an input, or what is wrong. `None` for an empty line: nothing is submitted then.
pub(super) fn value(input: &InputView, text: &str) -> Result<Option<Value>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(chosen) = text.parse::<usize>().ok().filter(|_| !input.allowed_values.is_empty()) {
        let allowed = input.allowed_values.iter().any(|allowed| allowed.value == text);
        if !allowed && let Some(allowed) = chosen.checked_sub(1).and_then(|at| input.allowed_values.get(at)) {
            return Ok(Some(allowed.value.clone().into()));
        }
    }
    match input.kind {
        InputType::Boolean => match text.to_lowercase().as_str() {
            "y" | "yes" | "true" | "1" => Ok(Some(true.into())),
            "n" | "no" | "false" | "0" => Ok(Some(false.into())),
            _ => Err("answer yes or no".to_owned()),
        },
        InputType::Json | InputType::Number => {
            Ok(Some(serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))))
        }
        InputType::String | InputType::Email | InputType::Password => {
            let quoted = text.starts_with('"').then(|| serde_json::from_str::<String>(text).ok()).flatten();
            Ok(Some(quoted.unwrap_or_else(|| text.to_owned()).into()))
        }
    }
}

/// The inputs of a choice as they are submitted, or what is wrong with them.
pub(super) fn submitted<'a>(
    choice: &Choice,
    declared: impl Fn(&str) -> Option<&'a InputView>,
) -> Result<Map<String, Value>, String> {
    let mut inputs = Map::new();
    for (name, text) in &choice.inputs {
        let input = declared(name).ok_or_else(|| format!("`{}` has no input `{name}`", choice.word))?;
        if let Some(value) = value(input, text).map_err(|problem| format!("`{name}`: {problem}"))? {
            inputs.insert(name.clone(), value);
        }
    }
    Ok(inputs)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::json;

    use super::*;
    use crate::engine::AllowedValue;

    fn input(kind: InputType, allowed: &[&str]) -> InputView {
        let allowed_values =
            allowed.iter().map(|value| AllowedValue { value: (*value).into(), name: (*value).into() }).collect();
        InputView {
            name: Cow::Borrowed("input"),
            kind,
            value: None,
            min_length: None,
            max_length: None,
            required: None,
            hidden: None,
            error: None,
            allowed_values,
        }
    }

    #[test]
    fn reads_inputs_on_the_line_of_the_action() {
        let read = choice(r#"  act email=ada@example.org name="Ada L." data={"a": [1, 2]} empty= "#).unwrap();
        let inputs: Vec<(&str, &str)> = read.inputs.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(read.word, "act");
        assert_eq!(
            inputs,
            [("email", "ada@example.org"), ("name", "\"Ada L.\""), ("data", "{\"a\": [1, 2]}"), ("empty", "")]
        );
        assert_eq!(choice("").unwrap(), Choice { word: String::new(), inputs: Vec::new() });
        assert!(choice("act email").unwrap_err().contains("input=value"));
        assert!(choice("act data={1").unwrap_err().contains("`data`"));
    }

    #[test]
    fn submits_what_the_kind_of_the_input_asks_for() {
        let submit = |kind, text| value(&input(kind, &[]), text);
        assert_eq!(submit(InputType::Boolean, "Yes"), Ok(Some(json!(true))));
        assert_eq!(submit(InputType::Boolean, "n"), Ok(Some(json!(false))));
        assert!(submit(InputType::Boolean, "perhaps").is_err());
        assert_eq!(submit(InputType::Json, "{\"a\":1}"), Ok(Some(json!({"a": 1}))));
        assert_eq!(submit(InputType::Json, "{"), Ok(Some(json!("{"))));
        assert_eq!(submit(InputType::Number, "7"), Ok(Some(json!(7))));
        assert_eq!(submit(InputType::String, "7"), Ok(Some(json!("7"))));
        assert_eq!(submit(InputType::Password, "\"\""), Ok(Some(json!(""))));
        assert_eq!(submit(InputType::Email, ""), Ok(None));
    }

    #[test]
    fn takes_an_allowed_value_by_its_number() {
        let choose = |text| value(&input(InputType::String, &["passkey", "3"]), text).unwrap();
        assert_eq!(choose("1"), Some(json!("passkey")));
        assert_eq!(choose("3"), Some(json!("3")));
        assert_eq!(choose("4"), Some(json!("4")));
    }
}
