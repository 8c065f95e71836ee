//! The engine: runs graphs of states and knows nothing of what they are about.
//!
//! A graph is written in YAML ([`definition`]), compiled and checked ([`compile`], [`check`]) and run one request at a
//! time ([`engine`], [`run`]). What actions and effects do, and what is remembered, is told to the engine by a
//! [`Domain`]. This module imports nothing of the rest of the program but the clock and the random source.

mod action;
mod check;
mod compile;
pub mod definition;
pub mod diagram;
mod document;
mod domain;
#[expect(clippy::module_inception, reason = "the engine proper, as the picture of the house names it")]
mod engine;
pub mod error;
mod facts;
pub mod graph;
mod guard;
pub mod input;
pub mod openapi;
mod problem;
mod run;
mod situation;
mod source;
mod step;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod unreadable;
pub mod wire;

pub use action::{
    Action, ActionContract, AnyAction, AnyEffect, Effect, EffectContract, MemberSchema, Outcome, PayloadMember,
    Registry, SchemaMaker,
};
pub use compile::compile;
pub use document::{Document, Place, Snapshot};
pub use domain::{Domain, Lock, Locker, Store, StoredFlow, UnitOfWork};
pub use engine::{Engine, Graphs, Reply, Request};
pub use error::{Failure, FlowError, InputError, Stop};
pub use graph::Graph;
pub use guard::Reason;
pub use input::{AllowedValue, Input, InputType, Submission};
pub use problem::{Problem, Problems};
pub use situation::{Offer, Situation};
pub use source::{Source, read_directory};
pub use step::Step;
pub use wire::{ErrorView, Link, LinkCategory, LinkTarget, Response};
