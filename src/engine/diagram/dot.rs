//! DOT, the language of Graphviz.

use std::fmt::Write;

use super::{
    chart::{Card, Chart, Kind},
    labels::{Arrow, Target, arrows},
};
use crate::engine::{domain::Domain, graph::Graph};

const DEFAULTS: &str = "  rankdir = LR
  fontname = \"sans-serif\"
  node [shape = box, style = \"rounded,filled\", fillcolor = \"#ffffff\", color = \"#475569\", fontname = \"sans-serif\"]
  edge [color = \"#475569\", fontname = \"sans-serif\", fontsize = 10]
";

/// The graph as a directed graph in DOT: a box for each state in the cluster of its owner, a folder for each agenda, dashed
/// arrows to what is scheduled.
#[must_use]
pub fn dot<D: Domain>(graph: &Graph<D>) -> String {
    write(&Chart::of(graph)).unwrap_or_default()
}

fn write(chart: &Chart) -> Result<String, std::fmt::Error> {
    let arrows = arrows(chart);
    let mut text = String::new();
    writeln!(text, "digraph {} {{", quoted(&chart.name))?;
    text += DEFAULTS;
    writeln!(text, "  begin [shape = circle, label = \"\", width = 0.2, fillcolor = \"#334155\"]")?;
    if arrows.iter().any(|arrow| arrow.to == Target::Next) {
        writeln!(text, "  next [label = \"what is scheduled\", style = \"rounded,dashed\"]")?;
    }
    for (number, group) in chart.groups.iter().enumerate() {
        let cards: Vec<&Card> = chart.cards.iter().filter(|card| card.group == number).collect();
        if cards.is_empty() {
            continue;
        }
        writeln!(text, "  subgraph cluster_{number} {{\n    label = {}\n    color = \"#cbd5e1\"", quoted(group))?;
        for card in cards {
            writeln!(text, "    {}", node(card))?;
        }
        writeln!(text, "  }}")?;
    }
    writeln!(text, "  begin -> {}", id(&chart.cards[chart.start]))?;
    for arrow in &arrows {
        writeln!(text, "  {}", line(chart, arrow))?;
    }
    writeln!(text, "}}")?;
    Ok(text)
}

fn node(card: &Card) -> String {
    let label = match &card.about {
        Some(about) => quoted(&format!("{}\n{about}", card.name)),
        None => quoted(&card.name),
    };
    let look = match card.kind {
        Kind::State => "",
        Kind::End => ", fillcolor = \"#dcfce7\", peripheries = 2",
        Kind::Failure => ", fillcolor = \"#fee2e2\", peripheries = 2",
        Kind::Agenda => ", shape = folder, style = filled, fillcolor = \"#fef9c3\"",
    };
    format!("{} [label = {label}{look}]", id(card))
}

fn line(chart: &Chart, arrow: &Arrow) -> String {
    let to = match arrow.to {
        Target::Card(card) => id(&chart.cards[card]),
        Target::Next => "next".to_owned(),
    };
    let mut attributes = Vec::new();
    if !arrow.labels.is_empty() {
        attributes.push(format!("label = {}", quoted(&arrow.labels.join("\n"))));
    }
    if arrow.scheduled {
        attributes.push("style = dashed".to_owned());
    }
    let attributes = if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
    format!("{} -> {to}{attributes}", id(&chart.cards[arrow.from]))
}

fn id(card: &Card) -> String {
    let prefix = if card.kind == Kind::Agenda { "agenda" } else { "state" };
    quoted(&format!("{prefix} {}", card.name))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
