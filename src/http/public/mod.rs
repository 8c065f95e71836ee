//! The public server, which browsers and relying parties talk to.

pub mod docs;
pub mod health;
