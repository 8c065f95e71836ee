//! Black-box tests: the servers over real TCP with a real database, and the program as a process.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod architecture;
mod cli;
mod compatibility;
mod flows;
mod generated;
mod http;
mod queries;
mod support;
mod webhooks;
