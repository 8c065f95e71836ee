//! The answer of a flow endpoint as it goes over the wire (spec chapter 01, section 4).

use std::{borrow::Cow, collections::BTreeMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    error::{FlowError, InputError},
    input::{AllowedValue, Form, InputType},
};

/// Name that an answer carries when the request was rejected or failed. The flow itself is not in that state.
pub const ERROR_NAME: &str = "error";

/// The answer of a flow endpoint.
#[derive(Debug, Clone, Serialize)]
pub struct Response {
    /// The state that is described.
    pub name: String,
    /// The HTTP status.
    pub status: u16,
    /// Data of the state; absent when the request was rejected or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Map<String, Value>>,
    /// The token that the next request must carry; empty when the request was rejected or failed.
    pub csrf_token: String,
    /// What the client may do, by name.
    pub actions: BTreeMap<String, ActionView>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorView>,
    /// Addresses to offer; null when there are none.
    pub links: Option<Vec<Link>>,
}

impl Response {
    /// The answer to a request that was rejected or failed before it changed anything.
    #[must_use]
    pub fn rejection(error: &FlowError, debug: bool) -> Self {
        Self {
            name: ERROR_NAME.to_owned(),
            status: error.status,
            payload: None,
            csrf_token: String::new(),
            actions: BTreeMap::new(),
            error: Some(ErrorView::of(error, debug)),
            links: None,
        }
    }
}

/// An action that the client may take.
#[derive(Debug, Clone, Serialize)]
pub struct ActionView {
    /// Where to post the inputs, relative to the address of the API.
    pub href: String,
    /// The inputs by name.
    pub inputs: BTreeMap<Cow<'static, str>, InputView>,
    /// The name of the action.
    pub action: String,
    /// What the action does, in English, for developers.
    pub description: String,
}

/// An input of an action.
#[derive(Debug, Clone, Serialize)]
pub struct InputView {
    /// The name.
    pub name: Cow<'static, str>,
    /// The kind of value.
    #[serde(rename = "type")]
    pub kind: InputType,
    /// The value to show, on inputs that keep it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The least number of characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// The greatest length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// Whether the input must be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// Whether a person fills it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
    /// What is wrong with what was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorView>,
    /// The only values that are taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_values: Vec<AllowedValue>,
}

/// An error as it is shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ErrorView {
    /// The code by which clients choose their text.
    pub code: String,
    /// A text in English.
    pub message: String,
    /// What led to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl ErrorView {
    /// The error of an answer; its cause shows only in debug mode.
    #[must_use]
    pub fn of(error: &FlowError, debug: bool) -> Self {
        Self {
            code: error.code.to_string(),
            message: error.message.to_string(),
            cause: error.cause.clone().filter(|_| debug),
        }
    }

    fn of_input(error: &InputError) -> Self {
        Self {
            code: error.code.to_string(),
            message: error.message.to_string(),
            cause: error.cause.as_deref().map(str::to_owned),
        }
    }
}

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkCategory {
    /// Terms, privacy, imprint.
    Legal,
    /// Sign-in with a third party.
    Oauth,
    /// Anything else.
    Other,
}

/// Where an address opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LinkTarget {
    /// In the same window.
    #[serde(rename = "_self")]
    Same,
    /// In a new window.
    #[serde(rename = "_blank")]
    Blank,
    /// In the window around.
    #[serde(rename = "_parent")]
    Parent,
    /// In the outermost window.
    #[serde(rename = "_top")]
    Top,
}

/// An address to offer beside the actions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Link {
    /// A name, such as that of a provider.
    pub name: String,
    /// The absolute address.
    pub href: String,
    /// What it is for.
    pub category: LinkCategory,
    /// Where it opens.
    pub target: LinkTarget,
}

impl Link {
    /// A link that opens where links of its category usually open: legal texts in a new window, all others in place.
    #[must_use]
    pub fn new(name: impl Into<String>, href: impl Into<String>, category: LinkCategory) -> Self {
        let target = if category == LinkCategory::Legal { LinkTarget::Blank } else { LinkTarget::Same };
        Self { name: name.into(), href: href.into(), category, target }
    }
}

/// The inputs of a form as they are shown.
pub(crate) fn inputs(form: &Form) -> BTreeMap<Cow<'static, str>, InputView> {
    let view = |input: &super::input::Input| InputView {
        name: input.name.clone(),
        kind: input.kind,
        value: input.preserve.then(|| form.value(&input.name).clone()),
        min_length: input.min_length,
        max_length: input.max_length,
        required: input.required,
        hidden: input.hidden,
        error: form.error(&input.name).map(ErrorView::of_input),
        allowed_values: input.allowed_values.clone(),
    };
    form.inputs().iter().map(|input| (input.name.clone(), view(input))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::{error, input::Input};

    /// Covers PROTO-41, PROTO-42, PROTO-43, PROTO-59, PROTO-60.
    #[test]
    fn a_rejection_has_no_payload_no_token_and_no_cause() {
        let rejected = error::NOT_PERMITTED.because("the token differs");
        let shown = serde_json::to_value(Response::rejection(&rejected, false)).unwrap();
        let message = "The operation is not permitted.";
        assert_eq!(
            shown,
            json!({"name": "error", "status": 403, "csrf_token": "", "actions": {},
                   "error": {"code": "operation_not_permitted_error", "message": message}, "links": null})
        );
        let shown = serde_json::to_value(Response::rejection(&rejected, true)).unwrap();
        assert_eq!(shown["error"]["cause"], "the token differs");
    }

    /// Covers PROTO-49, PROTO-50, PROTO-51, PROTO-52, PROTO-53, PROTO-54, PROTO-56.
    #[test]
    fn shows_only_what_was_declared() {
        let form = Form::empty(vec![
            Input::text("plain"),
            Input::password("secret").required(false).hidden().min(0),
            Input::text("kept").preserve(),
        ]);
        assert_eq!(
            serde_json::to_value(inputs(&form)).unwrap(),
            json!({
                "plain": {"name": "plain", "type": "string"},
                "secret": {"name": "secret", "type": "password", "required": false, "hidden": true, "min_length": 0},
                "kept": {"name": "kept", "type": "string", "value": null},
            })
        );
    }

    /// Covers PROTO-58.
    #[test]
    fn legal_links_open_in_a_new_window() {
        let links = [
            Link::new("terms", "https://example.test/terms", LinkCategory::Legal),
            Link::new("github", "https://example.test/go", LinkCategory::Oauth),
        ];
        assert_eq!(
            serde_json::to_value(links).unwrap(),
            json!([
                {"name": "terms", "href": "https://example.test/terms", "category": "legal", "target": "_blank"},
                {"name": "github", "href": "https://example.test/go", "category": "oauth", "target": "_self"},
            ])
        );
    }
}
