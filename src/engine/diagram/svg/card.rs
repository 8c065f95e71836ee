//! Writes a card down: a state or an agenda with its lines.

use std::fmt::{self, Write};

use super::{
    draw::escaped,
    face::{Face, LINE, Line, Look, NAME_Y, PADDING, TEXT_SIZE},
};
use crate::engine::diagram::chart::{Chart, Kind, Way};

/// As many groups have a color of their own.
const COLORS: usize = 8;
/// So many shades has each color.
const SHADES: usize = 3;

/// The class of what has the color of a group.
pub(super) fn group_color(group: usize) -> String {
    format!("c{}", group % COLORS)
}

/// The class of lines to a card: the color of its group in one of several shades, so that lines to neighbors differ.
pub(super) fn color(chart: &Chart, card: usize) -> String {
    let group = chart.cards[card].group;
    let number = chart.cards[..card].iter().filter(|other| other.group == group).count();
    format!("{} s{}", group_color(group), number % SHADES)
}

/// The card of this number, as wide as its column.
pub(super) fn card(
    text: &mut String,
    chart: &Chart,
    number: usize,
    face: &Face,
    (x, y): (f64, f64),
    width: f64,
) -> fmt::Result {
    let card = &chart.cards[number];
    let (kind, radius) = match card.kind {
        Kind::State => ("state", 9),
        Kind::End => ("state end", 9),
        Kind::Failure => ("state failure", 9),
        Kind::Agenda => ("agenda", 2),
    };
    let color = group_color(card.group);
    writeln!(text, r#"<g class="card {kind} {color}" transform="translate({x} {y})">"#)?;
    writeln!(text, r#"<rect class="body" width="{width}" height="{}" rx="{radius}"/>"#, face.height)?;
    let sign = if card.kind == Kind::Agenda { "\u{2261} " } else { "" };
    writeln!(text, r#"<text class="name" x="{PADDING}" y="{NAME_Y}">{sign}{}</text>"#, escaped(&card.name))?;
    if card.back {
        writeln!(text, r#"<text class="back" x="{}" y="{NAME_Y}">↩</text>"#, width - PADDING)?;
    }
    let mut y = NAME_Y + 1.0;
    for about in &face.about {
        y += LINE;
        writeln!(text, r#"<text class="about" x="{PADDING}" y="{y}">{}</text>"#, escaped(about))?;
    }
    if let Some(first) = face.lines.first() {
        writeln!(text, r#"<path class="rule" d="M0 {}H{width}"/>"#, first.y - 14.0)?;
    }
    for written in &face.lines {
        line(text, written)?;
        ends(text, chart, number, written, width)?;
    }
    writeln!(text, "</g>")
}

fn line(text: &mut String, line: &Line) -> fmt::Result {
    let class = match line.look {
        Look::Action => "action",
        Look::Outcome => "outcome",
        Look::Condition => "condition",
    };
    let (x, mut y) = (PADDING + line.indent(), baseline(line));
    for (number, part) in line.texts.iter().enumerate() {
        write!(text, r#"<text class="{class}" x="{x}" y="{y}">{}"#, escaped(part))?;
        if number + 1 == line.texts.len() && !line.aside.is_empty() {
            write!(text, r#" <tspan class="aside">{}</tspan>"#, escaped(&line.aside))?;
        }
        if let Some(whole) = &line.whole {
            write!(text, "<title>{}</title>", escaped(whole))?;
        }
        writeln!(text, "</text>")?;
        y += LINE;
    }
    Ok(())
}

/// What stands at the right of a line: a dot where a line starts, or in words what no line can say.
fn ends(text: &mut String, chart: &Chart, card: usize, line: &Line, width: f64) -> fmt::Result {
    for way in &line.ways {
        match way {
            Way::Next => sign(text, "next \u{25b8}", line, width)?,
            Way::Stay => sign(text, "stay \u{21bb}", line, width)?,
            Way::To(to) | Way::Scheduled(to) if *to == card => sign(text, "stay \u{21bb}", line, width)?,
            Way::To(to) => port(text, "port", &color(chart, *to), line, width)?,
            Way::Scheduled(to) => port(text, "port open", &color(chart, *to), line, width)?,
        }
    }
    Ok(())
}

fn sign(text: &mut String, sign: &str, line: &Line, width: f64) -> fmt::Result {
    writeln!(text, r#"<text class="sign" x="{}" y="{}">{sign}</text>"#, width - PADDING, baseline(line))
}

fn port(text: &mut String, class: &str, color: &str, line: &Line, width: f64) -> fmt::Result {
    writeln!(text, r#"<circle class="{class} {color}" cx="{width}" cy="{}" r="3.5"/>"#, line.y)
}

fn baseline(line: &Line) -> f64 {
    line.y + TEXT_SIZE * 0.35
}
