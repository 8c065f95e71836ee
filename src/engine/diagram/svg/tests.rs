use proptest::prelude::*;

use super::{grid::Content, *};
use crate::engine::{testing::walk::graphs, tests::model::plan::plan};

fn arranged(chart: &Chart) -> (Grid, Vec<route::Channel>) {
    let (_, grid) = laid_out(chart);
    let routes = route::all(&grid);
    (grid, routes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Nothing overlaps, and everything stays in its band.
    #[test]
    fn everything_has_its_own_place(plan in plan()) {
        let texts = plan.texts();
        let chart = Chart::of(&graphs(&texts.iter().map(String::as_str).collect::<Vec<_>>()).remove(0));
        let (grid, _) = arranged(&chart);
        for layer in &grid.layers {
            for pair in layer.windows(2) {
                let (upper, lower) = (&grid.items[pair[0]], &grid.items[pair[1]]);
                prop_assert!(upper.y + upper.height <= lower.y, "{upper:?} overlaps {lower:?}");
            }
            for item in layer.iter().map(|item| &grid.items[*item]) {
                let band = &grid.bands[item.band];
                prop_assert!(band.y <= item.y && item.y + item.height <= band.y + band.height, "{item:?}, {band:?}");
            }
        }
    }

    /// Every line that starts on a card can be followed to the card that it leads to, and uprights on one track keep their
    /// distance.
    #[test]
    fn every_line_arrives(plan in plan()) {
        let texts = plan.texts();
        let chart = Chart::of(&graphs(&texts.iter().map(String::as_str).collect::<Vec<_>>()).remove(0));
        let (grid, channels) = arranged(&chart);
        for (number, channel) in channels.iter().enumerate() {
            for (index, route) in channel.routes.iter().enumerate() {
                prop_assert!(route.ends.iter().any(|end| end.source) && route.ends.iter().any(|end| !end.source));
                // What goes into a passage on one side comes out of it on the other.
                for end in route.ends.iter().filter(|end| matches!(grid.items[end.item].content, Content::Passage(_))) {
                    let layer = grid.items[end.item].layer;
                    let other = if number == layer { layer + 1 } else { layer };
                    let beyond = channels[other].routes.iter().filter(|beyond| beyond.net == route.net);
                    let ends: Vec<_> = beyond.flat_map(|beyond| &beyond.ends).filter(|far| far.item == end.item).collect();
                    prop_assert!(ends.iter().any(|far| far.source != end.source && far.y == end.y), "{end:?} {ends:?}");
                }
                for other in channel.routes[..index].iter().filter(|other| other.track == route.track) {
                    let ((low, high), (other_low, other_high)) = (route.span(), other.span());
                    prop_assert!(high < other_low || other_high < low);
                }
            }
        }
    }
}
