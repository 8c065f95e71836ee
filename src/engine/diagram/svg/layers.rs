//! The column of each card: behind everything that leads to it, ways back left aside.

use std::collections::{BTreeSet, VecDeque};

use crate::engine::diagram::chart::{Chart, Kind, Way};

/// A picture with more columns is broken: bands that begin far on the right begin again on the left, as lines of text do.
const MOST_COLUMNS: usize = 7;

/// The column of each card, counted from 0.
pub(super) fn assign(chart: &Chart) -> Vec<usize> {
    let ways: Vec<Vec<usize>> = (0..chart.cards.len()).map(|card| targets(chart, card)).collect();
    let mut layers = longest_ways(&ways, chart.start);
    let last = layers.iter().copied().max().unwrap_or_default();
    let led_to: BTreeSet<usize> = ways.iter().flatten().copied().collect();
    for (card, drawn) in chart.cards.iter().enumerate() {
        match drawn.kind {
            Kind::End | Kind::Failure => layers[card] = last,
            // What no line leads to stands in front of what it leads to.
            Kind::State | Kind::Agenda if card != chart.start && !led_to.contains(&card) => {
                let next = ways[card].iter().map(|target| layers[*target]).min();
                layers[card] = next.map_or(last, |next| next.saturating_sub(1));
            }
            Kind::State | Kind::Agenda => {}
        }
    }
    broken(chart, layers)
}

/// Moves bands to the left that would make the picture too wide.
fn broken(chart: &Chart, mut layers: Vec<usize>) -> Vec<usize> {
    let span = |group: usize, layers: &[usize]| {
        let columns =
            || chart.cards.iter().zip(layers).filter(|(card, _)| card.group == group).map(|(_, layer)| *layer);
        columns().min().zip(columns().max()).unwrap_or_default()
    };
    // The band of the flow itself reaches from the start to the ends; it is squeezed, not moved.
    let widest = (1..chart.groups.len()).map(|group| span(group, &layers)).map(|(first, last)| last - first + 1).max();
    let most = MOST_COLUMNS.max(widest.unwrap_or_default());
    for group in 1..chart.groups.len() {
        let (_, last) = span(group, &layers);
        let by = last.saturating_sub(most - 1);
        for (card, layer) in chart.cards.iter().zip(&mut layers) {
            if card.group == group {
                *layer -= by;
            }
        }
    }
    layers.into_iter().map(|layer| layer.min(most - 1)).collect()
}

/// The cards to which lines lead from a card.
fn targets(chart: &Chart, card: usize) -> Vec<usize> {
    let mut targets = Vec::new();
    for way in chart.cards[card].rows.iter().flat_map(|row| &row.ways) {
        if let Way::To(target) | Way::Scheduled(target) = way
            && *target != card
            && !targets.contains(target)
        {
            targets.push(*target);
        }
    }
    targets
}

/// The length of the longest way from the start to each card, without ways back.
fn longest_ways(ways: &[Vec<usize>], start: usize) -> Vec<usize> {
    let distances = distances(ways, start);
    // A way to what is nearer to the start is a way back, whichever way the circle was walked.
    let ahead: Vec<Vec<usize>> = ways
        .iter()
        .enumerate()
        .map(|(card, targets)| targets.iter().copied().filter(|target| distances[*target] >= distances[card]).collect())
        .collect();
    let (order, backwards) = visited(&ahead, start);
    let mut longest = vec![0_usize; ways.len()];
    for &card in &order {
        for &target in ahead[card].iter().filter(|target| !backwards.contains(&(card, **target))) {
            longest[target] = longest[target].max(longest[card] + 1);
        }
    }
    longest
}

/// The length of the shortest way from the start to each card.
fn distances(ways: &[Vec<usize>], start: usize) -> Vec<usize> {
    let mut distances = vec![usize::MAX; ways.len()];
    let mut waiting = VecDeque::from([(start, 0)]);
    while let Some((card, distance)) = waiting.pop_front() {
        if card < ways.len() && distances[card] == usize::MAX {
            distances[card] = distance;
            waiting.extend(ways[card].iter().map(|target| (*target, distance + 1)));
        }
    }
    distances
}

/// The cards in an order in which each comes before those that it leads to, and the ways that this order breaks.
fn visited(ways: &[Vec<usize>], start: usize) -> (Vec<usize>, BTreeSet<(usize, usize)>) {
    struct Walk<'a> {
        ways: &'a [Vec<usize>],
        under_way: Vec<bool>,
        done: Vec<bool>,
        order: Vec<usize>,
        backwards: BTreeSet<(usize, usize)>,
    }
    impl Walk<'_> {
        fn visit(&mut self, card: usize) {
            if self.done[card] {
                return;
            }
            self.under_way[card] = true;
            let ways = self.ways;
            for &target in &ways[card] {
                if self.under_way[target] {
                    self.backwards.insert((card, target));
                } else {
                    self.visit(target);
                }
            }
            self.under_way[card] = false;
            self.done[card] = true;
            self.order.push(card);
        }
    }
    let nothing = vec![false; ways.len()];
    let mut walk =
        Walk { ways, under_way: nothing.clone(), done: nothing, order: Vec::new(), backwards: BTreeSet::new() };
    for card in std::iter::once(start).chain(0..ways.len()).filter(|card| *card < ways.len()) {
        walk.visit(card);
    }
    walk.order.reverse();
    (walk.order, walk.backwards)
}
