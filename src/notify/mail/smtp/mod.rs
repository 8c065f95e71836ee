//! Hands messages to the configured mail server (SMTP, RFC 5321) over connections that are kept open between mails.
//! Knows nothing of the outbox but the parcel that it delivers.

use std::{
    fmt,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lettre::{
    Address,
    message::Mailbox,
    transport::smtp::{
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
    },
};
use tokio::{
    net::TcpStream,
    sync::OnceCell,
    time::{Instant, timeout},
};

use super::{Mail, message};
use crate::{
    config::{EmailDelivery, Tls},
    notify::outbox::{Courier, Parcel, Undelivered},
};

const IMPLICIT_TLS_PORT: u16 = 465;
/// Servers close a silent connection after minutes; a mail more often than that is what keeping it open is for.
const KEEP_OPEN: Duration = Duration::from_secs(30);
/// How long the server may take to end a connection.
const GOODBYE: Duration = Duration::from_secs(1);

/// Why the configured mail server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// The port is not a number of two bytes.
    #[error("email_delivery.smtp.port: `{0}` is not a port number")]
    Port(String),
    /// The sender's address is not an address.
    #[error("email_delivery.from_address: `{0}` is not an email address")]
    Sender(String),
}

/// The mail server.
pub struct Smtp {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<Credentials>,
    hello: ClientId,
    sender: Mailbox,
    tls: OnceCell<TlsParameters>,
    idle: Mutex<Vec<Idle>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    Implicit,
    /// STARTTLS or nothing.
    Required,
    /// STARTTLS if it is offered.
    Opportunistic,
    None,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl Smtp {
    /// The server that `config` names. Connects to nothing yet.
    ///
    /// # Errors
    /// If the port or the sender's address is unusable.
    pub fn new(config: &EmailDelivery) -> Result<Self, SmtpError> {
        let smtp = &config.smtp;
        let port = smtp.port.trim().parse().map_err(|_| SmtpError::Port(smtp.port.clone()))?;
        let address: Address =
            config.from_address.trim().parse().map_err(|_| SmtpError::Sender(config.from_address.clone()))?;
        let encryption = match smtp.tls {
            Tls::Implicit => Encryption::Implicit,
            Tls::Auto if port == IMPLICIT_TLS_PORT => Encryption::Implicit,
            Tls::Auto => Encryption::Opportunistic,
            Tls::Starttls => Encryption::Required,
            Tls::Plain => Encryption::None,
        };
        let credentials =
            (!smtp.user.is_empty()).then(|| Credentials::new(smtp.user.clone(), smtp.password.expose().clone()));
        Ok(Self {
            host: smtp.host.trim().to_owned(),
            port,
            encryption,
            credentials,
            hello: hello(address.domain()),
            sender: message::sender(&config.from_name, address),
            tls: OnceCell::new(),
            idle: Mutex::default(),
        })
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Undelivered> {
        let mut connection = match self.encryption {
            Encryption::Implicit => {
                let tls = self.tls().await?;
                let server = (self.host.as_str(), self.port);
                AsyncSmtpConnection::connect_tokio1(server, None, &self.hello, Some(tls), None).await.map_err(later)?
            }
            Encryption::Required | Encryption::Opportunistic | Encryption::None => {
                let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(later)?;
                // A message is written in two pieces, and the second must not wait for the first to be acknowledged.
                stream.set_nodelay(true).map_err(later)?;
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello).await.map_err(later)?
            }
        };
        let upgrade = match self.encryption {
            Encryption::Required => true,
            Encryption::Opportunistic => connection.can_starttls(),
            Encryption::Implicit | Encryption::None => false,
        };
        if upgrade {
            connection.starttls(self.tls().await?, &self.hello).await.map_err(later)?;
        }
        if let Some(credentials) = &self.credentials {
            if !connection.is_encrypted() && !self.may_show_password() {
                connection.abort().await;
                return Err(Undelivered::later(
                    "the server offers no STARTTLS, and the password is not sent over an open line; \
                     set email_delivery.smtp.tls to `plain` to send it all the same",
                ));
            }
            connection.auth(DEFAULT_MECHANISMS, credentials).await.map_err(later)?;
        }
        Ok(connection)
    }

    fn may_show_password(&self) -> bool {
        let is_loopback = |host: &str| host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        self.encryption == Encryption::None || self.host == "localhost" || is_loopback(&self.host)
    }

    /// The trusted certificates are read once, and only if a connection needs them.
    async fn tls(&self) -> Result<TlsParameters, Undelivered> {
        let load = || async {
            let host = self.host.clone();
            let loaded = tokio::task::spawn_blocking(move || TlsParameters::new(host)).await.map_err(later)?;
            loaded.map_err(later)
        };
        self.tls.get_or_try_init(load).await.cloned()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn park(&self, connection: AsyncSmtpConnection) {
        self.idle().push(Idle { connection, since: Instant::now() });
    }

    /// The connections that were silent for longer than `limit`.
    fn silent_for(&self, limit: Duration) -> Vec<AsyncSmtpConnection> {
        self.idle().extract_if(.., |idle| idle.since.elapsed() >= limit).map(|idle| idle.connection).collect()
    }
}

impl Courier for Smtp {
    type Item = Mail;

    const KIND: &'static str = "mail";

    fn lifetime(mail: &Mail) -> Duration {
        mail.lifetime
    }

    async fn deliver(&self, parcel: &Parcel<Mail>) -> Result<(), Undelivered> {
        let (envelope, message) = message::compose(&self.sender, parcel).map_err(Undelivered::never)?;
        let kept = self.idle().pop();
        if let Some(Idle { mut connection, .. }) = kept {
            match connection.send(&envelope, &message).await {
                Ok(_) => {
                    self.park(connection);
                    return Ok(());
                }
                Err(error) if error.is_permanent() => return Err(Undelivered::never(error)),
                // Most likely the server has closed the silent connection: that says nothing about the mail.
                Err(_) => {}
            }
        }
        let mut connection = self.connect().await?;
        match connection.send(&envelope, &message).await {
            Ok(_) => {
                self.park(connection);
                Ok(())
            }
            Err(error) if error.is_permanent() => Err(Undelivered::never(error)),
            Err(error) => Err(later(error)),
        }
    }

    fn tidy(&self) {
        for connection in self.silent_for(KEEP_OPEN) {
            tokio::spawn(quit(connection));
        }
    }

    async fn close(&self) {
        for connection in self.silent_for(Duration::ZERO) {
            quit(connection).await;
        }
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("encryption", &self.encryption)
            .finish_non_exhaustive()
    }
}

/// The name for the greeting: the sender's domain, for that is what receivers check policies against, and some refuse an
/// address literal.
fn hello(domain: &str) -> ClientId {
    if domain.is_ascii() && domain.contains('.') { ClientId::Domain(domain.into()) } else { ClientId::default() }
}

/// Ends a connection as the protocol wants it, unless the server does not answer any more.
async fn quit(mut connection: AsyncSmtpConnection) {
    let _ = timeout(GOODBYE, connection.abort()).await;
}

fn later(error: impl fmt::Display) -> Undelivered {
    Undelivered::later(error)
}

#[cfg(test)]
mod tests;
