//! Inputs of actions: how they are declared, normalised and checked (spec chapter 01, section 5).

use std::{borrow::Cow, collections::BTreeMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::{InputError, VALUE_INVALID, VALUE_MISSING, VALUE_TOO_LONG, VALUE_TOO_SHORT};

/// What kind of value an input takes. Clients choose the form control by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InputType {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// An e-mail address.
    Email,
    /// A number.
    Number,
    /// Text that must not be shown.
    Password,
    /// A JSON object, given as such or as text.
    Json,
}

/// One value that an input allows, with its label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AllowedValue {
    /// What to submit.
    pub value: String,
    /// What to show.
    pub name: String,
}

/// The declaration of one input.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: InputType,
    pub(crate) min_length: Option<u32>,
    pub(crate) max_length: Option<u32>,
    pub(crate) required: Option<bool>,
    pub(crate) hidden: Option<bool>,
    pub(crate) trim: bool,
    pub(crate) lowercase: bool,
    pub(crate) preserve: bool,
    pub(crate) allowed_values: Vec<AllowedValue>,
}

impl Input {
    /// An input of any kind; the constructors below are shorter where the name is known at compile time.
    #[must_use]
    pub const fn new(name: Cow<'static, str>, kind: InputType) -> Self {
        Self {
            name,
            kind,
            min_length: None,
            max_length: None,
            required: None,
            hidden: None,
            trim: false,
            lowercase: false,
            preserve: false,
            allowed_values: Vec::new(),
        }
    }

    /// A text input.
    #[must_use]
    pub const fn text(name: &'static str) -> Self {
        Self::new(Cow::Borrowed(name), InputType::String)
    }

    /// A boolean input.
    #[must_use]
    pub const fn boolean(name: &'static str) -> Self {
        Self::new(Cow::Borrowed(name), InputType::Boolean)
    }

    /// An input for an e-mail address.
    #[must_use]
    pub const fn email(name: &'static str) -> Self {
        Self::new(Cow::Borrowed(name), InputType::Email)
    }

    /// An input for a text that must not be shown.
    #[must_use]
    pub const fn password(name: &'static str) -> Self {
        Self::new(Cow::Borrowed(name), InputType::Password)
    }

    /// An input for a JSON object.
    #[must_use]
    pub const fn json(name: &'static str) -> Self {
        Self::new(Cow::Borrowed(name), InputType::Json)
    }

    /// Says whether the input must be given. On boolean and JSON inputs it is only a hint to clients.
    #[must_use]
    pub const fn required(mut self, required: bool) -> Self {
        self.required = Some(required);
        self
    }

    /// Says that a person does not fill this input in.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.hidden = Some(true);
        self
    }

    /// Says that a person fills this input in, which clients otherwise take for granted.
    #[must_use]
    pub const fn shown(mut self) -> Self {
        self.hidden = Some(false);
        self
    }

    /// The least number of characters of a value that is not empty.
    #[must_use]
    pub const fn min(mut self, characters: u32) -> Self {
        self.min_length = Some(characters);
        self
    }

    /// The greatest length: in characters, for passwords in bytes (their hash takes no more).
    #[must_use]
    pub const fn max(mut self, length: u32) -> Self {
        self.max_length = Some(length);
        self
    }

    /// White space at both ends is removed.
    #[must_use]
    pub const fn trim(mut self) -> Self {
        self.trim = true;
        self
    }

    /// The value is lower-cased.
    #[must_use]
    pub const fn lowercase(mut self) -> Self {
        self.lowercase = true;
        self
    }

    /// The answer shows the submitted value again.
    #[must_use]
    pub const fn preserve(mut self) -> Self {
        self.preserve = true;
        self
    }

    /// Only these values are taken.
    #[must_use]
    pub fn one_of(mut self, values: Vec<AllowedValue>) -> Self {
        self.allowed_values = values;
        self
    }

    fn check(&self, value: Option<&Value>) -> Option<InputError> {
        if matches!(self.kind, InputType::Json | InputType::Boolean) {
            return None;
        }
        let text = value.and_then(Value::as_str).unwrap_or_default();
        // No database can hold it in a text.
        if text.contains('\0') {
            return Some(VALUE_INVALID);
        }
        if text.is_empty() {
            if self.required == Some(true) {
                return Some(VALUE_MISSING);
            }
        } else {
            let characters = text.chars().count();
            let length = if self.kind == InputType::Password { text.len() } else { characters };
            if self.min_length.is_some_and(|min| characters < min as usize) {
                return Some(VALUE_TOO_SHORT);
            }
            if self.max_length.is_some_and(|max| length > max as usize) {
                return Some(VALUE_TOO_LONG);
            }
            if self.kind == InputType::Email && !is_email(text) {
                return Some(VALUE_INVALID);
            }
        }
        let known = |allowed: &AllowedValue| allowed.value == text;
        if value.is_some() && !self.allowed_values.is_empty() && !self.allowed_values.iter().any(known) {
            let values: Vec<&str> = self.allowed_values.iter().map(|allowed| allowed.value.as_str()).collect();
            let message = format!("{} Must be one of: {}", VALUE_INVALID.message, values.join(","));
            return Some(InputError { message: message.into(), ..VALUE_INVALID });
        }
        None
    }
}

