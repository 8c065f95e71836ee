//! `isready`: a health check for containers that have no HTTP client (spec chapter 05 section 6.2).

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use clap::{Args, ValueEnum};

use super::{Failure, Global, load};
use crate::config::host_and_port;

/// How long connecting, asking and hearing the answer may take, each.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ask a running server whether it is ready.
///
/// Sends `GET /health/ready` to the address that the configuration names. Exits with 0 when the answer is 200, with 1
/// otherwise. An address without a host is asked on localhost.
#[derive(Debug, Args)]
#[command(after_long_help = "Example, in a Dockerfile:\n  HEALTHCHECK CMD sealflow isready public")]
pub struct Isready {
    /// Which server.
    #[arg(value_name = "SERVER")]
    server: Server,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Server {
    /// The public server.
    Public,
    /// The admin server.
    Admin,
}

#[derive(Debug, thiserror::Error)]
enum NotReady {
    #[error("the address {address:?} is not HOST:PORT; it is configured as server.{server}.address")]
    Address { address: String, server: &'static str },
    #[error("the {server} server is not ready: nothing answers at {address}")]
    Unreachable { address: String, server: &'static str, source: io::Error },
    #[error("the {server} server is not ready: {address} answered {answer:?}")]
    Refused { address: String, server: &'static str, answer: String },
}

impl Isready {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        let config = load(global)?;
        let (server, address) = match self.server {
            Server::Public => ("public", &config.server.public.address),
            Server::Admin => ("admin", &config.server.admin.address),
        };
        check(server, address)?;
        Ok(writeln!(io::stderr(), "the {server} server is ready")?)
    }
}

fn check(server: &'static str, address: &str) -> Result<(), NotReady> {
    let (host, port) =
        host_and_port(address.trim()).ok_or_else(|| NotReady::Address { address: address.to_owned(), server })?;
    let host = if host.is_empty() { "localhost" } else { host };
    let asked = ask(host, port);
    let address = format!("{host}:{port}");
    let answer = match asked {
        Ok(answer) => answer,
        Err(source) => return Err(NotReady::Unreachable { address, server, source }),
    };
    if answer.split(' ').nth(1) == Some("200") { Ok(()) } else { Err(NotReady::Refused { address, server, answer }) }
}

/// The status line of the answer. The health check speaks just enough HTTP/1.1 for this one question, so that it costs
/// nothing to ask every second.
fn ask(host: &str, port: u16) -> io::Result<String> {
    let mut stream = connect(host, port)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /health/ready HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::with_capacity(1024);
    let read = stream.take(16 * 1024).read_to_end(&mut answer);
    // The status line is enough; how the connection ends after it does not matter.
    if answer.is_empty() {
        read?;
    }
    let line = answer.split(|&byte| byte == b'\r').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(line).into_owned())
}

/// A name may stand for several addresses, of which only some are listened on.
fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for candidate in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&candidate, PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;

    fn answered(answer: &'static str) -> Result<(), NotReady> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                asked.extend(byte);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(asked).unwrap()
        });
        let result = check("public", &address);
        assert!(server.join().unwrap().starts_with("GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1:"));
        result
    }

    /// Covers API-005, RDY-1.
    #[test]
    fn is_content_with_200_only() {
        assert!(answered("HTTP/1.1 200 OK\r\n\r\n{\"ready\":true}").is_ok());
        let refusal = answered("HTTP/1.1 503 Service Unavailable\r\n\r\n").unwrap_err().to_string();
        assert!(refusal.contains("503 Service Unavailable"), "{refusal}");
    }

    /// Covers RDY-5.
    #[test]
    fn asks_localhost_when_the_address_has_no_host() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let refusal = check("admin", &format!(":{port}")).unwrap_err().to_string();
        assert_eq!(refusal, format!("the admin server is not ready: nothing answers at localhost:{port}"));
        assert!(matches!(check("admin", "8001"), Err(NotReady::Address { .. })));
    }
}
