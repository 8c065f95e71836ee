//! Writes a mail as an Internet message (RFC 5322, MIME). Knows nothing of the server that takes it.

use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart, MultiPartKind, SinglePart,
        header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue},
    },
};

use uuid::Uuid;

use super::Mail;
use crate::notify::outbox::Parcel;

/// Why a mail cannot be written as a message.
#[derive(Debug, thiserror::Error)]
pub(super) enum ComposeError {
    #[error("the recipient's address is not valid: {0}")]
    Recipient(#[from] lettre::address::AddressError),
    #[error("the message is not valid: {0}")]
    Message(#[from] lettre::error::Error),
}

/// Tells vacation responders to be quiet (RFC 3834 section 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

/// The sender as a mailbox. Line breaks and other control characters cannot stand in a header and become spaces; a blank
/// name is left out.
pub(super) fn sender(name: &str, address: Address) -> Mailbox {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = name.trim();
    Mailbox::new((!name.is_empty()).then(|| name.into()), address)
}

/// The envelope and the bytes of the message. Every attempt to deliver a parcel sends the same bytes, so that a copy is
/// recognized.
pub(super) fn compose(sender: &Mailbox, parcel: &Parcel<Mail>) -> Result<(Envelope, Vec<u8>), ComposeError> {
    let mail = &parcel.item;
    let to: Address = mail.to.parse()?;
    let mut parts = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(boundary(parcel.id))
        .singlepart(part(ContentType::TEXT_PLAIN, &mail.text));
    if !mail.html.is_empty() {
        parts = parts.singlepart(part(ContentType::TEXT_HTML, &mail.html));
    }
    let message = Message::builder()
        .envelope(Envelope::new(Some(sender.email.clone()), vec![to.clone()])?)
        .date(parcel.created_at.into())
        .message_id(Some(format!("<{}@{}>", parcel.id, sender.email.domain())))
        .from(sender.clone())
        .to(Mailbox::new(None, to))
        .subject(&mail.subject)
        .header(AutoSubmitted)
        .multipart(parts)?;
    Ok((message.envelope().clone(), message.formatted()))
}

/// Letters only: tools that look for a passcode in the raw message must not find digits here.
fn boundary(id: Uuid) -> String {
    id.as_bytes().iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|half| char::from(b'a' + half)).collect()
}

/// Always quoted-printable: a passcode stays readable in the raw message, in whatever language the rest of it is.
fn part(content_type: ContentType, body: &str) -> SinglePart {
    SinglePart::builder().header(content_type).header(ContentTransferEncoding::QuotedPrintable).body(body.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{TimeZone, Utc};

    use super::*;
    use crate::notify::mail::{Content, Language, Notification, PasscodeTemplate, Templates};

    fn parcel(language: Language, content: Content<'_>) -> Parcel<Mail> {
        Parcel {
            id: Uuid::from_u128(7),
            created_at: Utc.with_ymd_and_hms(2026, 8, 1, 9, 5, 0).unwrap(),
            attempt: 1,
            item: Templates::default().render(language, "kim+x@example.test", "Example & Co", content),
        }
    }

    fn passcode(template: PasscodeTemplate) -> Content<'static> {
        Content::Passcode { template, code: "083164", ttl: Duration::from_secs(300) }
    }

    fn raw(name: &str, parcel: &Parcel<Mail>) -> String {
        let sender = sender(name, "no-reply@example.test".parse().unwrap());
        String::from_utf8(compose(&sender, parcel).unwrap().1).unwrap()
    }

    fn header<'a>(raw: &'a str, name: &str) -> Option<&'a str> {
        let (head, _) = raw.split_once("\r\n\r\n")?;
        head.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Covers MAIL-6, MAIL-7.
    #[test]
    fn is_a_message_with_a_plain_and_an_html_part() {
        let parcel = parcel(Language::English, passcode(PasscodeTemplate::Login));
        let raw = raw("Example", &parcel);
        let head: Vec<_> = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted"]
            .into_iter()
            .map(|name| header(&raw, name))
            .collect();
        assert_eq!(
            head,
            [
                Some("Example <no-reply@example.test>"),
                Some("kim+x@example.test"),
                Some("Use passcode 083164 to login to your account"),
                Some("Sat, 01 Aug 2026 09:05:00 +0000"),
                Some("<00000000-0000-0000-0000-000000000007@example.test>"),
                Some("1.0"),
                Some("auto-generated"),
            ]
        );
        assert!(header(&raw, "Content-Type").is_some_and(|value| value.starts_with("multipart/alternative;")), "{raw}");
        let boundary = raw.split_once("boundary=\"").unwrap().1.split_once('"').unwrap().0;
        let parts: Vec<_> = raw.split(&format!("--{boundary}")).skip(1).collect();
        let kinds: Vec<_> =
            parts.iter().map(|part| part.trim_start().split("\r\n\r\n").next().unwrap_or(part)).collect();
        assert_eq!(
            kinds,
            [
                "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable",
                "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable",
                "--\r\n",
            ]
        );
    }

