//! Where the lines run: in each channel between two columns, every net has an upright on a track of its own.

use super::grid::{Grid, Net, Side};

/// Space between two tracks.
const TRACK: f64 = 11.0;
/// Space between a column and the first track beside it.
const MARGIN: f64 = 22.0;
/// Space that uprights on one track keep.
const APART: f64 = 14.0;
/// Lines nearer than this look like one.
const NEAR: f64 = 7.0;

/// The part of a net in one channel.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) net: Net,
    /// The track, counted from the left.
    pub(super) track: usize,
    pub(super) ends: Vec<End>,
}

/// Where a net enters or leaves a channel.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) y: f64,
    pub(super) side: Side,
    pub(super) source: bool,
    pub(super) item: usize,
}

/// The lines in one channel.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) width: f64,
    pub(super) routes: Vec<Route>,
}

impl Channel {
    /// Where a track is, from the left edge of the channel.
    pub(super) fn x(track: usize) -> f64 {
        MARGIN + track as f64 * TRACK
    }
}

impl Route {
    /// From where to where the upright runs.
    pub(super) fn span(&self) -> (f64, f64) {
        self.ends.iter().fold((f64::MAX, f64::MIN), |(low, high), end| (low.min(end.y), high.max(end.y)))
    }
}

/// All channels, from left to right.
pub(super) fn all(grid: &Grid) -> Vec<Channel> {
    grid.channels
        .iter()
        .map(|crossings| {
            let routes = crossings.iter().map(|crossing| {
                let ends = crossing.terminals.iter().map(|terminal| End {
                    y: grid.y(terminal),
                    side: terminal.side,
                    source: terminal.source,
                    item: terminal.item,
                });
                Route { net: crossing.net, track: 0, ends: ends.collect() }
            });
            channel(routes.collect())
        })
        .collect()
}

fn channel(mut routes: Vec<Route>) -> Channel {
    order(&mut routes);
    for index in 0..routes.len() {
        let (low, high) = routes[index].span();
        let before = routes[..index].iter().filter(|other| {
            let (other_low, other_high) = other.span();
            other_low < high + APART && low < other_high + APART
        });
        routes[index].track = before.map(|other| other.track + 1).max().unwrap_or_default();
    }
    let tracks = routes.iter().map(|route| route.track + 1).max().unwrap_or_default();
    let width = 2.0 * MARGIN + tracks.saturating_sub(1) as f64 * TRACK;
    Channel { width, routes }
}

/// Sorts uprights so that they cross few lines: neighbours change places as long as that helps.
fn order(routes: &mut [Route]) {
    routes.sort_by(|a, b| a.span().0.total_cmp(&b.span().0).then(a.net.cmp(&b.net)));
    for _ in 0..routes.len() {
        let mut better = false;
        for index in 1..routes.len() {
            if crossings(&routes[index], &routes[index - 1]) < crossings(&routes[index - 1], &routes[index]) {
                routes.swap(index - 1, index);
                better = true;
            }
        }
        if !better {
            return;
        }
    }
}

/// How bad it is when `left` runs left of `right`.
fn crossings(left: &Route, right: &Route) -> usize {
    let inside = |route: &Route, y: f64| {
        let (low, high) = route.span();
        low < y && y < high
    };
    // Lines of `right` from the left cross the upright of `left`, and the other way round.
    let from_left = right.ends.iter().filter(|end| end.side == Side::Left && inside(left, end.y));
    let from_right = left.ends.iter().filter(|end| end.side == Side::Right && inside(right, end.y));
    // Where a line from the left and one from the right are level, they must not meet.
    let level = left
        .ends
        .iter()
        .filter(|end| end.side == Side::Right)
        .filter(|end| right.ends.iter().any(|other| other.side == Side::Left && (other.y - end.y).abs() < NEAR));
    from_left.count() + from_right.count() + 10 * level.count()
}
