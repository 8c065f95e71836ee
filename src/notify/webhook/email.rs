//! The data of the event `email.send` (spec chapter 06 section 6.4): the mail as it was rendered, and what it was made
//! from, so that a receiver can write it anew.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::{
    notify::mail::{Content, Mail, Notification},
    secret::Secret,
};

/// A mail that was sent, or would have been if mails were delivered.
#[derive(Debug, Clone, Serialize)]
pub struct EmailSent {
    subject: Secret<String>,
    body_plain: Secret<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Secret<String>>,
    to_email_address: String,
    delivered_by_hanko: bool,
    accept_language: String,
    language: String,
    r#type: &'static str,
    data: Details,
    /// For how long the mail is worth anything.
    #[serde(skip)]
    pub lifetime: std::time::Duration,
}

/// What the mail was made from.
#[derive(Debug, Clone, Default, Serialize)]
struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<&'static str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    service_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    otp_code: Option<Secret<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_email_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_email_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_email_address: Option<String>,
}

/// What is known about a mail besides the mail.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The name of the service.
    pub service_name: &'a str,
    /// The header `X-Language` as it was sent.
    pub language: &'a str,
    /// Whether mails are delivered.
    pub delivered: bool,
    /// When the mail was sent.
    pub now: DateTime<Utc>,
}

impl EmailSent {
    /// Of `mail`, which was rendered from `content`.
    #[must_use]
    pub fn new(mail: &Mail, content: Content<'_>, circumstances: Circumstances<'_>) -> Self {
        let Circumstances { service_name, language, delivered, now } = circumstances;
        let details = Details { service_name: service_name.to_owned(), ..Details::default() };
        let template = content.template().name();
        let (kind, accept_language, data) = match content {
            Content::Passcode { .. } => (template, language, passcode(content, now, details)),
            Content::Notification(notification) => {
                ("security_notification", "", notified(notification, Details { template: Some(template), ..details }))
            }
        };
        Self {
            subject: Secret::new(mail.subject.clone()),
            body_plain: Secret::new(mail.text.clone()),
            body: Some(mail.html.clone()).filter(|html| !html.is_empty()).map(Secret::new),
            to_email_address: mail.to.clone(),
            delivered_by_hanko: delivered,
            accept_language: accept_language.to_owned(),
            language: language.to_owned(),
            r#type: kind,
            data,
            lifetime: mail.lifetime,
        }
    }
}

/// A mail that does not show the code does not tell it here either.
fn passcode(content: Content<'_>, now: DateTime<Utc>, details: Details) -> Details {
    let Some(code) = content.code() else { return details };
    let ttl = content.lifetime();
    Details {
        otp_code: Some(Secret::new(code.to_owned())),
        ttl: Some(ttl.as_secs()),
        valid_until: TimeDelta::from_std(ttl).ok().map(|ttl| (now + ttl).timestamp()),
        ..details
    }
}

fn notified(notification: Notification<'_>, details: Details) -> Details {
    let address = |address: &str| Some(address.to_owned()).filter(|address| !address.is_empty());
    match notification {
        Notification::PrimaryEmailUpdate { old, new } => {
            Details { old_email_address: address(old), new_email_address: address(new), ..details }
        }
        Notification::EmailCreate { new } => Details { new_email_address: address(new), ..details },
        Notification::EmailDelete { deleted } => Details { deleted_email_address: address(deleted), ..details },
        Notification::PasswordUpdate
        | Notification::PasskeyCreate
        | Notification::MfaCreate
        | Notification::MfaDelete => details,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::notify::mail::{Language, Templates};

    fn told(content: Content<'_>) -> Value {
        let mail = Templates::default().render(Language::English, "ada@example.org", "Example", content);
        let now = DateTime::UNIX_EPOCH;
        let circumstances = Circumstances { service_name: "Example", language: "de", delivered: true, now };
        serde_json::to_value(EmailSent::new(&mail, content, circumstances)).unwrap()
    }

    /// Covers HOOK-29, PROF-254.
    #[test]
    fn a_notification_tells_the_addresses_that_apply() {
        let (old, new, deleted) = ("old@example.org", "new@example.org", "deleted@example.org");
        for (notification, addresses) in [
            (Notification::PasswordUpdate, json!({})),
            (
                Notification::PrimaryEmailUpdate { old, new },
                json!({ "new_email_address": new, "old_email_address": old }),
            ),
            (Notification::EmailCreate { new }, json!({ "new_email_address": new })),
            (Notification::EmailDelete { deleted }, json!({ "deleted_email_address": deleted })),
            (Notification::PasskeyCreate, json!({})),
            (Notification::MfaCreate, json!({})),
            (Notification::MfaDelete, json!({})),
        ] {
            let told = told(Content::Notification(notification));
            let mut data = told["data"].as_object().unwrap().clone();
            let name = Content::Notification(notification).template().name();
            assert_eq!(
                (data.remove("template"), data.remove("service_name")),
                (Some(json!(name)), Some(json!("Example")))
            );
            assert_eq!(Value::Object(data), addresses, "{name}");
            assert_eq!((&told["type"], &told["accept_language"]), (&json!("security_notification"), &json!("")));
        }
    }

    #[test]
    fn leaves_out_a_body_that_is_not_there() {
        let content = Content::Notification(Notification::PasswordUpdate);
        let mut mail = Templates::default().render(Language::English, "ada@example.org", "", content);
        mail.html.clear();
        let now = DateTime::UNIX_EPOCH;
        let circumstances = Circumstances { service_name: "", language: "", delivered: false, now };
        let told = serde_json::to_value(EmailSent::new(&mail, content, circumstances)).unwrap();
        assert_eq!((told.get("body"), &told["data"]), (None, &json!({ "template": "password_update" })));
        assert_eq!(told["delivered_by_hanko"], false);
    }

    #[test]
    fn prints_no_passcode() {
        let content = Content::Passcode {
            template: crate::notify::mail::PasscodeTemplate::Login,
            code: "083164",
            ttl: Duration::from_secs(300),
        };
        let mail = Templates::default().render(Language::English, "ada@example.org", "Example", content);
        let now = DateTime::UNIX_EPOCH;
        let circumstances = Circumstances { service_name: "Example", language: "", delivered: true, now };
        assert!(!format!("{:?}", EmailSent::new(&mail, content, circumstances)).contains("083164"));
    }
}
