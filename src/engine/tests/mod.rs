//! What the engine does, theme by theme, in the terms of spec chapter 01 and its checklist.

mod agendas;
mod back;
mod concurrency;
mod effects;
mod errors;
mod init;
mod inputs;
mod mistakes;
pub(super) mod model;
mod rejections;
mod transitions;
mod versions;
