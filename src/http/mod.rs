//! The HTTP servers. poem and poem-openapi are used here and nowhere else; what the endpoints do is in `identity` and in
//! the flows.

pub mod admin;
pub mod cookie;
pub mod error;
pub mod html;
pub mod json;
pub mod lenient;
pub mod listener;
pub mod middleware;
pub mod openapi;
pub mod public;
pub mod request;
pub mod schema;
pub mod server;
pub mod session;
pub mod tags;
mod unread;
pub mod uuids;
pub mod validation;
