//! Draws graphs: as Mermaid, as DOT, and as an SVG picture that needs no other program.
//!
//! What a client may do is drawn, not what it is refused: states with their actions, where each outcome leads, and the
//! agendas that schedule states. `back` leads where the flow came from, which no arrow can say.

mod chart;
mod dot;
mod labels;
mod mermaid;
mod plans;
mod svg;
#[cfg(test)]
mod tests;

pub use dot::dot;
pub use mermaid::mermaid;
pub use svg::svg;
