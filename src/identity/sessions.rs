//! Sessions: how they begin, are used and end (spec chapter 06 section 3). A token names its session; whether the session
//! is still good is what its row says. Knows no cookies and no headers.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{account::Account, objects};
use crate::{
    clock::Clock,
    config::Config,
    keys::{ClaimTemplates, ClaimsView, KeyRing, KeyRingError, SessionClaims, VerifyError},
    notify::{
        audit::{Actor, AuditEvent, AuditLog, EventType, RequestMeta},
        webhook::{Event, WebhookError, Webhooks},
    },
    random::Random,
    storage::{
        Database, StorageError, UnitOfWork,
        entities::sessions::Model as Session,
        primary_emails,
        sessions::{self, NewSession},
        users,
    },
};

/// The sessions of one tenant: what they are made of and where they are kept.
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'a> {
    /// The rows.
    pub database: &'a Database,
    /// The tenant.
    pub tenant: Uuid,
    /// The rules.
    pub config: &'a Config,
    /// Signs and verifies tokens.
    pub keys: &'a KeyRing,
    /// Additional claims.
    pub templates: &'a ClaimTemplates,
    /// Where logins and logouts are recorded.
    pub audit: &'a AuditLog,
    /// Who is told of their ends.
    pub webhooks: &'a Webhooks,
    /// The time.
    pub clock: &'a dyn Clock,
    /// For session ids.
    pub random: &'a dyn Random,
}

/// What became of a token.
#[derive(Debug)]
pub enum Verdict {
    /// Its session is good.
    Good(GoodSession),
    /// Its session was idle for too long, and has ended now.
    Idle(Session),
    /// It is no token of a session.
    Unknown,
}

/// A session that may be relied upon.
#[derive(Debug)]
pub struct GoodSession {
    /// The session.
    pub session: Session,
    /// The claims of its token.
    pub claims: Map<String, Value>,
    /// When it ends unless it is used before; `None` when sessions do not end so.
    pub idle_expires_at: Option<DateTime<Utc>>,
}

/// How a session begins.
#[derive(Debug, Clone, Default)]
pub struct Beginning {
    /// The client's address; stored as it is.
    pub ip_address: Option<String>,
    /// The client's user agent; cut to what the column holds.
    pub user_agent: Option<String>,
    /// How the user signed in (RFC 8176), for the claim `amr`; empty leaves it out.
    pub amr: Vec<String>,
}

/// A session that has begun.
#[derive(Debug)]
pub struct Issued {
    /// The session.
    pub session: Session,
    /// Its token.
    pub token: String,
    /// What the token says.
    pub claims: ClaimsView,
}

