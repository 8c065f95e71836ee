//! What the tests start and ask: a server in this process, or the program as a process of its own.

mod answer;
mod config;
mod database;
mod program;
mod server;

pub(crate) use answer::Answer;
pub(crate) use program::Program;
pub(crate) use server::Server;
