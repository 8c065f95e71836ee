//! Columns and bands with all that stands in them: cards, and passages through which lines run past the cards of a column.

use std::collections::{BTreeMap, BTreeSet};

use super::face::{Face, NAME_Y};
use crate::engine::diagram::chart::{Chart, Way};

/// Height that a passage takes.
const PASSAGE: f64 = 12.0;
/// Least space between two cards of a column.
const BETWEEN_CARDS: f64 = 24.0;
/// Least space between two passages.
const BETWEEN_PASSAGES: f64 = 2.0;
/// Space above the cards of a band, for its name.
const BAND_HEAD: f64 = 34.0;
/// Space below the cards of a band.
const BAND_FOOT: f64 = 6.0;
/// Space between two bands.
const BAND_GAP: f64 = 12.0;

/// Lines that lead to the same card in the same way are one net.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Net {
    pub(super) target: usize,
    pub(super) scheduled: bool,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Card(usize),
    Passage(Net),
}

#[derive(Debug)]
pub(super) struct Item {
    pub(super) content: Content,
    pub(super) layer: usize,
    pub(super) band: usize,
    pub(super) height: f64,
    /// The upper edge.
    pub(super) y: f64,
}

/// A place at which a net touches a channel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    pub(super) item: usize,
    /// From the upper edge of the item.
    pub(super) offset: f64,
    /// Which side of the channel the item is on.
    pub(super) side: Side,
    /// The net comes from here.
    pub(super) source: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// The terminals of one net in one channel.
#[derive(Debug)]
pub(super) struct Crossing {
    pub(super) net: Net,
    pub(super) terminals: Vec<Terminal>,
}

/// A band: the cards of one sub-flow.
#[derive(Debug)]
pub(super) struct Band {
    pub(super) y: f64,
    pub(super) height: f64,
}

#[derive(Debug)]
pub(super) struct Grid {
    pub(super) items: Vec<Item>,
    /// The items of each column, from above.
    pub(super) layers: Vec<Vec<usize>>,
    /// The width of each column.
    pub(super) widths: Vec<f64>,
    /// What happens left of each column, and right of the last.
    pub(super) channels: Vec<Vec<Crossing>>,
    pub(super) bands: Vec<Band>,
}

impl Grid {
    pub(super) fn new(chart: &Chart, faces: &[Face], layers: &[usize], widths: Vec<f64>) -> Self {
        let count = widths.len();
        let mut grid = Self {
            items: Vec::new(),
            layers: vec![Vec::new(); count],
            widths,
            channels: (0..=count).map(|_| Vec::new()).collect(),
            bands: Vec::new(),
        };
        for (card, face) in faces.iter().enumerate() {
            grid.add(Content::Card(card), layers[card], chart.cards[card].group, face.height);
        }
        grid.connect(chart, faces, layers);
        grid.stack_bands(chart.groups.len());
        grid
    }

    fn add(&mut self, content: Content, layer: usize, band: usize, height: f64) -> usize {
        self.items.push(Item { content, layer, band, height, y: 0.0 });
        self.layers[layer].push(self.items.len() - 1);
        self.items.len() - 1
    }

    /// Leads every net through passages to its card.
    fn connect(&mut self, chart: &Chart, faces: &[Face], layers: &[usize]) {
        let sources = sources(faces);
        let both: BTreeSet<usize> = {
            let solid = sources.keys().filter(|net| !net.scheduled).map(|net| net.target);
            solid.filter(|target| sources.contains_key(&Net { target: *target, scheduled: true })).collect()
        };
        for (net, sources) in sources {
            let (band, end) = (chart.cards[net.target].group, layers[net.target]);
            let mut passages: BTreeMap<usize, usize> = BTreeMap::new();
            let mut ends: Vec<(usize, Terminal)> = Vec::new();
            for (card, offset) in sources {
                let start = layers[card];
                // Ahead through the columns between; back through all columns from the one of the source on.
                let between = if start < end { start + 1..end } else { end..start + 1 };
                for layer in between {
                    passages.entry(layer).or_insert_with(|| self.add(Content::Passage(net), layer, band, PASSAGE));
                }
                ends.push((start + 1, Terminal { item: card, offset, side: Side::Left, source: true }));
            }
            let entry = entry(net, both.contains(&net.target));
            ends.push((end, Terminal { item: net.target, offset: entry, side: Side::Right, source: false }));
            for (layer, item) in passages {
                let ahead = layer < end;
                let middle = |side, source| Terminal { item, offset: PASSAGE / 2.0, side, source };
                ends.push((layer, middle(Side::Right, !ahead)));
                ends.push((layer + 1, middle(Side::Left, ahead)));
            }
            let mut crossings: BTreeMap<usize, Vec<Terminal>> = BTreeMap::new();
            for (channel, terminal) in ends {
                crossings.entry(channel).or_default().push(terminal);
            }
            for (channel, terminals) in crossings {
                self.channels[channel].push(Crossing { net, terminals });
            }
        }
    }

    /// Bands are as high as their fullest column, in whatever order its items come to stand.
    fn stack_bands(&mut self, count: usize) {
        let mut y = 0.0;
        for band in 0..count {
            let needed = self.layers.iter().map(|layer| {
                let items = || layer.iter().map(|item| &self.items[*item]).filter(|item| item.band == band);
                let heights: f64 = items().map(|item| item.height).sum();
                let cards = items().filter(|item| matches!(item.content, Content::Card(_))).count() as f64;
                let passages = items().count() as f64 - cards;
                heights + cards * BETWEEN_CARDS + passages * BETWEEN_PASSAGES
            });
            let height = needed.fold(0.0, f64::max) + BAND_HEAD + BAND_FOOT;
            self.bands.push(Band { y, height });
            y += height + BAND_GAP;
        }
    }

    /// The least space between two neighbors in a column.
    pub(super) fn gap(&self, upper: usize, lower: usize) -> f64 {
        match (self.items[upper].content, self.items[lower].content) {
            (Content::Card(_), Content::Card(_)) => BETWEEN_CARDS,
            (Content::Passage(_), Content::Passage(_)) => BETWEEN_PASSAGES,
            // A passage between two cards takes no more room than its own height.
            _ => BETWEEN_CARDS / 2.0,
        }
    }

    /// Where items of a band may stand.
    pub(super) fn room(&self, band: usize) -> (f64, f64) {
        let Band { y, height } = self.bands[band];
        (y + BAND_HEAD, y + height - BAND_FOOT)
    }

    /// Where a terminal is.
    pub(super) fn y(&self, terminal: &Terminal) -> f64 {
        self.items[terminal.item].y + terminal.offset
    }
}

/// The cards from which each net starts, and how far below the upper edge.
fn sources(faces: &[Face]) -> BTreeMap<Net, Vec<(usize, f64)>> {
    let mut sources: BTreeMap<Net, Vec<(usize, f64)>> = BTreeMap::new();
    for (card, face) in faces.iter().enumerate() {
        for line in &face.lines {
            for way in &line.ways {
                let net = match way {
                    Way::To(target) => Net { target: *target, scheduled: false },
                    Way::Scheduled(target) => Net { target: *target, scheduled: true },
                    Way::Stay | Way::Next => continue,
                };
                if net.target != card {
                    sources.entry(net).or_default().push((card, line.y));
                }
            }
        }
    }
    sources
}

/// Where a net enters its card; nets of both kinds stand apart.
fn entry(net: Net, both: bool) -> f64 {
    match (both, net.scheduled) {
        (false, _) => NAME_Y - 5.0,
        (true, false) => NAME_Y - 9.0,
        (true, true) => NAME_Y + 3.0,
    }
}
