//! Shows people where they are signed in (spec chapter 03, section 4.8).

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    actions::{Authentication, session_account::read},
    engine::{Effect, Failure, MemberSchema, PayloadMember, Step},
    identity::user_agent,
    storage::entities::sessions::Model,
    timestamp::Timestamp,
};

/// Active sessions, newest first.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct ActiveSessions(Vec<ActiveSession>);

impl PayloadMember for ActiveSessions {
    const NAME: &'static str = "sessions";
}

/// An active session.
#[derive(Debug, Serialize, JsonSchema)]
struct ActiveSession {
    /// Its id.
    id: Uuid,
    /// The header `User-Agent` with which it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent_raw: Option<String>,
    /// The same for people: `OS (BROWSER)`, where what is not known is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// The address from which it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<String>,
    /// Whether it is the one of this request.
    current: bool,
    /// When it began.
    created_at: Timestamp,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// When it was last used.
    last_used: Timestamp,
}

impl ActiveSession {
    fn new(row: Model, current: Uuid) -> Self {
        Self {
            id: row.id.0,
            user_agent: row.user_agent.as_deref().map(user_agent::described),
            user_agent_raw: row.user_agent,
            ip_address: row.ip_address,
            current: row.id.0 == current,
            created_at: row.created_at.0.into(),
            expires_at: row.expires_at.map(|time| time.0.into()),
            last_used: row.last_used.0.into(),
        }
    }
}

/// Shows people where they are signed in.
pub struct ShowSessions;

impl Effect<Authentication> for ShowSessions {
    const NAME: &'static str = "show_sessions";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<ActiveSessions>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(signed_in) = step.context.signed_in else { return Err("the request came without a session".into()) };
        if !read(step).await? {
            return Err("the account of the session is gone".into());
        }
        let rows = step.context.sessions.iter().cloned();
        step.put(&ActiveSessions(rows.map(|row| ActiveSession::new(row, signed_in.session)).collect()))
    }
}
