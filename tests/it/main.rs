//! Black-box tests: the servers over real TCP with a real database, and the program as a process.

mod architecture;
mod cli;
mod compatibility;
mod flows;
mod http;
mod support;
