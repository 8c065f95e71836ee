//! The picture for the wall. Cards stand in columns, from the start on the left to the ends on the right, and in bands,
//! one for each sub-flow. Lines run between the columns and join on their way to the same card.
//!
//! The columns follow Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures"
//! (1981): circles are broken, columns assigned by the longest way, crossings reduced by barycenters.

mod draw;
mod face;
mod grid;
mod layers;
mod lines;
mod place;
mod route;
mod straighten;
#[cfg(test)]
mod tests;

use super::chart::Chart;
use crate::engine::{domain::Domain, graph::Graph};
use face::Face;
use grid::Grid;

/// The graph as an SVG document. It follows the light or dark preference of whoever looks at it, and is the same text each
/// time.
#[must_use]
pub fn svg<D: Domain>(graph: &Graph<D>) -> String {
    picture(&Chart::of(graph))
}

fn picture(chart: &Chart) -> String {
    let (faces, grid) = laid_out(chart);
    let routes = route::all(&grid);
    draw::document(chart, &faces, &grid, &routes)
}

fn laid_out(chart: &Chart) -> (Vec<Face>, Grid) {
    let mut faces: Vec<Face> = chart.cards.iter().map(|card| Face::of(card, chart)).collect();
    let layers = layers::assign(chart);
    // All cards of a column are as wide as the widest.
    let mut widths = vec![0.0_f64; layers.iter().max().map_or(0, |last| last + 1)];
    for (face, layer) in faces.iter().zip(&layers) {
        widths[*layer] = widths[*layer].max(face.width);
    }
    for ((face, card), layer) in faces.iter_mut().zip(&chart.cards).zip(&layers) {
        face.set(card.about.as_deref(), widths[*layer]);
    }
    let mut grid = Grid::new(chart, &faces, &layers, widths);
    place::arrange(&mut grid);
    (faces, grid)
}
