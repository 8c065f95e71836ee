//! The program is killed in the middle of its work, and started again.

mod accounts;
mod announcements;
mod sinks;

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::Value;

/// The answer to a request, or `None` when the server died before it was whole.
fn post(address: &str, path: &str, body: &Value) -> Option<Value> {
    let mut stream = TcpStream::connect(address).ok()?;
    let body = body.to_string();
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}
