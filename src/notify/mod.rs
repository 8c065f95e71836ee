//! What leaves the server besides its answers: mails and the audit log. A caller records both inside its unit of work
//! and hands them over after the commit. Knows no flows and no HTTP.

pub mod audit;
pub mod mail;
pub mod outbox;
