//! Mails: what they say in nine languages, and how they get out. A mail is rendered inside the unit of work that causes
//! it, so that nothing but its delivery is left to do after the commit.

mod content;
mod delivery;
mod language;
mod mailbox;
mod message;
#[cfg(test)]
mod sink;
mod smtp;
mod templates;

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

pub use self::{
    content::{Content, Notification, PasscodeTemplate, Template},
    delivery::{MailDelivery, MailTicket},
    language::Language,
    mailbox::{KeptMail, Mailbox},
    smtp::{Smtp, SmtpError},
    templates::Templates,
};

/// A rendered mail.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The recipient's address.
    pub to: String,
    /// The subject. That of a passcode mail contains the passcode.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part; empty if there is none.
    pub html: String,
    /// The template that it was made from.
    pub template: Template,
    /// The language that it is written in.
    pub language: Language,
    /// For how long it makes sense to deliver it: as long as its passcode is valid.
    pub lifetime: Duration,
}

impl fmt::Debug for Mail {
    /// Shows neither recipient nor content: a mail may hold a passcode.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("template", &self.template)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}
