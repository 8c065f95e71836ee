//! Sealflow: a flow API server. Login and registration are declarative state graphs (`flows/`), a generic engine runs
//! them, and the modules below are what the graphs are made of.

pub mod clock;
pub mod config;
pub mod engine;
pub mod identity;
pub mod random;
pub mod secret;
