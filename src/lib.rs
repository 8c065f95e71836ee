//! Sealflow: a flow API server. Login and registration are declarative state graphs (`flows/`), a generic engine runs
//! them, and the modules below are what the graphs are made of.

pub mod actions;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod console;
pub mod effects;
pub mod engine;
pub mod flows;
pub mod http;
pub mod identity;
pub mod keys;
pub mod limits;
pub mod notify;
pub mod random;
pub mod secret;
pub mod services;
pub mod storage;
pub mod timestamp;
