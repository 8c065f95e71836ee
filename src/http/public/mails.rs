//! `GET /.sealflow/mails`: the mailbox of development mode, which the built-in page shows.

use poem::http::StatusCode;
use poem_openapi::OpenApi;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    http::{
        error::{ApiError, refusals},
        json::Json,
        request::Call,
        tags::Tag,
    },
    notify::mail::KeptMail,
    timestamp::Timestamp,
};

/// The mailbox.
#[derive(Debug)]
pub struct MailsApi;

/// The mails that were not sent because there is no mail server.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Mails {
    /// The mails, newest first.
    pub mails: Vec<CaughtMail>,
}

/// A mail that was not sent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CaughtMail {
    /// Counts the mails since the server started.
    pub id: u64,
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML; empty when there is none.
    pub html: String,
    /// When it was written.
    pub created_at: Timestamp,
}

impl From<&KeptMail> for CaughtMail {
    fn from(kept: &KeptMail) -> Self {
        let mail = kept.mail.clone();
        Self {
            id: kept.number,
            to: mail.to,
            subject: mail.subject,
            text: mail.text,
            html: mail.html,
            created_at: kept.received_at.into(),
        }
    }
}

/// Why there are no mails.
#[derive(Debug, thiserror::Error)]
enum MailsError {
    #[error("mails are sent by a mail server, or not at all")]
    NoMailbox,
}

impl From<MailsError> for ApiError {
    fn from(_: MailsError) -> Self {
        Self::from_status(StatusCode::NOT_FOUND)
    }
}

refusals!(MailsError { 404: "The server does not keep mails." });

#[OpenApi(tag = "Tag::Development")]
impl MailsApi {
    /// The mails that a server without a mail server keeps for its developer.
    ///
    /// Only in development mode.
    #[oai(path = "/.sealflow/mails", method = "get", operation_id = "get_development_mails")]
    async fn mails(&self, call: Call<'_>) -> Result<Json<Mails>, MailsError> {
        let mailbox = call.tenant().mailbox.as_ref().ok_or(MailsError::NoMailbox)?;
        Ok(Json(Mails { mails: mailbox.list().iter().map(|mail| mail.as_ref().into()).collect() }))
    }
}
