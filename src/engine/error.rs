//! The errors that a flow shows to its client, and the failures that it never shows.

use std::borrow::Cow;

/// An error at the top of an answer: a code that clients know, the HTTP status of the answer, and a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowError {
    /// The code by which clients choose their text.
    pub code: Cow<'static, str>,
    /// The HTTP status of the answer that carries the error. A 4xx keeps the flow where it is.
    pub status: u16,
    /// A text in English.
    pub message: Cow<'static, str>,
    /// What led to it; shown to clients only in debug mode, always logged.
    pub cause: Option<String>,
}

impl FlowError {
    /// An error without a cause.
    #[must_use]
    pub const fn new(code: &'static str, status: u16, message: &'static str) -> Self {
        Self { code: Cow::Borrowed(code), status, message: Cow::Borrowed(message), cause: None }
    }

    /// The same error with what led to it.
    #[must_use]
    pub fn because(&self, cause: impl ToString) -> Self {
        Self { cause: Some(cause.to_string()), ..self.clone() }
    }

    /// A failure that is no fault of the server: the whole step is undone, and the client is told this error.
    #[must_use]
    pub fn failure(self) -> Failure {
        Box::new(Rejection(self))
    }
}

/// See [`FlowError::failure`].
#[derive(Debug, thiserror::Error)]
#[error("{}: {}", .0.code, .0.cause.as_deref().unwrap_or(&.0.message))]
struct Rejection(FlowError);

/// Why a step was undone.
pub(super) struct Undone {
    pub(super) failure: Failure,
    /// Another request was in the way.
    pub(super) raced: bool,
}

impl Undone {
    /// What the client is told.
    pub(super) fn told(self) -> FlowError {
        match self.failure.downcast::<Rejection>() {
            Ok(rejection) => rejection.0,
            Err(failure) if self.raced => NOT_PERMITTED.because(failure),
            Err(failure) => TECHNICAL.because(failure),
        }
    }
}

/// Something failed inside the server.
pub const TECHNICAL: FlowError = FlowError::new("technical_error", 500, "Something went wrong.");
/// The flow was started too long ago, or its graph is gone.
pub const EXPIRED: FlowError = FlowError::new("flow_expired_error", 410, "The flow has expired.");
/// The graph has no way on.
pub const DISCONTINUITY: FlowError = FlowError::new("flow_discontinuity_error", 500, "The flow can't be continued.");
/// The request does not fit the flow as it is now.
pub const NOT_PERMITTED: FlowError =
    FlowError::new("operation_not_permitted_error", 403, "The operation is not permitted.");
/// An input is not acceptable; the inputs say which and why.
pub const FORM_DATA_INVALID: FlowError = FlowError::new("form_data_invalid_error", 400, "Form data invalid.");

/// An error at one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// The code by which clients choose their text.
    pub code: Cow<'static, str>,
    /// A text in English.
    pub message: Cow<'static, str>,
    /// What led to it; shown to clients.
    pub cause: Option<Cow<'static, str>>,
}

impl InputError {
    /// An error without a cause.
    #[must_use]
    pub const fn new(code: &'static str, message: &'static str) -> Self {
        Self { code: Cow::Borrowed(code), message: Cow::Borrowed(message), cause: None }
    }

    /// The same error with what led to it.
    #[must_use]
    pub fn because(&self, cause: impl Into<Cow<'static, str>>) -> Self {
        Self { cause: Some(cause.into()), ..self.clone() }
    }
}

/// The value is required and absent or empty.
pub const VALUE_MISSING: InputError = InputError::new("value_missing_error", "The value is missing.");
/// The value is not what the input asks for.
pub const VALUE_INVALID: InputError = InputError::new("value_invalid_error", "The value is invalid.");
/// The value is longer than allowed.
pub const VALUE_TOO_LONG: InputError = InputError::new("value_too_long_error", "The value is too long.");
/// The value is shorter than allowed.
pub const VALUE_TOO_SHORT: InputError = InputError::new("value_too_short_error", "The value is too short.");

/// What went wrong inside the server. Clients see only [`TECHNICAL`], unless it is a [`FlowError::failure`].
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Why an action did not come to an outcome.
#[derive(Debug)]
pub enum Stop {
    /// The client is told the error; what the action wrote to the database stays, what it put into the stash does not.
    Refused(FlowError),
    /// The whole step is undone.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
