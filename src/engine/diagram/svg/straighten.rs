//! Takes the kinks out of lines that run past several columns: all passages of a line are brought level, where there is
//! room for that.

use std::collections::BTreeMap;

use super::{
    grid::{Content, Grid, Net},
    place::cost,
};

/// Straightening one line can make room for another.
const ROUNDS: usize = 3;

pub(super) fn straighten(grid: &mut Grid) {
    let mut passages: BTreeMap<Net, Vec<usize>> = BTreeMap::new();
    for (number, item) in grid.items.iter().enumerate() {
        if let Content::Passage(net) = item.content {
            passages.entry(net).or_default().push(number);
        }
    }
    for _ in 0..ROUNDS {
        for (net, items) in &passages {
            level(grid, *net, items);
        }
    }
}

/// Moves the passages of a line to the one height that is best for all.
fn level(grid: &mut Grid, net: Net, items: &[usize]) {
    let room = items.iter().map(|item| room(grid, *item));
    let (top, bottom) = room.fold((f64::MIN, f64::MAX), |(top, bottom), (low, high)| (top.max(low), bottom.min(high)));
    if top > bottom {
        return;
    }
    let before: Vec<f64> = items.iter().map(|item| grid.items[*item].y).collect();
    let middle = grid.items[items[0]].height / 2.0;
    let ends = grid.channels.iter().flatten().filter(|crossing| crossing.net == net);
    let ends = ends.flat_map(|crossing| &crossing.terminals);
    let cards = ends.filter(|end| matches!(grid.items[end.item].content, Content::Card(_)));
    // Level with where the line starts or ends, or where one of its passages is.
    let wishes: Vec<f64> = cards.map(|end| grid.y(end) - middle).chain(before.iter().copied()).collect();
    let mut best: Option<(f64, f64)> = None;
    for wish in wishes {
        let y = wish.clamp(top, bottom);
        items.iter().for_each(|item| grid.items[*item].y = y);
        let cost = cost(grid);
        if best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, y));
        }
    }
    for (item, before) in items.iter().zip(before) {
        grid.items[*item].y = best.map_or(before, |(_, y)| y);
    }
}

/// Between which heights an item can move without touching its neighbors.
fn room(grid: &Grid, item: usize) -> (f64, f64) {
    let own = &grid.items[item];
    let (mut top, mut bottom) = grid.room(own.band);
    bottom -= own.height;
    for &other in grid.layers[own.layer].iter().filter(|other| **other != item) {
        let neighbor = &grid.items[other];
        if neighbor.y < own.y || neighbor.y == own.y && other < item {
            top = top.max(neighbor.y + neighbor.height + grid.gap(other, item));
        } else {
            bottom = bottom.min(neighbor.y - own.height - grid.gap(item, other));
        }
    }
    (top, bottom)
}
