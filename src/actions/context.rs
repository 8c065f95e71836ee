//! What a request carries through the engine: the services, the database, who asks, and what leaves the server once the
//! step is committed.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    engine::{self, Failure},
    identity::{account::Account, sessions::Issued},
    notify::{
        audit::{AuditEvent, AuditTicket, Detail, RequestMeta},
        mail::{Content, Language, MailTicket, PasscodeTemplate},
    },
    secret::Secret,
    services::Services,
    storage::UnitOfWork,
};

/// What graphs call a session that requests must come with.
pub const SESSION: &str = "session";

/// Who asks.
#[derive(Debug, Clone)]
pub struct Client {
    /// Request id, address and user agent.
    pub meta: RequestMeta,
    /// The language of mails.
    pub language: Language,
}

/// A session that was issued, on its way to the client.
#[derive(Debug)]
pub struct Granted {
    /// The session.
    pub issued: Issued,
    /// Whether it ends with the browser.
    pub ends_with_browser: bool,
}

/// Whose session a request came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedIn {
    /// The user.
    pub user: Uuid,
    /// The session.
    pub session: Uuid,
}

/// What a request carries.
pub struct Context {
    /// The services of the tenant.
    pub services: Arc<Services>,
    /// The database.
    pub unit: UnitOfWork,
    /// Who asks.
    pub client: Client,
    /// The session that the request came with. Looked for only when the flow requires one.
    pub signed_in: Option<SignedIn>,
    /// The account of the person, once it was loaded.
    pub account: Option<Account>,
    /// The session that was issued. It reaches the client only after the commit.
    pub granted: Option<Granted>,
    /// The session of the request is over. The client is told to forget it only after the commit.
    pub signed_out: bool,
    lines: Vec<AuditTicket>,
    mails: Vec<MailTicket>,
}

impl Context {
    /// The context of a new request.
    #[must_use]
    pub fn new(services: Arc<Services>, client: Client) -> Self {
        let unit = services.unit();
        Self {
            services,
            unit,
            client,
            signed_in: None,
            account: None,
            granted: None,
            signed_out: false,
            lines: Vec::new(),
            mails: Vec::new(),
        }
    }

    /// The same context, of a request that came with a session.
    #[must_use]
    pub fn of(self, signed_in: Option<SignedIn>) -> Self {
        Self { signed_in, ..self }
    }

    /// Records something in the audit log, as part of the flow.
    ///
    /// # Errors
    ///
    /// When the audit log cannot be written.
    pub async fn audit(&mut self, flow: Uuid, event: AuditEvent) -> Result<(), Failure> {
        let event = event.detail(Detail::FlowId, flow.to_string());
        let services = Arc::clone(&self.services);
        self.lines.push(services.audit.record(&mut self.unit, &self.client.meta, event).await?);
        Ok(())
    }

    /// Sends a code to an address, once the step is committed.
    ///
    /// # Errors
    ///
    /// When the mail cannot be recorded.
    pub async fn send_passcode(
        &mut self,
        address: &str,
        template: PasscodeTemplate,
        code: &Secret<String>,
        lifetime: Duration,
    ) -> Result<(), Failure> {
        let services = Arc::clone(&self.services);
        let content = Content::Passcode { template, code: code.expose(), ttl: lifetime };
        let service = &services.config.service.name;
        let mail = services.mail_templates.render(self.client.language, address, service, content);
        self.mails.push(services.mail.enqueue(&mut self.unit, mail).await?);
        Ok(())
    }
}

#[async_trait]
impl engine::UnitOfWork for Context {
    async fn commit(&mut self) -> Result<(), Failure> {
        let unit = std::mem::replace(&mut self.unit, self.services.unit());
        unit.commit().await?;
        self.services.audit.committed(self.lines.drain(..));
        self.services.mail.committed(self.mails.drain(..));
        Ok(())
    }

    async fn rollback(&mut self) {
        let unit = std::mem::replace(&mut self.unit, self.services.unit());
        unit.rollback().await;
        self.lines.clear();
        self.mails.clear();
        self.granted = None;
        self.signed_out = false;
    }
}