/// Why a session could not be checked, begun or ended.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The keys cannot be read, or not be used.
    #[error(transparent)]
    Keys(#[from] KeyRingError),
    /// What happened cannot be told.
    #[error(transparent)]
    Webhooks(#[from] WebhookError),
}

impl From<&Session> for objects::Session {
    fn from(row: &Session) -> Self {
        Self {
            id: row.id.0,
            user_id: row.user_id.0,
            user_agent: row.user_agent.clone(),
            ip_address: row.ip_address.clone(),
            created_at: row.created_at.0.into(),
            updated_at: row.updated_at.0.into(),
            expires_at: row.expires_at.map(|time| time.0.into()),
            last_used: row.last_used.0.into(),
        }
    }
}

impl Sessions<'_> {
    /// Finds out what a token is worth. Does not count as use of the session.
    ///
    /// # Errors
    ///
    /// When the keys or the session cannot be read.
    pub async fn check(&self, token: &str) -> Result<Verdict, SessionError> {
        let claims = match self.keys.verify(token).await {
            Ok(claims) => claims,
            Err(VerifyError::Keys(error)) => return Err(error.into()),
            Err(VerifyError::Token(_)) => return Ok(Verdict::Unknown),
        };
        let uuid = |name: &str| claims.get(name)?.as_str().and_then(|text| Uuid::try_parse(text).ok());
        // Tokens of another kind, such as those of webhooks, are signed with the same keys but name no session.
        let (Some(session_id), Some(user_id)) = (uuid("session_id"), uuid("sub")) else {
            return Ok(Verdict::Unknown);
        };
        let unit = self.database.unit(self.tenant);
        let session = match sessions::by_id(&unit, session_id).await? {
            Some(session) if session.user_id.0 == user_id => session,
            _ => return Ok(Verdict::Unknown),
        };
        match self.idle_expiry(session.last_used.0) {
            Some(end) if self.clock.now() > end => {
                self.expire(unit, &session).await?;
                Ok(Verdict::Idle(session))
            }
            idle_expires_at => Ok(Verdict::Good(GoodSession { session, claims, idle_expires_at })),
        }
    }

    /// Of several requests that find a session idle, one ends it and tells so.
    async fn expire(&self, mut unit: UnitOfWork, session: &Session) -> Result<(), SessionError> {
        if sessions::delete(&mut unit, session.id.0).await? {
            let told =
                self.webhooks.announce(&mut unit, Event::SessionExpire, &objects::Session::from(session)).await?;
            unit.commit().await?;
            self.webhooks.committed(told);
        }
        Ok(())
    }

    /// Like [`Sessions::check`], but a good session counts as used now.
    ///
    /// # Errors
    ///
    /// When the keys cannot be read, or the session not be read or written.
    pub async fn accept(&self, token: &str) -> Result<Verdict, SessionError> {
        let verdict = self.check(token).await?;
        let Verdict::Good(mut good) = verdict else { return Ok(verdict) };
        let now = self.clock.now();
        sessions::touch(&self.database.unit(self.tenant), good.session.id.0, now).await?;
        good.session.last_used = now.into();
        good.session.updated_at = now.into();
        good.idle_expires_at = self.idle_expiry(now);
        Ok(Verdict::Good(good))
    }

    /// Begins a session. How many a user may have is not looked at, see [`Sessions::make_room`].
    ///
    /// # Errors
    ///
    /// When the token cannot be signed or the session not be written.
    pub async fn begin(
        &self,
        unit: &mut UnitOfWork,
        account: &Account,
        beginning: Beginning,
    ) -> Result<Issued, SessionError> {
        let claims = SessionClaims {
            user_id: account.id(),
            session_id: self.random.uuid(),
            issued_at: self.clock.now(),
            lifespan: self.config.session.lifespan.0,
            email: account.email_claim(),
            username: account.username.as_ref().map(|row| row.username.clone()),
            audience: self.config.audience().to_vec(),
            issuer: self.config.session.issuer.clone(),
            amr: beginning.amr,
            template: if self.templates.is_empty() {
                Map::new()
            } else {
                self.templates.render(account.template_user())
            },
        };
        let token = self.keys.sign(&claims.to_map()).await?;
        let session = NewSession {
            id: claims.session_id,
            user: claims.user_id,
            user_agent: beginning.user_agent,
            ip_address: beginning.ip_address,
            expires_at: Some(claims.expires_at()),
        };
        let session = sessions::insert(unit, session, claims.issued_at).await?;
        Ok(Issued { session, token, claims: claims.view() })
    }

    /// Ends the oldest active sessions of a user until one more may begin, and says which they were. Until the transaction
    /// ends nobody else makes room, so that two who sign in at once do not fill the same room.
    ///
    /// # Errors
    ///
    /// When the sessions cannot be read or written.
    pub async fn make_room(&self, unit: &mut UnitOfWork, user_id: Uuid) -> Result<Vec<Session>, SessionError> {
        users::lock(unit, user_id).await?;
        let limit = self.config.session.limit.max(1) as usize;
        let newest_first = sessions::active_of_user(unit, user_id, self.clock.now()).await?;
        let surplus: Vec<_> = newest_first.into_iter().skip(limit - 1).collect();
        for session in &surplus {
            sessions::delete(unit, session.id.0).await?;
        }
        Ok(surplus)
    }

    /// Ends a session because its user wants so, and records that.
    ///
    /// # Errors
    ///
    /// When the session cannot be deleted or the event not be recorded; the session is then as it was.
    pub async fn log_out(&self, session: &Session, request: &RequestMeta) -> Result<(), SessionError> {
        let mut unit = self.database.unit(self.tenant);
        let user_id = session.user_id.0;
        sessions::delete(&mut unit, session.id.0).await?;
        let email = primary_emails::of_user(&unit, user_id).await?.map(|email| email.address);
        let event = AuditEvent::new(EventType::UserLoggedOut).by(Actor::Full(user_id, email));
        let ticket = self.audit.record(&mut unit, request, event).await?;
        let told = self.webhooks.announce(&mut unit, Event::SessionLogout, &objects::Session::from(session)).await?;
        unit.commit().await?;
        self.audit.committed([ticket]);
        self.webhooks.committed(told);
        Ok(())
    }

    /// What the rows of a session that begins now are to say about the client.
    #[must_use]
    pub fn origin(&self, ip_address: IpAddr, user_agent: &str) -> Beginning {
        let config = &self.config.session;
        Beginning {
            ip_address: config.acquire_ip_address.then(|| ip_address.to_string()),
            user_agent: config.acquire_user_agent.then(|| user_agent.to_owned()),
            amr: Vec::new(),
        }
    }

    fn idle_expiry(&self, last_used: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let timeout = self.config.session.idle_timeout;
        if timeout.is_zero() {
            return None;
        }
        last_used.checked_add_signed(TimeDelta::from_std(timeout.0).ok()?)
    }
}
