//! Writes the picture down.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use super::{
    face::{Face, LINE, Look, NAME_Y, PADDING, TEXT_SIZE},
    grid::{Content, Grid, Net, Side},
    route::{Channel, End, Route},
};
use crate::engine::diagram::chart::{Card, Chart, Kind, Way};

/// Space around the picture.
const MARGIN: f64 = 28.0;
/// Space for the name of the flow.
const HEAD: f64 = 76.0;
/// Space for the explanation of the signs.
const FOOT: f64 = 52.0;
/// Width of the explanation of the signs.
const LEGEND: f64 = 960.0;
/// Space left of the first column, for the dot with which the flow begins.
const BEGIN: f64 = 34.0;
/// Radius of the corners of lines.
const CORNER: f64 = 6.0;
/// As many groups have a color of their own.
const COLORS: usize = 8;
/// So many shades has each color.
const SHADES: usize = 3;

/// The x of the left edge of each column and the width of the whole.
struct Columns {
    left: Vec<f64>,
    channels: Vec<f64>,
    width: f64,
}

fn columns(grid: &Grid, channels: &[Channel]) -> Columns {
    let (mut left, mut starts) = (Vec::new(), Vec::new());
    let mut x = MARGIN + BEGIN;
    for (layer, channel) in channels.iter().enumerate() {
        starts.push(x);
        x += channel.width;
        if let Some(width) = grid.widths.get(layer) {
            left.push(x);
            x += width;
        }
    }
    Columns { left, channels: starts, width: x + MARGIN }
}

/// The whole document.
pub(super) fn document(chart: &Chart, faces: &[Face], grid: &Grid, channels: &[Channel]) -> String {
    write(chart, faces, grid, channels).unwrap_or_default()
}

