//! Texts on arrows, for the formats whose arrows carry texts: all ways from one card to another on one arrow.

use indexmap::IndexMap;

use super::chart::{Chart, Kind, Part, Row, Way};

/// Conditions that are longer than this in all are not written out.
const LONGEST_CONDITION: usize = 40;

/// An arrow between two cards.
#[derive(Debug)]
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: Target,
    /// What leads there is scheduled, and may come later.
    pub(super) scheduled: bool,
    pub(super) labels: Vec<String>,
}

/// Where an arrow leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Target {
    Card(usize),
    /// What is scheduled.
    Next,
}

/// All arrows, in the order of the rows from which they start.
pub(super) fn arrows(chart: &Chart) -> Vec<Arrow> {
    let mut arrows: IndexMap<(usize, Target, bool), Vec<String>> = IndexMap::new();
    for (from, card) in chart.cards.iter().enumerate() {
        for (number, row) in card.rows.iter().enumerate() {
            // Agendas are carried out in order.
            let place = (card.kind == Kind::Agenda).then(|| format!("{}.", number + 1));
            let label = [place.as_deref().unwrap_or_default(), &label(row)].join(" ").trim().to_owned();
            for way in &row.ways {
                let (to, scheduled) = match way {
                    Way::Stay => (Target::Card(from), false),
                    Way::Next => (Target::Next, true),
                    Way::To(to) => (Target::Card(*to), false),
                    Way::Scheduled(to) => (Target::Card(*to), true),
                };
                let labels = arrows.entry((from, to, scheduled)).or_default();
                if !labels.contains(&label) && !label.is_empty() {
                    labels.push(label.clone());
                }
            }
        }
    }
    let arrow = |((from, to, scheduled), labels)| Arrow { from, to, scheduled, labels };
    arrows.into_iter().map(arrow).collect()
}

/// A row in one line: the action, its outcome, and the conditions if they are short.
fn label(row: &Row) -> String {
    let (mut label, mut conditions, mut errors) = (String::new(), Vec::new(), String::new());
    for part in &row.path {
        match part {
            Part::Action(name, _) => label.push_str(name),
            Part::Outcome(name) => label += &format!(": {name}"),
            Part::When(condition) => conditions.push(format!("if {condition}")),
            Part::Otherwise => conditions.push("otherwise".to_owned()),
            Part::Error(code) => errors += &format!(", with {code}"),
            Part::FirstOf => {}
        }
    }
    let mut condition = conditions.join(", ");
    if condition.chars().count() > LONGEST_CONDITION {
        condition = "if \u{2026}".to_owned();
    }
    match (label.is_empty(), condition.is_empty()) {
        (_, true) => label + &errors,
        (true, false) => condition + &errors,
        (false, false) => format!("{label}, {condition}{errors}"),
    }
}
