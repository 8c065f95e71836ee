//! Turns a content into a mail: a language's wording, put into one layout for plain text and one for HTML. Templates are
//! compiled once. A template that fails falls back to English and is logged; it never fails a request.

use std::collections::BTreeMap;

use serde::Deserialize;
use tera::{Context, Tera};

use super::{Content, Language, Mail, Template};

const TEXT_LAYOUT: &str = "mail.txt";
/// Tera escapes what it puts into templates of this suffix.
const HTML_LAYOUT: &str = "mail.html";
const VALIDITY: &str = "validity";

/// The wording of every mail in one language, as its file holds it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wording {
    validity: String,
    mails: BTreeMap<Template, MailWording>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MailWording {
    subject: String,
    message: String,
}

#[derive(Debug, thiserror::Error)]
enum TemplateError {
    #[error("cannot read the texts: {0}")]
    Texts(#[from] serde_saphyr::Error),
    #[error("{0}")]
    Template(#[from] tera::Error),
    #[error("there are no texts in this language")]
    Missing,
}

/// The compiled templates of all mails.
#[derive(Clone)]
pub struct Templates {
    layouts: Tera,
    wordings: BTreeMap<Language, Tera>,
}

impl Default for Templates {
    fn default() -> Self {
        Self::compile(Language::ALL.map(|language| (language, texts(language))))
    }
}

impl Templates {
    /// Compiles the layouts and `texts`. What does not compile is left out and logged.
    fn compile<'a>(texts: impl IntoIterator<Item = (Language, &'a str)>) -> Self {
        let mut layouts = Tera::default();
        let sources =
            [(TEXT_LAYOUT, include_str!("templates/mail.txt")), (HTML_LAYOUT, include_str!("templates/mail.html"))];
        if let Err(error) = layouts.add_raw_templates(sources) {
            tracing::error!(%error, "the layouts of mails do not compile");
        }
        let mut wordings = BTreeMap::new();
        for (language, source) in texts {
            match wording(source) {
                Ok(wording) => {
                    wordings.insert(language, wording);
                }
                Err(error) => tracing::error!(%language, %error, "the texts of mails do not compile"),
            }
        }
        Self { layouts, wordings }
    }

    /// Writes the mail about `content` to the address `to`.
    #[must_use]
    pub fn render(&self, language: Language, to: &str, service_name: &str, content: Content<'_>) -> Mail {
        let (language, parts) = self
            .attempt(language, service_name, content)
            .or_else(|| self.attempt(Language::default(), service_name, content))
            .unwrap_or_else(|| (Language::default(), Parts::bare(service_name, content)));
        Mail {
            to: to.into(),
            subject: parts.subject,
            text: parts.text,
            html: parts.html,
            template: content.template(),
            language,
            lifetime: content.lifetime(),
        }
    }

    fn attempt(&self, language: Language, service_name: &str, content: Content<'_>) -> Option<(Language, Parts)> {
        match self.try_render(language, service_name, content) {
            Ok(parts) => Some((language, parts)),
            Err(error) => {
                tracing::error!(%language, template = %content.template(), %error, "cannot write a mail");
                None
            }
        }
    }

    fn try_render(&self, language: Language, service_name: &str, content: Content<'_>) -> Result<Parts, TemplateError> {
        let wording = self.wordings.get(&language).ok_or(TemplateError::Missing)?;
        let template = content.template();

        let mut values = Context::new();
        values.insert("service_name", service_name);
        for (name, value) in content.values() {
            values.insert(name, &value);
        }
        let subject = wording.render(&subject_of(template), &values)?;

        let mut frame = Context::new();
        frame.insert("language", language.tag());
        frame.insert("service_name", service_name);
        frame.insert("message", &wording.render(template.name(), &values)?);
        frame.insert("code", content.code().unwrap_or_default());
        match content {
            Content::Passcode { .. } => frame.insert("title", &subject),
            Content::Notification(_) => frame.insert("title", ""),
        }
        if content.code().is_some() {
            frame.insert(VALIDITY, &wording.render(VALIDITY, &values)?);
        }
        Ok(Parts {
            subject,
            text: self.layouts.render(TEXT_LAYOUT, &frame)?.trim().into(),
            html: self.layouts.render(HTML_LAYOUT, &frame)?,
        })
    }
}

struct Parts {
    subject: String,
    text: String,
    html: String,
}

impl Parts {
    /// What is left to say without any template: the passcode, for that somebody waits.
    fn bare(service_name: &str, content: Content<'_>) -> Self {
        let text = content.code().unwrap_or(content.template().name()).into();
        Self { subject: service_name.into(), text, html: String::new() }
    }
}