/// Whether `text` has the form of an e-mail address: one or more of `a-z A-Z 0-9 . _ % + -`, an `@`, one or more of
/// `a-z A-Z 0-9 . -`, a dot, and two or more letters.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let Some((host, top)) = domain.rsplit_once('.') else { return false };
    let all = |part: &str, extra: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
    };
    all(local, "._%+-") && all(host, ".-") && top.len() >= 2 && top.chars().all(|c| c.is_ascii_alphabetic())
}

/// What a client submitted to an action: members by name, not yet normalised.
pub type Submission = Map<String, Value>;

/// The declared inputs of an action together with what was submitted and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Form {
    inputs: Vec<Input>,
    values: Map<String, Value>,
    errors: BTreeMap<Cow<'static, str>, InputError>,
}

impl Form {
    /// A form that nobody filled in.
    #[must_use]
    pub fn empty(inputs: Vec<Input>) -> Self {
        Self { inputs, ..Self::default() }
    }

    /// A form with what was submitted, normalised. Members that are not declared are dropped.
    #[must_use]
    pub fn filled(inputs: Vec<Input>, mut submitted: Submission) -> Self {
        let mut values = Map::new();
        for input in &inputs {
            if let Some(value) = normalise(input, submitted.remove(&*input.name)) {
                values.insert(input.name.to_string(), value);
            }
        }
        Self { inputs, values, errors: BTreeMap::new() }
    }

    /// Takes over values and errors for `inputs`, which were declared anew for the answer.
    #[must_use]
    pub fn redeclared(self, inputs: Vec<Input>) -> Self {
        Self { inputs, ..self }
    }

    /// Checks all inputs; true when nothing is wrong. Of one input only the first broken rule is reported.
    pub fn validate(&mut self) -> bool {
        for input in &self.inputs {
            if let Some(error) = input.check(self.values.get(&*input.name)) {
                self.errors.insert(input.name.clone(), error);
            }
        }
        self.errors.is_empty()
    }

    /// Attaches an error to a declared input; on any other it has no effect.
    pub fn set_error(&mut self, name: &str, error: InputError) {
        if let Some(input) = self.inputs.iter().find(|input| input.name == name) {
            self.errors.insert(input.name.clone(), error);
        }
    }

    /// The values in the form in which the typed inputs of an action read them: texts are strings, booleans are
    /// booleans; what was not declared or not submitted is absent.
    pub(crate) fn typed(&self) -> Value {
        let typed = self.inputs.iter().filter_map(|input| {
            let value = self.values.get(&*input.name)?;
            let value = match input.kind {
                InputType::Boolean => Value::Bool(truth(value)),
                InputType::Json => value.clone(),
                InputType::Number => value.clone(),
                InputType::String | InputType::Email | InputType::Password => {
                    Value::String(value.as_str().unwrap_or_default().to_owned())
                }
            };
            Some((input.name.to_string(), value))
        });
        Value::Object(typed.collect())
    }

    pub(crate) fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    pub(crate) fn value(&self, name: &str) -> &Value {
        self.values.get(name).unwrap_or(&Value::Null)
    }

    pub(crate) fn error(&self, name: &str) -> Option<&InputError> {
        self.errors.get(name)
    }
}

fn normalise(input: &Input, value: Option<Value>) -> Option<Value> {
    if input.kind == InputType::Json {
        return value.map(|value| match value {
            // The original takes nothing with blanks around it for JSON.
            Value::String(text) if text.trim() == text => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            other => other,
        });
    }
    if !input.trim && !input.lowercase {
        return value;
    }
    let text = value.map(as_text).unwrap_or_default();
    let text = if input.trim { text.trim() } else { &text };
    Some(Value::String(if input.lowercase { text.to_lowercase() } else { text.to_owned() }))
}

