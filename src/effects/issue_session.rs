//! Issues a session to the person who signed in (spec chapter 02, section 16.3; chapter 06, section 3.4).

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    actions::{Authentication, LoginMethod, MfaMethod, Stash, name},
    config::{Config, Retention},
    engine::{Effect, Failure, MemberSchema, PayloadMember, Step},
    identity::sessions,
    keys::ClaimsView,
    notify::audit::{Actor, AuditEvent, Detail, EventType},
};

/// How the person signed in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LastLogin {
    /// The first factor.
    login_method: LoginMethod,
    /// The third party, when it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    third_party_provider: Option<String>,
    /// The second factor, when there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    mfa_method: Option<MfaMethod>,
}

impl PayloadMember for LastLogin {
    const NAME: &'static str = "last_login";
}

/// Issues a session to the person who signed in. The token leaves the server only when the step is committed.
pub struct IssueSession;

impl Effect<Authentication> for IssueSession {
    const NAME: &'static str = "issue_session";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<ClaimsView>(), MemberSchema::of::<LastLogin>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(profile) = step.context.profile.take() else { return Err("the account was not loaded".into()) };
        let user = profile.user_id;
        let services = step.context.services.clone();
        let retention = retention(step.settings, &step.stash);
        let request = sessions::Issue {
            user: &profile,
            amr: step.stash.amr.clone(),
            client: &step.context.client,
            retention,
        };
        let issued = sessions::issue(&mut step.context.unit, &services.sessions(), request).await?;
        step.put(&issued.claims)?;
        step.context.outgoing.session = Some(issued);
        let Some(login_method) = step.stash.login_method else { return Ok(()) };
        let mfa_method = step.stash.mfa_method;
        let mut event = AuditEvent::new(EventType::LoginSuccess).by(Actor::Id(user));
        event = event.detail(Detail::LoginMethod, name(login_method));
        if let Some(method) = mfa_method {
            event = event.detail(Detail::MfaMethod, name(method));
        }
        step.context.audit(step.id(), event).await?;
        let third_party_provider = step.stash.third_party_provider.clone();
        step.put(&LastLogin { login_method, third_party_provider, mfa_method })
    }
}

/// Whether the cookie outlives the browser.
fn retention(config: &Config, stash: &Stash) -> Retention {
    match config.session.cookie.retention {
        Retention::Prompt if stash.remember_me => Retention::Persistent,
        Retention::Prompt => Retention::Session,
        decided => decided,
    }
}