fn wording(source: &str) -> Result<Tera, TemplateError> {
    let Wording { validity, mails } = serde_saphyr::from_str(source)?;
    let mut sources = vec![(VALIDITY.to_owned(), validity)];
    for (template, MailWording { subject, message }) in mails {
        sources.push((subject_of(template), subject));
        sources.push((template.name().to_owned(), message));
    }
    let mut wording = Tera::default();
    wording.add_raw_templates(sources)?;
    Ok(wording)
}

fn subject_of(template: Template) -> String {
    format!("{template}.subject")
}

const fn texts(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("texts/en.yaml"),
        Language::Bengali => include_str!("texts/bn.yaml"),
        Language::German => include_str!("texts/de.yaml"),
        Language::French => include_str!("texts/fr.yaml"),
        Language::Italian => include_str!("texts/it.yaml"),
        Language::Dutch => include_str!("texts/nl.yaml"),
        Language::Polish => include_str!("texts/pl.yaml"),
        Language::BrazilianPortuguese => include_str!("texts/pt-BR.yaml"),
        Language::Chinese => include_str!("texts/zh-CN.yaml"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::notify::mail::{Notification, PasscodeTemplate};

    const TO: &str = "kim@example.test";

    fn passcode(template: PasscodeTemplate) -> Content<'static> {
        Content::Passcode { template, code: "083164", ttl: Duration::from_secs(300) }
    }

    fn contents() -> [Content<'static>; 12] {
        [
            passcode(PasscodeTemplate::Login),
            passcode(PasscodeTemplate::EmailVerification),
            passcode(PasscodeTemplate::Recovery),
            passcode(PasscodeTemplate::EmailLoginAttempted),
            passcode(PasscodeTemplate::EmailRegistrationAttempted),
            Content::Notification(Notification::PasswordUpdate),
            Content::Notification(Notification::PrimaryEmailUpdate { old: "old+1@a.test", new: "new+1@a.test" }),
            Content::Notification(Notification::EmailCreate { new: "new+1@a.test" }),
            Content::Notification(Notification::EmailDelete { deleted: "gone+1@a.test" }),
            Content::Notification(Notification::PasskeyCreate),
            Content::Notification(Notification::MfaCreate),
            Content::Notification(Notification::MfaDelete),
        ]
    }

    /// The first six digits in a row.
    fn first_code(text: &str) -> Option<&str> {
        (0..text.len())
            .filter_map(|start| text.get(start..start + 6))
            .find(|run| run.bytes().all(|b| b.is_ascii_digit()))
    }

    /// Covers MAIL-9, MAIL-10, MAIL-15.
    #[test]
    fn conveys_its_values_in_every_mail_and_language() {
        let templates = Templates::default();
        for language in Language::ALL {
            for content in contents() {
                let mail = templates.render(language, TO, "Example Shop", content);
                let what = format!("{language} {}", mail.template);
                assert_eq!((mail.language, mail.to.as_str()), (language, TO), "{what}");
                assert!(!mail.subject.is_empty() && !mail.subject.contains('\n'), "{what}");
                for part in [&mail.text, &mail.html] {
                    assert!(part.contains("Example Shop"), "{what}");
                    for (name, value) in content.values().into_iter().filter(|(name, _)| *name != "ttl") {
                        assert!(part.contains(&value), "{what}: {name}");
                    }
                    if content.code().is_some() {
                        assert!(part.contains(" 5 ") || part.contains("为 5 "), "{what}: validity");
                    }
                }
                let is_code_shown = mail.subject.contains("083164");
                assert_eq!(is_code_shown, content.code().is_some(), "{what}");
                assert_eq!(mail.text.contains("083164"), content.code().is_some(), "{what}");
                assert_eq!(mail.html.contains("083164"), content.code().is_some(), "{what}");
            }
        }
    }

    /// Covers MAIL-8.
    #[test]
    fn shows_no_other_six_digits_before_the_passcode() {
        let templates = Templates::default();
        for language in Language::ALL {
            for content in contents() {
                let mail = templates.render(language, TO, "Example Shop", content);
                for part in [&mail.text, &mail.html] {
                    assert_eq!(first_code(part), content.code(), "{language} {}", mail.template);
                }
            }
        }
    }

    /// A program that looks for a word of six digits must find it in a text without spaces, too.
    #[test]
    fn sets_the_passcode_apart_from_letters_in_every_subject() {
        let templates = Templates::default();
        for language in Language::ALL {
            for content in contents().into_iter().filter(|content| content.code().is_some()) {
                let subject = templates.render(language, TO, "Example", content).subject;
                let (before, after) = subject.split_once("083164").unwrap();
                assert!(
                    !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric),
                    "{subject}"
                );
            }
        }
    }

    #[test]
    fn has_the_subjects_that_mail_reading_tools_know() {
        let templates = Templates::default();
        let subjects = contents().map(|content| templates.render(Language::English, TO, "Example", content).subject);
        assert_eq!(
            subjects,
            [
                "Use passcode 083164 to login to your account",
                "Use passcode 083164 to verify your email address",
                "Use passcode 083164 to recover your account",
                "Provided email address is not recognized",
                "Provided email address already taken",
                "Your password has been updated",
                "Your primary email address has been changed",
                "A new email address has been added",
                "An email address has been removed",
                "A new passkey has been added",
                "A new MFA method has been added",
                "MFA method removed",
            ]
        );
    }

    #[test]
    fn writes_in_the_language_that_is_asked_for() {
        let mail = Templates::default().render(
            Language::from_header("de"),
            TO,
            "Beispiel",
            passcode(PasscodeTemplate::EmailVerification),
        );
        assert_eq!(mail.subject, "Ihr Code zum Bestätigen der E-Mail-Adresse: 083164");
        assert!(mail.html.contains("<html lang=\"de\">"));
        assert_eq!(
            mail.text,
            "Geben Sie diesen Code ein, um zu bestätigen, dass diese E-Mail-Adresse Ihnen gehört:\n\n083164\n\n\
             Dieser Code für Beispiel gilt 5 Minuten. Geben Sie ihn niemals weiter."
        );
    }

    #[test]
    fn is_a_single_paragraph_without_a_passcode() {
        for content in contents().into_iter().filter(|content| content.code().is_none()) {
            let mail = Templates::default().render(Language::English, TO, "Example", content);
            assert!(!mail.text.contains('\n'), "{}", mail.text);
        }
    }

    #[test]
    fn titles_only_passcode_mails() {
        let templates = Templates::default();
        let title = |content| {
            let html = templates.render(Language::English, TO, "Example", content).html;
            html.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_owned()
        };
        assert_eq!(title(passcode(PasscodeTemplate::Login)), "Use passcode 083164 to login to your account");
        assert_eq!(title(passcode(PasscodeTemplate::EmailLoginAttempted)), "Provided email address is not recognized");
        assert_eq!(title(Content::Notification(Notification::MfaCreate)), "");
    }

    /// Covers MAIL-11.
    #[test]
    fn escapes_values_in_html_only() {
        let templates = Templates::default();
        let content = Content::Notification(Notification::EmailCreate { new: "o'hara+1&2@a.test" });
        let mail = templates.render(Language::French, TO, "<b>\"A\" & B</b>", content);
        assert!(
            mail.text.contains("L'adresse e-mail o'hara+1&2@a.test a été ajoutée à votre compte <b>\"A\" & B</b>.")
        );
        assert!(mail.html.contains("L&#39;adresse e-mail o&#39;hara+1&amp;2@a.test a été"));
        assert!(mail.html.contains("&lt;b&gt;&quot;A&quot; &amp; B&lt;/b&gt;") && !mail.html.contains("<b>"));
    }

    #[test]
    fn does_not_take_a_service_name_for_a_template() {
        let content = passcode(PasscodeTemplate::Login);
        let mail = Templates::default().render(Language::English, TO, "{{ code }}{% raw %}", content);
        assert!(mail.text.contains("This passcode for {{ code }}{% raw %} is valid"));
    }

    #[test]
    fn falls_back_to_english_when_a_language_fails() {
        let broken = "validity: '{{ unknown }}'\nmails: { login: { subject: a, message: b } }";
        for german in ["{", "validity: '{% if %}'\nmails: {}", "validity: a\nmails: { nonsense: 1 }", broken] {
            let templates =
                Templates::compile([(Language::English, texts(Language::English)), (Language::German, german)]);
            let mail = templates.render(Language::German, TO, "Example", passcode(PasscodeTemplate::Login));
            let expected =
                Templates::default().render(Language::English, TO, "Example", passcode(PasscodeTemplate::Login));
            assert_eq!(mail, expected, "{german}");
        }
    }

    #[test]
    fn still_tells_the_passcode_when_every_language_fails() {
        let templates = Templates::compile([]);
        let mail = templates.render(Language::German, TO, "Example", passcode(PasscodeTemplate::Login));
        assert_eq!((mail.subject.as_str(), mail.text.as_str(), mail.html.as_str()), ("Example", "083164", ""));
        let mail = templates.render(Language::German, TO, "Example", passcode(PasscodeTemplate::EmailLoginAttempted));
        assert!(!mail.text.contains("083164"));
    }
}
