//! Issues a session to the person who signed in (spec chapter 02, section 16.3; chapter 06, section 3.4).

use std::sync::Arc;

use crate::{
    actions::{Authentication, Granted, Stash, name},
    config::{Config, Retention},
    engine::{Effect, Failure, MemberSchema, Step},
    identity::sessions::Beginning,
    keys::ClaimsView,
    notify::{
        audit::{Actor, AuditEvent, Detail, EventType},
        webhook::Event,
    },
};

/// Issues a session to the person who signed in. The token leaves the server only when the step is committed.
pub struct IssueSession;

impl Effect<Authentication> for IssueSession {
    const NAME: &'static str = "issue_session";

    fn payload() -> Vec<MemberSchema> {
        vec![MemberSchema::of::<ClaimsView>()]
    }

    async fn run(&self, step: &mut Step<'_, Authentication>) -> Result<(), Failure> {
        let Some(account) = step.context.account.take() else { return Err("the account was not loaded".into()) };
        let services = Arc::clone(&step.context.services);
        let sessions = services.sessions();
        let (config, meta) = (&step.settings.session, &step.context.client.meta);
        let beginning = Beginning {
            ip_address: config.acquire_ip_address.then(|| meta.ip.clone()),
            user_agent: config.acquire_user_agent.then(|| meta.user_agent.clone()),
            amr: step.stash.amr.clone(),
        };
        for surplus in sessions.make_room(&mut step.context.unit, account.id()).await? {
            step.context.announce_session(Event::SessionLimit, &surplus);
        }
        let issued = sessions.begin(&mut step.context.unit, &account, beginning).await?;
        step.context.announce_session(Event::SessionCreateFlow, &issued.session);
        let user = account.id();
        step.context.account = Some(account);
        step.put(&issued.claims)?;
        let ends_with_browser = ends_with_browser(step.settings, &step.stash);
        step.context.granted = Some(Granted { issued, ends_with_browser });
        let Some(login_method) = step.stash.login_method else { return Ok(()) };
        let mut event = AuditEvent::new(EventType::LoginSuccess).by(Actor::Id(user));
        event = event.detail(Detail::LoginMethod, name(login_method));
        if let Some(method) = step.stash.mfa_method {
            event = event.detail(Detail::MfaMethod, name(method));
        }
        step.context.audit(step.id(), event).await
    }
}

/// Whether the cookie lasts only as long as the browser runs.
fn ends_with_browser(config: &Config, stash: &Stash) -> bool {
    match config.session.cookie.retention {
        Retention::Session => true,
        Retention::Persistent => false,
        Retention::Prompt => !stash.remember_me,
    }
}