    /// Covers MAIL-8: in the raw message, as tools read it that decode nothing.
    #[test]
    fn lets_the_passcode_be_found_in_the_encoded_body() {
        for language in Language::ALL {
            for template in [PasscodeTemplate::Login, PasscodeTemplate::EmailVerification, PasscodeTemplate::Recovery] {
                let raw = raw("Example", &parcel(language, passcode(template)));
                let (_, body) = raw.split_once("\r\n\r\n").unwrap();
                assert_eq!(code_in(body), Some("083164"), "{language} {template:?}");
                let html = body.split_once("text/html").unwrap().1;
                assert!(html.contains("\r\n083164\r\n"), "{language} {template:?}");
            }
            let raw = raw("Example", &parcel(language, passcode(PasscodeTemplate::EmailLoginAttempted)));
            assert_eq!(code_in(raw.split_once("\r\n\r\n").unwrap().1), None, "{language}");
        }
    }

    /// The first six digits that stand for themselves, and not in a longer word, an encoded character or a color.
    fn code_in(body: &str) -> Option<&str> {
        let joins = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'=' || *b == b'#');
        let bytes = body.as_bytes();
        (0..bytes.len().saturating_sub(5)).find_map(|start| {
            let before = start.checked_sub(1).and_then(|index| bytes.get(index));
            let apart = !joins(before) && !joins(bytes.get(start + 6));
            body.get(start..start + 6).filter(|run| apart && run.bytes().all(|b| b.is_ascii_digit()))
        })
    }

    #[test]
    fn encodes_every_sender_name() {
        let parcel = parcel(Language::English, Content::Notification(Notification::MfaCreate));
        for (name, shown) in [
            ("", "no-reply@example.test"),
            (" \r\n ", "no-reply@example.test"),
            ("Shop 99", "\"Shop 99\" <no-reply@example.test>"),
            // Encoded words also stand for what a quoted string could hold: `A, "B"` and `kim@home <x>`.
            ("A, \"B\"", "=?utf-8?b?QSwgIkIi?= <no-reply@example.test>"),
            ("kim@home <x>", "=?utf-8?b?a2ltQGhvbWUgPHg+?= <no-reply@example.test>"),
            ("back\\slash", "\"back\\\\slash\" <no-reply@example.test>"),
            ("Müller", "=?utf-8?b?TcO8bGxlcg==?= <no-reply@example.test>"),
            // `A  Bcc: b@c.test`
            ("A\r\nBcc: b@c.test", "=?utf-8?b?QSAgQmNjOiBiQGMudGVzdA==?= <no-reply@example.test>"),
        ] {
            assert_eq!(header(&raw(name, &parcel), "From"), Some(shown), "{name:?}");
        }
    }

    #[test]
    fn is_the_same_in_every_attempt() {
        let parcel = parcel(Language::English, passcode(PasscodeTemplate::Login));
        assert_eq!(raw("Example", &parcel), raw("Example", &parcel));
    }

    #[test]
    fn has_one_part_without_html() {
        let mut parcel = parcel(Language::English, passcode(PasscodeTemplate::Login));
        parcel.item.html.clear();
        let raw = raw("Example", &parcel);
        assert!(raw.contains("text/plain") && !raw.contains("text/html"));
    }

    #[test]
    fn refuses_what_is_no_address() {
        let mut parcel = parcel(Language::English, passcode(PasscodeTemplate::Login));
        let sender = sender("Example", "no-reply@example.test".parse().unwrap());
        for to in ["", "kim", "kim@example.test\r\nBcc: x@example.test", "a@b.test, c@d.test"] {
            parcel.item.to = to.into();
            assert!(matches!(compose(&sender, &parcel), Err(ComposeError::Recipient(_))), "{to:?}");
        }
    }
}
