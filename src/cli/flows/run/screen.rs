//! What a walk shows: a state with what is offered and what not, mails, and the session. Makes texts, writes none.

use std::fmt::Write;

use serde_json::Value;

use super::terminal::{Paint, WIDTH, shortened, wrapped};
use crate::{
    engine::{
        InputType, Offer, Reason, Response, Situation,
        wire::{ActionView, ErrorView, InputView},
    },
    notify::mail::KeptMail,
};

/// How many lines of one member of a payload are shown.
const SHOWN_OF_MEMBER: usize = 12;

/// Makes the texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    pub(super) paint: Paint,
}

impl Screen {
    /// A line across, with a title in it.
    pub(super) fn title(self, title: &str) -> String {
        let line = WIDTH.saturating_sub(title.chars().count() + 4);
        format!("\n── {} {}\n", self.paint.bold(title), self.paint.faint(&"─".repeat(line)))
    }

    /// A text under a title.
    pub(super) fn remark(self, text: &str) -> String {
        wrapped(text, WIDTH - 3).iter().map(|line| format!("   {line}\n")).collect()
    }

    /// A state: what it is about, what went wrong, what it shows, and what can be done.
    pub(super) fn state(
        self,
        flow: &str,
        about: Option<&str>,
        response: &Response,
        situation: Option<&Situation>,
    ) -> String {
        let mut text = self.title(&format!("{flow} · {}", response.name));
        if let Some(about) = about {
            text += &self.remark(about);
        }
        if let Some(error) = &response.error {
            text += &self.error(response.status, error);
        }
        if let Some(payload) = response.payload.as_ref().filter(|payload| !payload.is_empty()) {
            text += &format!("\n   {}\n", self.paint.faint("payload"));
            for (name, value) in payload {
                text += &self.member(name, value, 5, SHOWN_OF_MEMBER);
            }
        }
        let order = |action: &ActionView| {
            situation.and_then(|situation| situation.offers.iter().position(|offer| offer.action == action.action))
        };
        if !response.actions.is_empty() {
            text.push('\n');
        }
        for (number, action) in numbered(response, order).iter().enumerate() {
            text += &self.action(number + 1, action);
        }
        let withheld: Vec<&Offer> =
            situation.into_iter().flat_map(|situation| &situation.offers).filter(|offer| !offer.offered).collect();
        if !withheld.is_empty() {
            text += &format!("\n   {}\n", self.paint.faint("not offered"));
            withheld.into_iter().for_each(|offer| text += &self.withheld(offer));
        }
        text
    }

    fn action(self, number: usize, action: &ActionView) -> String {
        let head = format!("{} {}", self.paint.bold(&format!("{number:>2}")), self.paint.name(&action.action));
        let mut text = beside(&head, 3 + action.action.chars().count(), &action.description);
        for input in action.inputs.values() {
            text += &beside(&format!("     {}", input.name), 5 + input.name.chars().count(), &described(input));
            if let Some(error) = &input.error {
                text += &format!("       {}\n", self.paint.bad(&format!("✗ {}: {}", error.code, error.message)));
            }
        }
        text
    }

    fn withheld(self, offer: &Offer) -> String {
        let mut text = format!("   {}\n", offer.action);
        match (&offer.condition, &offer.reason) {
            (Some(condition), Some(reason)) => {
                for line in wrapped(condition, WIDTH - 6) {
                    let _ = writeln!(text, "      {}", self.paint.faint(&line));
                }
                // A condition of one fact needs no explanation but its value.
                match reason.because.as_slice() {
                    [] => text += &self.reason(reason, 6),
                    because => because.iter().for_each(|reason| text += &self.reason(reason, 6)),
                }
            }
            _ => text += &format!("      {}\n", self.paint.faint("there is nothing to go back to")),
        }
        text
    }

    fn reason(self, reason: &Reason, indent: usize) -> String {
        let value = shortened(&reason.value.to_string(), 30);
        let line = format!("{} = {}", reason.expression, self.paint.bad(&value));
        let lines = wrapped(&line, (WIDTH - 2).saturating_sub(indent).max(20));
        let mut text = String::new();
        for (at, line) in lines.iter().enumerate() {
            let _ = writeln!(text, "{:indent$}{} {line}", "", if at == 0 { "↳" } else { " " });
        }
        reason.because.iter().for_each(|part| text += &self.reason(part, indent + 2));
        text
    }