fn write(chart: &Chart, faces: &[Face], grid: &Grid, channels: &[Channel]) -> Result<String, fmt::Error> {
    let columns = columns(grid, channels);
    let below = grid.bands.last().map_or(0.0, |band| band.y + band.height);
    let about = chart.about.as_ref().map_or(0, |about| about.chars().count());
    let width = columns.width.max(LEGEND).max(about as f64 * 6.6 + 2.0 * MARGIN).ceil();
    let height = (HEAD + below + FOOT).ceil();
    let mut text = String::new();
    writeln!(
        text,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="The flow {}">"#,
        escaped(&chart.name)
    )?;
    writeln!(text, "<style>\n{}</style>", include_str!("style.css"))?;
    writeln!(text, r#"<rect class="paper" width="{width}" height="{height}"/>"#)?;
    head(&mut text, chart)?;
    writeln!(text, r#"<g transform="translate(0 {HEAD})">"#)?;
    bands(&mut text, chart, grid, width)?;
    begin(&mut text, chart, grid, &columns)?;
    lines(&mut text, chart, grid, channels, &columns)?;
    for item in &grid.items {
        if let Content::Card(card) = item.content {
            let (x, width) = (columns.left[item.layer], grid.widths[item.layer]);
            writeln!(text, r#"<g transform="translate({x} {})">"#, item.y)?;
            self::card(&mut text, chart, card, &faces[card], width)?;
            writeln!(text, "</g>")?;
        }
    }
    writeln!(text, "</g>")?;
    legend(&mut text, height - FOOT + 22.0)?;
    writeln!(text, "</svg>")?;
    Ok(text)
}

fn head(text: &mut String, chart: &Chart) -> fmt::Result {
    writeln!(text, r#"<text class="flow" x="{MARGIN}" y="42">{}</text>"#, escaped(&chart.name))?;
    if let Some(about) = &chart.about {
        writeln!(text, r#"<text class="about" x="{MARGIN}" y="63">{}</text>"#, escaped(about))?;
    }
    Ok(())
}

fn bands(text: &mut String, chart: &Chart, grid: &Grid, width: f64) -> fmt::Result {
    for (group, (name, band)) in chart.groups.iter().zip(&grid.bands).enumerate() {
        let color = group % COLORS;
        let (x, y, width, height) = (MARGIN - 12.0, band.y, width - 2.0 * (MARGIN - 12.0), band.height);
        writeln!(
            text,
            r#"<g class="c{color}"><rect class="band" x="{x}" y="{y}" width="{width}" height="{height}" rx="12"/>"#
        )?;
        writeln!(text, r#"<text class="group" x="{}" y="{}">{}</text></g>"#, MARGIN + 2.0, y + 22.0, escaped(name))?;
    }
    Ok(())
}

fn begin(text: &mut String, chart: &Chart, grid: &Grid, columns: &Columns) -> fmt::Result {
    let item = &grid.items[chart.start];
    let (y, end) = (item.y + NAME_Y - 5.0, columns.left[item.layer]);
    let x = MARGIN + 8.0;
    writeln!(text, r#"<circle class="begin" cx="{x}" cy="{y}" r="7"/>"#)?;
    writeln!(text, r#"<path class="line begin" d="M{} {y}H{}"/>"#, x + 7.0, end - 7.0)?;
    writeln!(text, r#"<path class="tip begin" d="{}"/>"#, tip(end, y))
}

/// An arrow's tip that touches `x`.
fn tip(x: f64, y: f64) -> String {
    format!("M{x} {y}l-9 -4.5v9z")
}

/// The lines, those of each net together.
fn lines(text: &mut String, chart: &Chart, grid: &Grid, channels: &[Channel], columns: &Columns) -> fmt::Result {
    let mut nets: BTreeMap<Net, String> = BTreeMap::new();
    for item in &grid.items {
        if let Content::Passage(net) = item.content {
            let (x, y) = (columns.left[item.layer], item.y + item.height / 2.0);
            write!(nets.entry(net).or_default(), "M{x} {y}h{}", grid.widths[item.layer])?;
        }
    }
    let mut tips: BTreeMap<Net, String> = BTreeMap::new();
    for (channel, left) in channels.iter().zip(&columns.channels) {
        let right = left + channel.width;
        for route in &channel.routes {
            nets.entry(route.net).or_default().push_str(&path(route, *left, right));
            let target = Content::Card(route.net.target);
            for end in route.ends.iter().filter(|end| !end.source && grid.items[end.item].content == target) {
                tips.entry(route.net).or_default().push_str(&tip(right, end.y));
            }
        }
    }
    for (net, path) in nets {
        let target = &chart.cards[net.target];
        let class = if net.scheduled { "net scheduled" } else { "net" };
        let color = color(chart, net.target);
        writeln!(text, r#"<g class="{class} {color}"><title>{}</title>"#, escaped(&target.name))?;
        writeln!(text, r#"<path class="line" d="{path}"/>"#)?;
        if let Some(tips) = tips.get(&net) {
            writeln!(text, r#"<path class="tip" d="{tips}"/>"#)?;
        }
        writeln!(text, "</g>")?;
    }
    Ok(())
}

/// The color of lines to a card: that of its group, and one of several shades, so that lines to neighbors differ.
fn color(chart: &Chart, card: usize) -> String {
    let group = chart.cards[card].group;
    let number = chart.cards[..card].iter().filter(|other| other.group == group).count();
    format!("c{} s{}", group % COLORS, number % SHADES)
}

/// The upright of a route, and a bent line from it to each end.
fn path(route: &Route, left: f64, right: f64) -> String {
    let x = left + Channel::x(route.track);
    let (low, high) = route.span();
    let edge = |end: &End| if end.side == Side::Left { left } else { right };
    if high - low < 1.0 {
        return format!("M{left} {low}H{right}");
    }
    let corner = CORNER.min((high - low) / 2.0);
    let mut path = format!("M{x} {}V{}", low + corner, high - corner);
    for end in &route.ends {
        // Lines flow: from a source towards where the net goes, to a target from where it comes.
        let others = || route.ends.iter().filter(|other| other.source != end.source).map(|other| other.y);
        let mean = others().sum::<f64>() / others().count().max(1) as f64;
        let bend = match (end.y - low, high - end.y) {
            (above, _) if above < 1.0 => corner,
            (_, below) if below < 1.0 => -corner,
            // Too near to an end of the upright for a bend.
            (above, below) if above.min(below) < 2.0 * corner => {
                write!(path, "M{} {}H{x}", edge(end), end.y).unwrap_or_default();
                continue;
            }
            _ if mean > end.y => corner,
            _ => -corner,
        };
        let toward = if end.side == Side::Left { x - corner } else { x + corner };
        write!(path, "M{} {}H{toward}Q{x} {} {x} {}", edge(end), end.y, end.y, end.y + bend).unwrap_or_default();
    }
    path
}

fn card(text: &mut String, chart: &Chart, number: usize, face: &Face, width: f64) -> fmt::Result {
    let card = &chart.cards[number];
    let kind = match card.kind {
        Kind::State => "state",
        Kind::End => "state end",
        Kind::Failure => "state failure",
        Kind::Agenda => "agenda",
    };
    let color = card.group % COLORS;
    let rx = if card.kind == Kind::Agenda { 2 } else { 9 };
    writeln!(text, r#"<g class="card {kind} c{color}">"#)?;
    writeln!(text, r#"<rect class="body" width="{width}" height="{}" rx="{rx}"/>"#, face.height)?;
    let name = if card.kind == Kind::Agenda { format!("\u{2261} {}", card.name) } else { card.name.clone() };
    writeln!(text, r#"<text class="name" x="{PADDING}" y="{NAME_Y}">{}</text>"#, escaped(&name))?;
    if card.back {
        writeln!(text, r#"<text class="back" x="{}" y="{NAME_Y}">↩</text>"#, width - PADDING)?;
    }
    for (line, about) in face.about.iter().enumerate() {
        writeln!(
            text,
            r#"<text class="about" x="{PADDING}" y="{}">{}</text>"#,
            NAME_Y + LINE * (line + 1) as f64 + 1.0,
            escaped(about)
        )?;
    }
    if let Some(first) = face.lines.first() {
        let y = first.y - 14.0;
        writeln!(text, r#"<path class="rule" d="M0 {y}H{width}"/>"#)?;
    }
    for line in &face.lines {
        let class = match line.look {
            Look::Action => "action",
            Look::Outcome => "outcome",
            Look::Condition => "condition",
        };
        let (x, y) = (PADDING + line.indent(), line.y + TEXT_SIZE * 0.35);
        for (number, part) in line.texts.iter().enumerate() {
            write!(text, r#"<text class="{class}" x="{x}" y="{}">{}"#, y + LINE * number as f64, escaped(part))?;
            if !line.aside.is_empty() {
                write!(text, r#" <tspan class="aside">{}</tspan>"#, escaped(&line.aside))?;
            }
            if let Some(whole) = &line.whole {
                write!(text, "<title>{}</title>", escaped(whole))?;
            }
            writeln!(text, "</text>")?;
        }
        ends(text, chart, card, line, width)?;
    }
    writeln!(text, "</g>")
}

/// What stands at the right of a line.
fn ends(text: &mut String, chart: &Chart, card: &Card, line: &super::face::Line, width: f64) -> fmt::Result {
    let y = line.y + TEXT_SIZE * 0.35;
    for way in &line.ways {
        match way {
            Way::Next => writeln!(text, r#"<text class="sign" x="{}" y="{y}">next ▸</text>"#, width - PADDING)?,
            Way::Stay => writeln!(text, r#"<text class="sign" x="{}" y="{y}">stay ↻</text>"#, width - PADDING)?,
            Way::To(to) | Way::Scheduled(to) if chart.cards[*to].name == card.name => {
                writeln!(text, r#"<text class="sign" x="{}" y="{y}">stay ↻</text>"#, width - PADDING)?;
            }
            Way::To(to) => port(text, "port", &color(chart, *to), width, line.y)?,
            Way::Scheduled(to) => port(text, "port open", &color(chart, *to), width, line.y)?,
        }
    }
    Ok(())
}

/// Where a line starts.
fn port(text: &mut String, class: &str, color: &str, x: f64, y: f64) -> fmt::Result {
    writeln!(text, r#"<circle class="{class} {color}" cx="{x}" cy="{y}" r="3.5"/>"#)
}

fn legend(text: &mut String, y: f64) -> fmt::Result {
    let signs = [
        ("next ▸", "goes on with what is scheduled"),
        ("stay ↻", "shows the state again"),
        ("\u{2504}\u{2504}", "is scheduled, and may come later"),
        ("\u{2261}", "an agenda: schedules states"),
        ("↩", "back is offered"),
    ];
    let mut x = MARGIN;
    for (sign, meaning) in signs {
        writeln!(text, r#"<text class="legend" x="{x}" y="{y}"><tspan class="key">{sign}</tspan> {meaning}</text>"#)?;
        x += (sign.chars().count() + meaning.chars().count() + 1) as f64 * 6.4 + 24.0;
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
