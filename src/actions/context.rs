//! What a request carries through the engine: the services, the database, who asks, and what leaves the server once the
//! step is committed.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use uuid::Uuid;

use super::announcements::{About, Announcements};
use crate::{
    engine::{self, Failure},
    identity::{account::Account, objects, sessions::Issued, trusted_devices::DeviceTokens},
    limits::{Admission, Bucket},
    notify::{
        audit::{Actor, AuditEvent, AuditTicket, Detail, EventType, RequestMeta},
        mail::{Content, Language, MailTicket, Notification, PasscodeTemplate, Template},
        webhook::{Circumstances, EmailSent, Event},
    },
    secret::Secret,
    services::Services,
    storage::{UnitOfWork, entities::sessions, primary_emails},
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
    /// The header that asked for it, as it was sent.
    pub language_header: String,
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
    /// The account of the person as it was read last, unless it is known to have changed since.
    pub account: Option<Account>,
    /// What the device shows to be known.
    pub device: DeviceTokens,
    /// The active sessions of the account, once they were read.
    pub sessions: Vec<sessions::Model>,
    /// How much had been written when account and sessions were read together.
    pub read_after: Option<u32>,
    /// The session that was issued. It reaches the client only after the commit.
    pub granted: Option<Granted>,
    /// What the device shows from now on. It reaches the device only after the commit.
    pub device_to_be: Option<DeviceTokens>,
    /// The session of the request is over. The client is told to forget it only after the commit.
    pub signed_out: bool,
    lines: Vec<AuditTicket>,
    mails: Vec<MailTicket>,
    announcements: Announcements,
    /// What this request has taken an attempt of.
    attempts: Vec<String>,
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
            device: DeviceTokens::default(),
            sessions: Vec::new(),
            read_after: None,
            granted: None,
            device_to_be: None,
            signed_out: false,
            lines: Vec::new(),
            mails: Vec::new(),
            announcements: Announcements::default(),
            attempts: Vec::new(),
        }
    }

    /// The same context, of a request that came with a session.
    #[must_use]
    pub fn of(self, signed_in: Option<SignedIn>) -> Self {
        Self { signed_in, ..self }
    }

    /// The same context, of a request from a device that shows these tokens.
    #[must_use]
    pub fn from_device(self, device: DeviceTokens) -> Self {
        Self { device, ..self }
    }

    /// Takes an attempt, if there is one left. A request takes one of a bucket however often it asks, so that whoever
    /// asks for another code and then reaches the state that sends it pays for one mail.
    ///
    /// # Errors
    ///
    /// When the attempts cannot be counted.
    pub async fn attempt(&mut self, bucket: Bucket<'_>) -> Result<Admission, Failure> {
        let ip = &self.client.meta.ip;
        let key = bucket.key(ip);
        if self.attempts.contains(&key) {
            return Ok(Admission::Granted);
        }
        let (limiter, now) = (&self.services.rate_limiter, self.services.clock.now());
        let admission = limiter.attempt(self.services.id, bucket, ip, now).await?;
        if admission == Admission::Granted {
            self.attempts.push(key);
        }
        Ok(admission)
    }

    /// Gives an attempt back that this request has taken: what counts wrong guesses forgets a right one.
    ///
    /// # Errors
    ///
    /// When the attempts cannot be counted.
    pub async fn give_back(&mut self, bucket: Bucket<'_>) -> Result<(), Failure> {
        let ip = &self.client.meta.ip;
        let key = bucket.key(ip);
        self.attempts.retain(|taken| *taken != key);
        Ok(self.services.rate_limiter.give_back(self.services.id, bucket, ip).await?)
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

    /// Tells hooks of something that happened to the account of a user, once the step is committed. They are shown the
    /// account as the step leaves it.
    pub fn announce(&mut self, event: Event, user: Uuid) {
        if event != Event::UserLogin {
            self.account = None;
        }
        self.announcements.add(event, About::User(user));
    }

    /// What hooks are told of a user who is about to be deleted, if there is such a user.
    ///
    /// # Errors
    ///
    /// When the account cannot be read.
    pub async fn portrait(&mut self, user: Uuid) -> Result<Option<objects::User>, Failure> {
        if self.account.is_none() {
            self.account = Account::load(&self.unit, user).await?;
        }
        Ok(self.account.as_ref().map(objects::User::from))
    }

    /// Tells hooks that a user was deleted, once the step is committed.
    pub fn announce_deletion(&mut self, former: objects::User) {
        self.announcements.add(Event::UserDelete, About::Former(Box::new(former)));
    }

    /// Tells hooks of something that happened to a session, once the step is committed.
    pub fn announce_session(&mut self, event: Event, session: &sessions::Model) {
        self.announcements.add(event, About::Session(Box::new(objects::Session::from(session))));
    }

    /// Whether some hook wants to know of an event. To be asked where telling it costs a query.
    ///
    /// # Errors
    ///
    /// When the hooks cannot be read.
    pub async fn is_wanted(&self, event: Event) -> Result<bool, Failure> {
        Ok(self.services.webhooks.hooks(&self.unit).await?.want(event))
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
        self.send(address, Content::Passcode { template, code: code.expose(), ttl: lifetime }).await
    }

    /// Tells the owner of an account by mail that something changed in it, once the step is committed: at `address`, which
    /// must be the primary one from before the change. Does nothing where the configuration does not want the mail.
    ///
    /// # Errors
    ///
    /// When the mail or its audit entry cannot be recorded. That it cannot be delivered is no error.
    pub async fn notify(&mut self, user: Uuid, address: &str, notification: Notification<'_>) -> Result<(), Failure> {
        let services = Arc::clone(&self.services);
        if !notification.is_wanted(&services.config.security_notifications.notifications) {
            return Ok(());
        }
        self.send(address, Content::Notification(notification)).await?;
        let delivered = services.config.email_delivery.enabled;
        let event = AuditEvent::new(EventType::SecurityNotificationSent)
            .by(Actor::Full(user, Some(address.to_owned())))
            .detail(Detail::Template, Template::from(notification).name())
            .detail(Detail::EmailAddress, address)
            .detail(Detail::DeliveredByHanko, delivered.to_string());
        self.lines.push(services.audit.record(&mut self.unit, &self.client.meta, event).await?);
        Ok(())
    }

    /// The same at the address that is the primary one now, if there is one.
    ///
    /// # Errors
    ///
    /// As [`Self::notify`], and when the address cannot be looked up.
    pub async fn notify_primary(&mut self, user: Uuid, notification: Notification<'_>) -> Result<(), Failure> {
        match primary_emails::of_user(&self.unit, user).await? {
            Some(primary) => self.notify(user, &primary.address, notification).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, address: &str, content: Content<'_>) -> Result<(), Failure> {
        let services = Arc::clone(&self.services);
        let service = &services.config.service.name;
        let mail = services.mail_templates.render(self.client.language, address, service, content);
        if self.is_wanted(Event::EmailSend).await? {
            let circumstances = Circumstances {
                service_name: service,
                language: &self.client.language_header,
                delivered: services.config.email_delivery.enabled,
                now: services.clock.now(),
            };
            let sent = EmailSent::new(&mail, content, circumstances);
            self.announcements.add(Event::EmailSend, About::Mail(Box::new(sent)));
        }
        self.mails.push(services.mail.enqueue(&mut self.unit, mail).await?);
        Ok(())
    }
}

#[async_trait]
impl engine::UnitOfWork for Context {
    async fn commit(&mut self) -> Result<(), Failure> {
        let (services, account) = (Arc::clone(&self.services), self.account.as_ref());
        let told = self.announcements.write(&services, &mut self.unit, &self.client, account).await?;
        let unit = std::mem::replace(&mut self.unit, services.unit());
        unit.commit().await?;
        services.audit.committed(self.lines.drain(..));
        services.mail.committed(self.mails.drain(..));
        services.webhooks.committed(told);
        Ok(())
    }

    async fn rollback(&mut self) -> bool {
        let unit = std::mem::replace(&mut self.unit, self.services.unit());
        let raced = unit.rollback().await;
        self.account = None;
        self.sessions.clear();
        self.read_after = None;
        self.lines.clear();
        self.mails.clear();
        self.announcements.clear();
        self.granted = None;
        self.device_to_be = None;
        self.signed_out = false;
        raced
    }
}