    /// An error of an answer.
    pub(super) fn error(self, status: u16, error: &ErrorView) -> String {
        let text = format!("✗ {} ({status}): {}", error.code, error.message);
        let mut lines: String =
            wrapped(&text, WIDTH - 3).iter().map(|line| format!("   {}\n", self.paint.bad(line))).collect();
        if let Some(cause) = &error.cause {
            lines += &wrapped(cause, WIDTH - 5).iter().map(|line| format!("     {line}\n")).collect::<String>();
        }
        lines
    }

    /// A named value: beside its name where there is room, below it otherwise.
    pub(super) fn member(self, name: &str, value: &Value, indent: usize, most: usize) -> String {
        let mut lines = Vec::new();
        outline(name, value, indent, &mut lines);
        let left_out = lines.len().saturating_sub(most);
        if left_out > 1 {
            lines.truncate(most);
            let what = format!("… {left_out} more lines; `json` shows all");
            lines.push(format!("{:1$}{2}", "", indent + 2, self.paint.faint(&what)));
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// A mail that would have been sent.
    pub(super) fn mail(self, kept: &KeptMail) -> String {
        let mail = &kept.mail;
        let mut text = format!("\n   {} {}\n", self.paint.good("✉"), self.paint.bold(&mail.subject));
        let _ = writeln!(text, "     to {}", mail.to);
        for line in mail.text.trim().lines().flat_map(|line| wrapped(line, WIDTH - 7)) {
            let _ = writeln!(text, "     {} {line}", self.paint.faint("│"));
        }
        text
    }

    /// What the token of the session says.
    pub(super) fn session(self, claims: &Value) -> String {
        let mut text = format!("\n   {}\n", self.paint.good("signed in; the token of the session says"));
        for (name, value) in claims.as_object().into_iter().flatten() {
            text += &self.member(name, value, 5, usize::MAX);
        }
        text
    }
}

/// The actions in the order of the graph.
pub(super) fn numbered(response: &Response, order: impl Fn(&ActionView) -> Option<usize>) -> Vec<&ActionView> {
    let mut actions: Vec<&ActionView> = response.actions.values().collect();
    actions.sort_by_key(|action| order(action));
    actions
}

/// A head with a text beside it, as far as there is room, and below it.
fn beside(head: &str, width: usize, text: &str) -> String {
    const COLUMN: usize = 42;
    let mut lines = wrapped(text, WIDTH - COLUMN).into_iter();
    let mut all = match width < COLUMN - 1 {
        true => format!("{head}{:1$}{2}\n", "", COLUMN - width, lines.next().unwrap_or_default()),
        false => format!("{head}\n"),
    };
    lines.for_each(|line| all += &format!("{:COLUMN$}{line}\n", ""));
    all
}

/// What an input takes, in words.
pub(super) fn described(input: &InputView) -> String {
    let kind = match input.kind {
        InputType::String => "text",
        InputType::Boolean => "yes or no",
        InputType::Email => "e-mail address",
        InputType::Number => "number",
        InputType::Password => "secret text",
        InputType::Json => "JSON",
    };
    let mut parts = vec![kind.to_owned()];
    if input.required == Some(true) {
        parts.push("required".to_owned());
    }
    match (input.min_length.filter(|min| *min > 0), input.max_length) {
        (Some(min), Some(max)) if min == max => parts.push(format!("{min} long")),
        (Some(min), Some(max)) => parts.push(format!("{min} to {max} long")),
        (Some(min), None) => parts.push(format!("at least {min} long")),
        (None, Some(max)) => parts.push(format!("at most {max} long")),
        (None, None) => {}
    }
    if input.hidden == Some(true) {
        parts.push("filled in by the client".to_owned());
    }
    if !input.allowed_values.is_empty() {
        let values: Vec<&str> = input.allowed_values.iter().map(|allowed| allowed.value.as_str()).collect();
        parts.push(format!("one of {}", values.join(", ")));
    }
    parts.join(", ")
}

fn outline(name: &str, value: &Value, indent: usize, lines: &mut Vec<String>) {
    let head = format!("{:indent$}{name}: ", "");
    let room = WIDTH.saturating_sub(head.chars().count()).max(20);
    let compact = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        Value::Object(members) if !members.is_empty() && compact.chars().count() > room => {
            lines.push(head.trim_end().to_owned());
            members.iter().for_each(|(name, value)| outline(name, value, indent + 2, lines));
        }
        Value::Array(elements) if !elements.is_empty() && compact.chars().count() > room => {
            lines.push(head.trim_end().to_owned());
            for (number, value) in elements.iter().enumerate() {
                outline(&format!("{}", number + 1), value, indent + 2, lines);
            }
        }
        _ => lines.push(format!("{head}{}", shortened(&compact, room))),
    }
}
