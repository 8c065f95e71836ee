//! How high everything stands: sweeps over the columns, to and fro, bring each card level with what it is connected to,
//! which also puts it in an order with few crossings (the barycenter method). The best of all sweeps is kept.

use super::grid::{Content, Grid, Side};

/// After so many sweeps nothing gets better any more.
const SWEEPS: usize = 40;

pub(super) fn arrange(grid: &mut Grid) {
    for layer in 0..grid.layers.len() {
        settle(grid, layer, &[]);
    }
    let mut best = (cost(grid), heights(grid));
    for sweep in 0..SWEEPS {
        let columns: Vec<usize> = match sweep % 2 {
            0 => (0..grid.layers.len()).collect(),
            _ => (0..grid.layers.len()).rev().collect(),
        };
        for layer in columns {
            // The first sweeps look back only, to find an order; the last look to both sides, to straighten.
            let sides: &[Side] = match (sweep < SWEEPS / 2, sweep % 2) {
                (true, 0) => &[Side::Left],
                (true, _) => &[Side::Right],
                (false, _) => &[Side::Left, Side::Right],
            };
            settle(grid, layer, sides);
        }
        let cost = cost(grid);
        if cost < best.0 {
            best = (cost, heights(grid));
        }
    }
    for (item, y) in grid.items.iter_mut().zip(best.1) {
        item.y = y;
    }
    super::straighten::straighten(grid);
    let ys: Vec<f64> = grid.items.iter().map(|item| item.y).collect();
    for layer in &mut grid.layers {
        layer.sort_by(|a, b| ys[*a].total_cmp(&ys[*b]));
    }
}

fn heights(grid: &Grid) -> Vec<f64> {
    grid.items.iter().map(|item| item.y).collect()
}

/// How far all lines run up and down, and how often they cross.
pub(super) fn cost(grid: &Grid) -> f64 {
    let mut cost = 0.0;
    for channel in &grid.channels {
        let spans: Vec<(f64, f64)> = channel
            .iter()
            .map(|crossing| {
                let ys = crossing.terminals.iter().map(|terminal| grid.y(terminal));
                ys.fold((f64::MAX, f64::MIN), |(low, high), y| (low.min(y), high.max(y)))
            })
            .collect();
        for (index, (low, high)) in spans.iter().enumerate() {
            cost += high - low;
            let others = channel.iter().enumerate().filter(|(other, _)| *other != index);
            let inside = others.flat_map(|(_, crossing)| &crossing.terminals).filter(|terminal| {
                let y = grid.y(terminal);
                low < &y && &y < high
            });
            cost += 8.0 * inside.count() as f64;
        }
    }
    cost
}

/// Puts the items of a column in the order in which they want to stand, as near as possible to where.
fn settle(grid: &mut Grid, layer: usize, sides: &[Side]) {
    let wishes: Vec<(f64, f64)> = grid.layers[layer].iter().map(|item| wish(grid, *item, sides)).collect();
    for band in 0..grid.bands.len() {
        let mut items: Vec<(usize, f64, f64)> = Vec::new();
        for (item, (y, weight)) in grid.layers[layer].iter().zip(&wishes) {
            if grid.items[*item].band == band {
                items.push((*item, *y, *weight));
            }
        }
        let middle = |(item, y, _): &(usize, f64, f64)| y + grid.items[*item].height / 2.0;
        items.sort_by(|a, b| middle(a).total_cmp(&middle(b)).then(a.0.cmp(&b.0)));
        for (item, y) in spread(grid, band, &items) {
            grid.items[item].y = y;
        }
    }
}

/// Where an item would like to stand: where its lines run straight. With how much it would like that.
fn wish(grid: &Grid, item: usize, sides: &[Side]) -> (f64, f64) {
    let layer = grid.items[item].layer;
    let (mut sum, mut count) = (0.0, 0.0);
    // Left of the column is the channel of its own number, in which it is on the right side.
    for (channel, own, side) in [(layer, Side::Right, Side::Left), (layer + 1, Side::Left, Side::Right)] {
        for crossing in grid.channels[channel].iter().filter(|_| sides.contains(&side)) {
            let others: Vec<f64> =
                crossing.terminals.iter().filter(|other| other.item != item).map(|other| grid.y(other)).collect();
            if others.is_empty() {
                continue;
            }
            let mean = others.iter().sum::<f64>() / others.len() as f64;
            for terminal in crossing.terminals.iter().filter(|terminal| terminal.item == item && terminal.side == own) {
                sum += mean - terminal.offset;
                count += 1.0;
            }
        }
    }
    if count == 0.0 {
        return (grid.items[item].y, 0.01);
    }
    let weight = if matches!(grid.items[item].content, Content::Passage(_)) { 2.0 } else { 1.0 };
    (sum / count, weight)
}

/// The places nearest to the wished ones at which the items, in this order, keep their distance (isotonic regression by
/// pooling neighbours), within the band.
fn spread(grid: &Grid, band: usize, items: &[(usize, f64, f64)]) -> Vec<(usize, f64)> {
    let (top, bottom) = grid.room(band);
    let mut offsets = Vec::with_capacity(items.len());
    let mut offset = 0.0;
    for (index, (item, ..)) in items.iter().enumerate() {
        if index > 0 {
            let (above, ..) = items[index - 1];
            offset += grid.items[above].height + grid.gap(above, *item);
        }
        offsets.push(offset);
    }
    let height = items.last().map_or(0.0, |(item, ..)| offset + grid.items[*item].height);
    // Blocks of items that touch: sum of wishes, weight, number of items.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for ((_, wish, weight), offset) in items.iter().zip(&offsets) {
        blocks.push(((wish - offset) * weight, *weight, 1));
        while let [.., (above, above_weight, _), (below, below_weight, _)] = blocks[..]
            && above / above_weight > below / below_weight
        {
            let (sum, weight, count) = blocks.pop().unwrap_or_default();
            if let Some(block) = blocks.last_mut() {
                *block = (block.0 + sum, block.1 + weight, block.2 + count);
            }
        }
    }
    let starts = blocks.iter().flat_map(|(sum, weight, count)| std::iter::repeat_n(sum / weight, *count));
    let highest = (bottom - height).max(top);
    let places = starts.zip(&offsets).map(|(start, offset)| start.clamp(top, highest) + offset);
    items.iter().map(|(item, ..)| *item).zip(places.map(f64::round)).collect()
}
