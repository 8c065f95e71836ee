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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        clock::SystemClock,
        config::EmailDelivery,
        notify::{
            mail::{
                Content, Language, Notification, PasscodeTemplate, Templates,
                sink::{Manners, Sink},
            },
            outbox::{
                Equipment, OutboxRow, Pace,
                memory::{MemoryStore, TestSeal},
            },
        },
        random::SystemRandom,
    };

    const LONG: Duration = Duration::from_secs(60 * 60);

    fn passcode() -> Mail {
        let ttl = Duration::from_secs(300);
        let content = Content::Passcode { template: PasscodeTemplate::Login, code: "083164", ttl };
        Templates::default().render(Language::English, "kim@example.test", "Example", content)
    }

    fn notification() -> Mail {
        let content = Content::Notification(Notification::PasswordUpdate);
        Templates::default().render(Language::English, "kim@example.test", "Example", content)
    }

    fn server(store: &MemoryStore, port: u16) -> MailDelivery<MemoryStore> {
        let mut config = EmailDelivery::default();
        (config.smtp.host, config.smtp.port) = ("127.0.0.1".into(), port.to_string());
        let equipment = Equipment {
            store: store.clone(),
            seal: Arc::new(TestSeal('k')),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        };
        let moment = Duration::from_millis(1);
        let pace =
            Pace { poll: moment, deletion: moment, first_retry: moment, longest_retry: moment, ..Pace::default() };
        MailDelivery::Server(Outbox::start(equipment, Smtp::new(&config).unwrap(), pace))
    }

    async fn send(delivery: &MailDelivery<MemoryStore>, store: &MemoryStore, mail: Mail) {
        let mut unit = store.unit();
        let ticket = delivery.enqueue(&mut unit, mail).await.unwrap();
        unit.commit();
        delivery.committed([ticket]);
    }

    #[tokio::test]
    async fn brings_a_passcode_to_the_mail_server() {
        let (sink, store) = (Sink::start(Manners::default()).await, MemoryStore::default());
        let delivery = server(&store, sink.port);
        send(&delivery, &store, passcode()).await;
        let message = sink.received(1).await.remove(0);
        assert_eq!(message.to, "kim@example.test");
        assert!(message.raw.contains("\n083164\n"), "{}", message.raw);
        store.until(<[OutboxRow]>::is_empty).await;
    }

    #[tokio::test]
    async fn delivers_what_the_server_refused_for_a_while() {
        let greylisting = Manners { recipient: Some("450 4.2.0 try later"), ..Manners::default() };
        let (sink, store) = (Sink::start(greylisting).await, MemoryStore::default());
        let delivery = server(&store, sink.port);
        send(&delivery, &store, passcode()).await;
        store.until(|rows| rows.iter().any(|row| row.attempts > 1)).await;
        sink.behave(Manners::default());
        sink.received(1).await;
        store.until(<[OutboxRow]>::is_empty).await;
        assert_eq!(sink.messages().len(), 1);
    }

    /// Covers MAIL-5.
    #[tokio::test]
    async fn neither_waits_for_nor_fails_with_the_mail_server() {
        let silent = Sink::start(Manners { silent: true, ..Manners::default() }).await.port;
        for port in [silent, Sink::absent().await] {
            let store = MemoryStore::default();
            let delivery = server(&store, port);
            send(&delivery, &store, notification()).await;
            delivery.shutdown(Duration::from_millis(20)).await;
            assert_eq!(store.rows().len(), 1);
        }
    }

    #[tokio::test]
    async fn puts_mails_into_the_mailbox_once_they_are_committed() {
        let (store, mailbox) = (MemoryStore::default(), Mailbox::new(Arc::new(SystemClock)));
        let delivery: MailDelivery<MemoryStore> = MailDelivery::Mailbox(mailbox.clone());
        let mut unit = store.unit();
        let ticket = delivery.enqueue(&mut unit, passcode()).await.unwrap();
        assert_eq!(mailbox.list().len(), 0);
        delivery.committed([ticket]);
        assert_eq!(mailbox.list()[0].mail, passcode());
        unit.commit();
        assert_eq!(store.rows(), []);
    }

    #[tokio::test]
    async fn records_nothing_when_delivery_is_off() {
        let store = MemoryStore::default();
        let delivery = MailDelivery::Off;
        send(&delivery, &store, passcode()).await;
        delivery.shutdown(LONG).await;
        assert_eq!(store.rows(), []);
    }
}
