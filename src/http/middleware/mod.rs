//! What happens to every request before and after its handler, as one endpoint around all routes: each part below does
//! one thing and knows nothing of the others, and no request pays for a stack of wrappers.

mod access_log;
mod client_ip;
mod cors;
mod request_id;

pub use access_log::{AccessLog, Entry, Outcome};
pub use client_ip::{ClientIp, Source};
pub use cors::Cors;
pub use request_id::{X_REQUEST_ID, request_id};
