//! The lines of cards: what rows have in common stands once, what is too long is folded or cut.

use super::face::{Line, Look, folded, read};
use crate::engine::diagram::chart::{Card, Chart, Part, Row, Way};

/// No line is longer.
const LONGEST_LINE: usize = 44;
/// A condition is folded into so many lines and then cut.
const MOST_LINES: usize = 3;
/// Longer conditions of offers are left out.
const LONGEST_OFFER: usize = 40;

impl Line {
    fn new(depth: usize, look: Look, text: String, ways: Vec<Way>) -> Self {
        let columns = LONGEST_LINE - 2 * depth.min(8);
        let mut texts = folded(&text, columns);
        let cut = texts.len() > MOST_LINES || texts.iter().any(|line| line.chars().count() > columns);
        texts.truncate(MOST_LINES);
        if let Some(last) = texts.last_mut().filter(|_| cut) {
            *last = last.chars().take(columns - 1).collect();
            last.push('…');
        }
        Self { y: 0.0, depth, look, texts, aside: String::new(), whole: cut.then_some(text), ways }
    }
}

/// The parts of rows as a tree.
struct Node<'a> {
    part: &'a Part,
    ways: &'a [Way],
    inner: Vec<Node<'a>>,
}

fn tree(rows: &[Row]) -> Vec<Node<'_>> {
    fn insert<'a>(nodes: &mut Vec<Node<'a>>, path: &'a [Part], ways: &'a [Way]) {
        let Some((part, rest)) = path.split_first() else { return };
        // Only neighbors are joined: the order of rules says which comes first.
        if nodes.last().is_none_or(|node| node.part != part || rest.is_empty() || node.inner.is_empty()) {
            nodes.push(Node { part, ways: if rest.is_empty() { ways } else { &[] }, inner: Vec::new() });
        }
        if let Some(node) = nodes.last_mut() {
            insert(&mut node.inner, rest, ways);
        }
    }
    let mut nodes = Vec::new();
    for row in rows {
        insert(&mut nodes, &row.path, &row.ways);
    }
    nodes
}

/// A state reads: the action, its outcomes, and under which conditions they lead where.
pub(super) fn state_lines(card: &Card) -> Vec<Line> {
    let mut lines = Vec::new();
    for node in tree(&card.rows) {
        write(&node, 0, &mut lines);
    }
    lines
}

fn write(node: &Node<'_>, depth: usize, lines: &mut Vec<Line>) {
    let look = match node.part {
        Part::Action(..) => Look::Action,
        Part::Outcome(_) => Look::Outcome,
        Part::When(_) | Part::Otherwise | Part::Error(_) | Part::FirstOf => Look::Condition,
    };
    let mut line = Line::new(depth, look, read(node.part), node.ways.to_vec());
    let mut inner = node.inner.as_slice();
    // What is the only thing that can come stands on the same line.
    while let [only] = inner {
        let text = match only.part {
            Part::Outcome(name) => name.clone(),
            Part::Error(_) => read(only.part),
            _ => break,
        };
        let aside = if line.aside.is_empty() { text } else { format!("{} {text}", line.aside) };
        let used: usize = line.texts.iter().map(|text| text.chars().count()).sum();
        if used + aside.chars().count() >= LONGEST_LINE {
            break;
        }
        (line.aside, line.ways, inner) = (aside, only.ways.to_vec(), &only.inner);
    }
    let offer = match node.part {
        Part::Action(_, Some(offer)) => Some(format!("if {offer}")),
        _ => None,
    };
    let (shown, hidden) = match offer {
        Some(offer) if offer.chars().count() <= LONGEST_OFFER => (Some(offer), None),
        hidden => (None, hidden),
    };
    lines.push(Line { whole: hidden.or(line.whole.take()), ..line });
    lines.extend(shown.map(|offer| Line::new(depth + 1, Look::Condition, offer, Vec::new())));
    for node in inner {
        write(node, depth + 1, lines);
    }
}

/// An agenda reads: what is scheduled, and below it when.
pub(super) fn agenda_lines(card: &Card, chart: &Chart) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut around: &[Part] = &[];
    for row in &card.rows {
        // The innermost condition belongs to the row; those around it may hold for several.
        let own = usize::from(matches!(row.path.last(), Some(Part::When(_) | Part::Otherwise)));
        let (outer, own) = row.path.split_at(row.path.len() - own);
        let common = outer.iter().zip(around).take_while(|(one, other)| one == other).count();
        for (depth, part) in outer.iter().enumerate().skip(common) {
            lines.push(Line::new(depth, Look::Condition, format!("{}:", read(part)), Vec::new()));
        }
        let names: Vec<&str> = row.ways.iter().filter_map(|way| target(*way, chart)).collect();
        if !names.is_empty() {
            lines.push(Line::new(outer.len(), Look::Action, names.join(", "), row.ways.clone()));
        }
        lines.extend(own.iter().map(|part| Line::new(outer.len() + 1, Look::Condition, read(part), Vec::new())));
        around = outer;
    }
    lines
}

fn target(way: Way, chart: &Chart) -> Option<&str> {
    match way {
        Way::To(card) | Way::Scheduled(card) => Some(&chart.cards[card].name),
        Way::Stay | Way::Next => None,
    }
}