fn as_text(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Reads a boolean the way clients have always sent them: `true`, a number that is not zero, or one of the texts `1`,
/// `t`, `true` in any case.
fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => matches!(text.to_lowercase().as_str(), "1" | "t" | "true"),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(inputs: Vec<Input>, submitted: Value) -> Form {
        let Value::Object(submitted) = submitted else { panic!("an object is submitted") };
        let mut form = Form::filled(inputs, submitted);
        form.validate();
        form
    }

    fn code(form: &Form, name: &str) -> Option<String> {
        form.error(name).map(|error| error.code.to_string())
    }

    /// Covers PROTO-64, PROTO-65.
    #[test]
    fn misses_required_texts_that_are_absent_empty_or_no_text() {
        for submitted in [
            json!({}),
            json!({"code": ""}),
            json!({"code": 1}),
            json!({"code": true}),
            json!({"code": null}),
            json!({"code": {}}),
        ] {
            let form = form(vec![Input::text("code").required(true)], submitted);
            assert_eq!(code(&form, "code").as_deref(), Some("value_missing_error"));
        }
    }

    /// Covers PROTO-66, PROTO-67, PROTO-68, PROTO-80.
    #[test]
    fn trims_and_lowercases_the_text_of_any_value() {
        let declared = || vec![Input::text("name").required(true).trim().lowercase()];
        assert_eq!(form(declared(), json!({"name": " \u{a0}ADA\u{3000}\n"})).typed(), json!({"name": "ada"}));
        assert_eq!(form(declared(), json!({"name": 17})).typed(), json!({"name": "17"}));
        assert_eq!(form(declared(), json!({"name": true})).typed(), json!({"name": "true"}));
        assert_eq!(code(&form(declared(), json!({"name": null})), "name").as_deref(), Some("value_missing_error"));
    }

    /// Covers PROTO-69, PROTO-70, PROTO-75.
    #[test]
    fn counts_characters_and_reports_the_first_broken_rule() {
        let declared = || vec![Input::email("email").min(3).max(5)];
        assert_eq!(code(&form(declared(), json!({"email": "äö"})), "email").as_deref(), Some("value_too_short_error"));
        assert_eq!(
            code(&form(declared(), json!({"email": "äöüäöü"})), "email").as_deref(),
            Some("value_too_long_error")
        );
        assert_eq!(code(&form(declared(), json!({"email": "äöüä"})), "email").as_deref(), Some("value_invalid_error"));
        assert_eq!(code(&form(declared(), json!({"email": ""})), "email"), None);
        assert_eq!(code(&form(declared(), json!({})), "email"), None);
    }

    /// Covers PROTO-79: the upper bound of passwords counts bytes, the lower one characters.
    #[test]
    fn limits_passwords_by_the_bytes_that_their_hash_takes() {
        let declared = || vec![Input::password("password").min(8).max(72)];
        assert_eq!(code(&form(declared(), json!({"password": "ä".repeat(36)})), "password"), None);
        assert_eq!(
            code(&form(declared(), json!({"password": "ä".repeat(37)})), "password").as_deref(),
            Some("value_too_long_error")
        );
        assert_eq!(
            code(&form(declared(), json!({"password": "ä".repeat(7)})), "password").as_deref(),
            Some("value_too_short_error")
        );
    }

    /// Covers PROTO-71.
    #[test]
    fn knows_the_form_of_an_address() {
        for good in ["a@b.co", "A.b_c%d+e-f@g-h.i.jk"] {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["", "a", "a@b", "a@b.c", "a@.", "@b.co", "a b@c.de", "a@b@c.de", "a@b.c1", "ä@b.co", "a@b..", "a@b.co\n"]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn refuses_texts_that_no_database_can_hold() {
        let form = form(vec![Input::text("name")], json!({"name": "a\0b"}));
        assert_eq!(code(&form, "name").as_deref(), Some("value_invalid_error"));
    }

    /// Covers PROTO-73.
    #[test]
    fn names_the_allowed_values_in_the_message() {
        let allowed = |value: &str| AllowedValue { value: value.into(), name: value.to_uppercase() };
        let declared =
            || vec![Input::text("provider").required(true).one_of(vec![allowed("github"), allowed("google")])];
        let wrong = form(declared(), json!({"provider": "Github"}));
        assert_eq!(wrong.error("provider").unwrap().message, "The value is invalid. Must be one of: github,google");
        assert_eq!(code(&form(declared(), json!({"provider": "google"})), "provider"), None);
    }

    /// Covers PROTO-74, PROTO-85.
    #[test]
    fn reports_every_input_and_ignores_errors_of_undeclared_ones() {
        let mut form = form(vec![Input::text("a").required(true), Input::text("b").required(true)], json!({}));
        form.set_error("c", VALUE_INVALID);
        assert!(form.error("a").is_some() && form.error("b").is_some() && form.error("c").is_none());
    }

    /// Covers PROTO-76, PROTO-77, PROTO-78.
    #[test]
    fn takes_booleans_and_json_leniently() {
        let declared = || vec![Input::boolean("flag").required(true), Input::json("data").required(true)];
        for (flag, truth) in [
            (json!(true), true),
            (json!("T"), true),
            (json!("1"), true),
            (json!(2), true),
            (json!("yes"), false),
            (json!(null), false),
        ] {
            let form = form(declared(), json!({"flag": flag}));
            assert_eq!(form.typed(), json!({"flag": truth}));
            assert!(form.error("data").is_none());
        }
        assert!(form(declared(), json!({})).error("flag").is_none());
    }

    /// Covers PROTO-31, PROTO-37.
    #[test]
    fn reads_json_from_text_and_drops_undeclared_members() {
        let typed = |inputs| form(vec![Input::json("data")], inputs).typed();
        assert_eq!(typed(json!({"data": "{\"a\":1}", "other": 1})), json!({"data": {"a": 1}}));
        for blank in [" {}", "{}\n", "\tnull"] {
            assert_eq!(typed(json!({"data": blank})), json!({"data": blank}));
        }
    }
}
