//! What leaves the server besides its answers: mails, webhooks and the audit log. A caller records all inside its unit of work
//! and hands them over after the commit. Knows no flows and no HTTP.

pub mod audit;
pub mod mail;
pub mod outbox;
pub mod webhook;
