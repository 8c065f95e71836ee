//! What the tests start and ask: a server in this process, or the program as a process of its own.

mod answer;
#[expect(dead_code, reason = "the tests of single ceremonies use more of it")]
pub(crate) mod authenticator;
mod config;
mod database;
pub(crate) mod flow;
pub(crate) mod person;
mod program;
pub(crate) mod redis;
mod server;

pub(crate) use answer::Answer;
pub(crate) use program::Program;
pub(crate) use server::Server;
