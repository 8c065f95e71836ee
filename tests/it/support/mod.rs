//! What the tests start and ask: a server in this process, or the program as a process of its own.

mod answer;
#[expect(dead_code, reason = "the tests of single ceremonies use more of it")]
pub(crate) mod authenticator;
pub(crate) mod authenticator_app;
mod config;
mod database;
pub(crate) mod flow;
pub(crate) mod graphs;
pub(crate) mod person;
mod program;
pub(crate) mod receiver;
pub(crate) mod redis;
pub(crate) mod second_factors;
mod server;

pub(crate) use answer::Answer;
pub(crate) use program::Program;
pub(crate) use server::Server;
