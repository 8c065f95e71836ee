//! What stands on a card, line by line, and how much room it takes. Knows nothing of where the card stands.

use crate::engine::diagram::chart::{Card, Chart, Kind, Part, Way};

use super::lines::{agenda_lines, state_lines};

/// Size of the type of names, in pixels.
const NAME_SIZE: f64 = 14.0;
/// Size of all other type.
pub(super) const TEXT_SIZE: f64 = 11.5;
/// Width of a character of the monospaced type, as a part of its size. Fonts differ a little; this is a wide one.
const MONO: f64 = 0.62;
/// Mean width of a character of the proportional type.
const PROPORTIONAL: f64 = 0.55;
/// Space between the edge of a card and what stands on it.
pub(super) const PADDING: f64 = 14.0;
/// Height of a line.
pub(super) const LINE: f64 = 16.0;
/// Space between two actions.
const PARAGRAPH: f64 = 6.0;
/// How far a line is moved in for each level.
const INDENT: f64 = 12.0;
/// Room for what stands at the right of a line: `next`, or the dot of a line that starts there.
const AT_THE_RIGHT: f64 = 50.0;
/// Narrower than this no card is.
const NARROWEST: f64 = 190.0;
/// Where the name of a card stands, from its upper edge.
pub(super) const NAME_Y: f64 = 21.0;

/// What stands on a card.
#[derive(Debug)]
pub(super) struct Face {
    /// The least width.
    pub(super) width: f64,
    pub(super) height: f64,
    /// The sentence about the card, folded.
    pub(super) about: Vec<String>,
    pub(super) lines: Vec<Line>,
}

/// One line on a card, or a few when it was folded.
#[derive(Debug)]
pub(super) struct Line {
    /// The middle of the first line, from the upper edge of the card.
    pub(super) y: f64,
    pub(super) depth: usize,
    pub(super) look: Look,
    pub(super) texts: Vec<String>,
    /// Stands behind the text, less loud.
    pub(super) aside: String,
    /// The whole text, where it was cut or left out.
    pub(super) whole: Option<String>,
    pub(super) ways: Vec<Way>,
}

/// How a line is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Action,
    Outcome,
    Condition,
}

impl Face {
    /// The face of a card that is as narrow as it can be.
    pub(super) fn of(card: &Card, chart: &Chart) -> Self {
        let lines = match card.kind {
            Kind::Agenda => agenda_lines(card, chart),
            Kind::State | Kind::End | Kind::Failure => state_lines(card),
        };
        let sign = if card.back || card.kind == Kind::Agenda { 26.0 } else { 0.0 };
        let name = characters(&card.name) * MONO * NAME_SIZE + sign;
        let widest = lines.iter().map(Line::width).fold(name, f64::max);
        let width = (widest + 2.0 * PADDING).max(NARROWEST).ceil();
        Self { width, height: 0.0, about: Vec::new(), lines }
    }

    /// Sets everything in its place on a card of this width.
    pub(super) fn set(&mut self, about: Option<&str>, width: f64) {
        let columns = ((width - 2.0 * PADDING) / (PROPORTIONAL * TEXT_SIZE)) as usize;
        self.about = about.map(|about| folded(about, columns)).unwrap_or_default();
        let mut y = NAME_Y + 9.0 + self.about.len() as f64 * LINE;
        if !self.lines.is_empty() {
            y += 12.0;
        }
        for (number, line) in self.lines.iter_mut().enumerate() {
            if number > 0 && line.depth == 0 && line.look == Look::Action {
                y += PARAGRAPH;
            }
            line.y = y + LINE / 2.0;
            y += LINE * line.texts.len() as f64;
        }
        self.height = (y + 8.0).ceil();
    }
}

impl Line {
    /// How far the line is moved in.
    pub(super) fn indent(&self) -> f64 {
        self.depth as f64 * INDENT
    }

    fn width(&self) -> f64 {
        let texts = self.texts.iter().map(|text| characters(text)).fold(0.0, f64::max);
        let aside = if self.aside.is_empty() { 0.0 } else { characters(&self.aside) + 1.0 };
        let right = if self.ways.is_empty() { 0.0 } else { AT_THE_RIGHT };
        self.indent() + (texts + aside) * MONO * TEXT_SIZE + right
    }
}

fn characters(text: &str) -> f64 {
    text.chars().count() as f64
}

/// A part of a row as it reads on a card.
pub(super) fn read(part: &Part) -> String {
    match part {
        Part::When(condition) => format!("if {condition}"),
        Part::Otherwise => "otherwise".to_owned(),
        Part::Error(code) => format!("\u{26a0} {code}"),
        Part::FirstOf => "the first that applies".to_owned(),
        Part::Action(name, _) | Part::Outcome(name) => name.clone(),
    }
}

/// A text in lines of so many characters, where its words allow it.
pub(super) fn folded(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
