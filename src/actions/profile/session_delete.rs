//! The person ends another session of theirs (spec chapter 03, section 7.23). The session of the request ends by logging
//! out.

use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    actions::{Authentication, Stash, profile::owner},
    config::Config,
    engine::{
        Action, AllowedValue, FlowError, Input, Step, Stop,
        error::{NOT_PERMITTED, VALUE_INVALID},
    },
    notify::webhook::Event,
    outcomes, storage,
};

outcomes! {
    /// The session has ended, now or before.
    Ended = "ended",
}

/// The session.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inputs {
    /// Its id.
    session_id: String,
}

/// The person ends another session of theirs.
pub struct SessionDelete;

impl Action<Authentication> for SessionDelete {
    const NAME: &'static str = "session_delete";
    const DESCRIPTION: &'static str = "Delete a session.";
    const REFUSALS: &'static [FlowError] = &[NOT_PERMITTED];

    type Input = Inputs;
    type Outcome = Outcome;

    fn inputs(&self, _: &Config, stash: &Stash) -> Vec<Input> {
        let allowed = |id: &Uuid| AllowedValue { value: id.to_string(), name: id.to_string() };
        let sessions = stash.holdings.other_sessions.iter().map(allowed).collect();
        vec![Input::text("session_id").required(true).hidden().one_of(sessions)]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>, input: Inputs) -> Result<Outcome, Stop> {
        owner(step)?;
        let id = Uuid::try_parse(&input.session_id).ok();
        // An empty list of allowed values allows every value, so it is asked again.
        let Some(id) = id.filter(|id| step.stash.holdings.other_sessions.contains(id)) else {
            return Err(step.refuse_input("session_id", VALUE_INVALID));
        };
        let session = match step.context.is_wanted(Event::SessionRevoke).await? {
            true => storage::sessions::by_id(&step.context.unit, id).await?,
            false => None,
        };
        // Of several requests that end it at once, one tells of it.
        if storage::sessions::delete(&mut step.context.unit, id).await?
            && let Some(session) = session
        {
            step.context.announce_session(Event::SessionRevoke, &session);
        }
        Ok(Outcome::Ended)
    }
}
