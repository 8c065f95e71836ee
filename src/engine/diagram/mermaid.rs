//! Mermaid: text that GitHub and many others show as a picture.

use std::fmt::Write;

use super::{
    chart::{Card, Chart, Kind},
    labels::{Arrow, Target, arrows},
};
use crate::engine::{domain::Domain, graph::Graph};

/// How each kind of card looks.
const CLASSES: &str = "  classDef start fill:#334155,stroke:#334155,color:#fff
  classDef ending fill:#dcfce7,stroke:#16a34a,color:#14532d
  classDef failure fill:#fee2e2,stroke:#dc2626,color:#7f1d1d
  classDef agenda fill:#fef9c3,stroke:#ca8a04,color:#713f12
  classDef scheduled fill:none,stroke-dasharray:3 3
";

/// The graph as a Mermaid flowchart: a box for each state in the subgraph of its owner, a hexagon for each agenda, dashed
/// arrows to what is scheduled.
#[must_use]
pub fn mermaid<D: Domain>(graph: &Graph<D>) -> String {
    write(&Chart::of(graph)).unwrap_or_default()
}

fn write(chart: &Chart) -> Result<String, std::fmt::Error> {
    let arrows = arrows(chart);
    let mut text = String::new();
    writeln!(text, "---\ntitle: {}\n---\nflowchart LR", chart.name)?;
    writeln!(text, "  begin((\" \")):::start")?;
    if arrows.iter().any(|arrow| arrow.to == Target::Next) {
        writeln!(text, "  next([\"what is scheduled\"]):::scheduled")?;
    }
    for (number, group) in chart.groups.iter().enumerate() {
        let cards: Vec<&Card> = chart.cards.iter().filter(|card| card.group == number).collect();
        if cards.is_empty() {
            continue;
        }
        writeln!(text, "  subgraph group_{number}[\"{}\"]", escaped(group))?;
        for card in cards {
            writeln!(text, "    {}", node(card))?;
        }
        writeln!(text, "  end")?;
    }
    writeln!(text, "  begin --> {}", id(&chart.cards[chart.start]))?;
    for arrow in &arrows {
        writeln!(text, "  {}", line(chart, arrow))?;
    }
    Ok(text + CLASSES)
}

fn node(card: &Card) -> String {
    let name = escaped(&card.name);
    let text = match &card.about {
        Some(about) => format!("<b>{name}</b><br>{}", escaped(about)),
        None => format!("<b>{name}</b>"),
    };
    let id = id(card);
    match card.kind {
        Kind::State => format!("{id}[\"{text}\"]"),
        Kind::End => format!("{id}([\"{text}\"]):::ending"),
        Kind::Failure => format!("{id}([\"{text}\"]):::failure"),
        Kind::Agenda => format!("{id}{{{{\"{text}\"}}}}:::agenda"),
    }
}

fn line(chart: &Chart, arrow: &Arrow) -> String {
    let from = id(&chart.cards[arrow.from]);
    let to = match arrow.to {
        Target::Card(card) => id(&chart.cards[card]),
        Target::Next => "next".to_owned(),
    };
    let shaft = if arrow.scheduled { "-.->" } else { "-->" };
    if arrow.labels.is_empty() {
        return format!("{from} {shaft} {to}");
    }
    let labels: Vec<String> = arrow.labels.iter().map(|label| escaped(label)).collect();
    format!("{from} {shaft}|\"{}\"| {to}", labels.join("<br>"))
}

/// Words such as `end` mean something to Mermaid; with a prefix no name does.
fn id(card: &Card) -> String {
    let prefix = if card.kind == Kind::Agenda { "agenda" } else { "state" };
    format!("{prefix}_{}", card.name.replace('-', "_"))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => escaped += "#quot;",
            '<' => escaped += "#lt;",
            '>' => escaped += "#gt;",
            '&' => escaped += "#amp;",
            '#' => escaped += "#35;",
            other => escaped.push(other),
        }
    }
    escaped
}
