//! Where mails go in this installation: to the mail server by way of the outbox, into the mailbox of development, or
//! nowhere. Callers need not know which.

use std::time::Duration;

use super::{Mail, Mailbox, Smtp};
use crate::notify::outbox::{Outbox, OutboxError, OutboxStore, Ticket};

/// Takes mails inside a unit of work, and delivers them after its commit.
#[derive(Clone)]
pub enum MailDelivery<S: OutboxStore> {
    /// To the mail server, with retries.
    Server(Outbox<S, Smtp>),
    /// Into memory.
    Mailbox(Mailbox),
    /// Delivery is disabled: mails are rendered, for the webhook, and go nowhere.
    Off,
}

/// A mail that waits for the commit of its unit of work. Dropped without [`MailDelivery::committed`] it is delivered only
/// if its unit of work was committed all the same.
#[must_use = "hand it to `committed` after the commit"]
#[derive(Debug)]
pub struct MailTicket(Waiting);

#[derive(Debug)]
enum Waiting {
    Row(Ticket<Mail>),
    Mail(Mail),
    Nothing,
}

impl<S: OutboxStore> MailDelivery<S> {
    /// Records in `unit` that `mail` is to be delivered. Never waits for a mail server.
    ///
    /// # Errors
    /// If the outbox cannot be written.
    pub async fn enqueue(&self, unit: &mut S::Unit, mail: Mail) -> Result<MailTicket, OutboxError<S::Error>> {
        Ok(MailTicket(match self {
            Self::Server(outbox) => Waiting::Row(outbox.enqueue(unit, mail).await?),
            Self::Mailbox(_) => Waiting::Mail(mail),
            Self::Off => Waiting::Nothing,
        }))
    }

    /// Starts the delivery of what was recorded in a unit of work that is now committed.
    pub fn committed(&self, tickets: impl IntoIterator<Item = MailTicket>) {
        for MailTicket(waiting) in tickets {
            match (self, waiting) {
                (Self::Server(outbox), Waiting::Row(ticket)) => outbox.committed([ticket]),
                (Self::Mailbox(mailbox), Waiting::Mail(mail)) => mailbox.put(mail),
                (_, Waiting::Nothing | Waiting::Row(_) | Waiting::Mail(_)) => {}
            }
        }
    }

    /// Delivers what was handed over, for at most `within`. What is left stays in the outbox.
    pub async fn shutdown(&self, within: Duration) {
        if let Self::Server(outbox) = self {
            outbox.shutdown(within).await;
        }
    }
}
