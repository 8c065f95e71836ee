//! The program as a process: arguments, exit status, streams and signals (spec chapter 05 sections 5 and 6).

mod cleanup;
mod commands;
mod crash;
mod migrate;
mod serving;
mod walking;
