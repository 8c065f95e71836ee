//! Writes the picture down.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use super::{
    card::{card, color, group_color},
    face::{Face, NAME_Y},
    grid::{Content, Grid, Net, Side},
    route::{Channel, End, Route},
};
use crate::engine::diagram::chart::Chart;

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
        if let Content::Card(number) = item.content {
            let place = (columns.left[item.layer], item.y);
            card(&mut text, chart, number, &faces[number], place, grid.widths[item.layer])?;
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
        let color = group_color(group);
        let (x, y, width, height) = (MARGIN - 12.0, band.y, width - 2.0 * (MARGIN - 12.0), band.height);
        writeln!(
            text,
            r#"<g class="{color}"><rect class="band" x="{x}" y="{y}" width="{width}" height="{height}" rx="12"/>"#
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

/// What the signs mean.
fn legend(text: &mut String, y: f64) -> fmt::Result {
    let signs = [
        ("next \u{25b8}", "goes on with what is scheduled"),
        ("stay \u{21bb}", "shows the state again"),
        ("- -", "is scheduled, and may come later"),
        ("\u{2261}", "an agenda: schedules states"),
        ("\u{21a9}", "back is offered"),
    ];
    let mut x = MARGIN;
    for (sign, meaning) in signs {
        writeln!(text, r#"<text class="legend" x="{x}" y="{y}"><tspan class="key">{sign}</tspan> {meaning}</text>"#)?;
        x += (sign.chars().count() + meaning.chars().count() + 1) as f64 * 6.4 + 24.0;
    }
    Ok(())
}

/// A text with the signs that mean something to XML replaced.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
