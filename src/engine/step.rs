//! One request on its way through the engine, as actions and effects see it.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    action::PayloadMember,
    domain::Domain,
    error::{FORM_DATA_INVALID, Failure, FlowError, InputError, Stop},
    input::Form,
    wire::Link,
};

/// What an action or an effect works with.
pub struct Step<'a, D: Domain> {
    /// What the operator configured.
    pub settings: &'a D::Settings,
    /// What the request carries.
    pub context: &'a mut D::Context,
    /// What the flow remembers.
    pub stash: D::Stash,
    pub(crate) flow: &'a str,
    pub(crate) id: Uuid,
    pub(crate) form: Form,
    pub(crate) payload: Map<String, Value>,
    pub(crate) links: Vec<Link>,
    pub(crate) error: Option<FlowError>,
}

impl<'a, D: Domain> Step<'a, D> {
    pub(crate) fn new(
        settings: &'a D::Settings,
        context: &'a mut D::Context,
        flow: &'a str,
        id: Uuid,
        stash: D::Stash,
    ) -> Self {
        let (form, payload, links) = (Form::default(), Map::new(), Vec::new());
        Self { settings, context, stash, flow, id, form, payload, links, error: None }
    }

    /// The name of the flow.
    #[must_use]
    pub const fn flow(&self) -> &'a str {
        self.flow
    }

    /// The id of the flow.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The error that the answer will show, if one was attached so far.
    #[must_use]
    pub const fn error(&self) -> Option<&FlowError> {
        self.error.as_ref()
    }

    /// Attaches an error to the answer. The step goes on all the same; of several errors the last is shown.
    pub fn attach(&mut self, error: FlowError) {
        self.error = Some(error);
    }

    /// Puts a member into the payload of the answer.
    ///
    /// # Errors
    ///
    /// When the member cannot be written as JSON.
    pub fn put<M: PayloadMember>(&mut self, member: &M) -> Result<(), Failure> {
        self.payload.insert(M::NAME.to_owned(), serde_json::to_value(member)?);
        Ok(())
    }

    /// Appends a link to the answer.
    pub fn link(&mut self, link: Link) {
        self.links.push(link);
    }

    /// Attaches an error to an input of the action.
    pub fn set_input_error(&mut self, input: &str, error: InputError) {
        self.form.set_error(input, error);
    }

    /// Refuses an input: the client sees `error` at `input`, and the flow stays where it is.
    #[must_use]
    pub fn refuse_input(&mut self, input: &str, error: InputError) -> Stop {
        self.set_input_error(input, error);
        Stop::Refused(FORM_DATA_INVALID)
    }
}
