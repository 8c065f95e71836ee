//! The access log (spec chapter 04 section 3.3): one JSON line per request on stdout.

use std::{
    fmt::{self, Display, Write},
    net::IpAddr,
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};
use poem::{
    Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
};

use crate::console::Lines;

/// Writes the lines of one server.
#[derive(Debug)]
pub struct AccessLog {
    lines: Lines,
    log_health_and_metrics: bool,
}

/// What a line says about the request, kept while the request is handled. All parts share the memory of the request.
#[derive(Debug)]
pub struct Entry {
    method: Method,
    uri: Uri,
    host: Option<HeaderValue>,
    user_agent: Option<HeaderValue>,
    referer: Option<HeaderValue>,
    bytes_in: u64,
}

/// What a line says about the answer.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// When the answer was ready.
    pub time: DateTime<Utc>,
    /// The request id.
    pub id: &'a HeaderValue,
    /// The client.
    pub remote_ip: IpAddr,
    /// The status of the answer.
    pub status: StatusCode,
    /// Why the request failed; empty when it did not.
    pub error: &'a str,
    /// From the arrival of the request to the answer.
    pub latency: Duration,
    /// The length of the answer's body.
    pub bytes_out: u64,
}

impl AccessLog {
    /// A log on `lines`; health, status and metrics requests are left out unless `log_health_and_metrics`.
    #[must_use]
    pub fn new(lines: Lines, log_health_and_metrics: bool) -> Self {
        Self { lines, log_health_and_metrics }
    }

    /// Remembers the request; `None` when it is not to be logged.
    #[must_use]
    pub fn begin(&self, request: &Request) -> Option<Entry> {
        if !self.log_health_and_metrics && is_monitoring(request.uri().path()) {
            return None;
        }
        let headers = request.headers();
        Some(Entry {
            method: request.method().clone(),
            uri: request.uri().clone(),
            host: headers.get(header::HOST).cloned(),
            user_agent: headers.get(header::USER_AGENT).cloned(),
            referer: headers.get(header::REFERER).cloned(),
            bytes_in: content_length(headers),
        })
    }

    /// Writes the line.
    pub fn end(&self, entry: &Entry, outcome: &Outcome<'_>) {
        self.lines.write(line(entry, outcome).into_bytes());
    }
}

fn is_monitoring(path: &str) -> bool {
    path == "/" || path == "/metrics" || path.starts_with("/health/")
}

fn content_length(headers: &HeaderMap) -> u64 {
    headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0)
}

fn line(entry: &Entry, outcome: &Outcome<'_>) -> String {
    let mut line = String::with_capacity(512);
    let latency = outcome.latency;
    // Writing to a string cannot fail.
    let _ = writeln!(
        line,
        "{{\"time\":\"{}\",\"time_unix\":\"{}\",\"id\":{},\"remote_ip\":\"{}\",\"host\":{},\"method\":\"{}\",\"uri\":{},\
         \"user_agent\":{},\"status\":{},\"error\":{},\"latency\":{},\"latency_human\":\"{}\",\"bytes_in\":{},\
         \"bytes_out\":{},\"referer\":{}}}",
        outcome.time.to_rfc3339_opts(SecondsFormat::Nanos, true),
        outcome.time.timestamp(),
        Quoted(text(Some(outcome.id))),
        outcome.remote_ip,
        Quoted(text(entry.host.as_ref())),
        entry.method,
        Quoted(entry.uri.path_and_query().map_or("", |uri| uri.as_str())),
        Quoted(text(entry.user_agent.as_ref())),
        outcome.status.as_u16(),
        Quoted(outcome.error),
        latency.as_nanos(),
        Human(latency),
        entry.bytes_in,
        outcome.bytes_out,
        Quoted(text(entry.referer.as_ref())),
    );
    line
}

/// A header as text; bytes beyond ASCII make it empty, as they are nothing to show in a log.
fn text(value: Option<&HeaderValue>) -> &str {
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A JSON string.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        let mut plain = 0;
        for (at, byte) in self.0.bytes().enumerate() {
            if byte >= b' ' && byte != b'"' && byte != b'\\' {
                continue;
            }
            f.write_str(&self.0[plain..at])?;
            write!(f, "\\u{byte:04x}")?;
            plain = at + 1;
        }
        f.write_str(&self.0[plain..])?;
        f.write_char('"')
    }
}

/// A duration for people: `1.5s`, `12.25ms`, `340µs`.
struct Human(Duration);

impl Display for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = self.0.as_nanos();
        let (unit, name) = match nanoseconds {
            0..1_000 => return write!(f, "{nanoseconds}ns"),
            1_000..1_000_000 => (1_000, "µs"),
            1_000_000..1_000_000_000 => (1_000_000, "ms"),
            _ => (1_000_000_000, "s"),
        };
        write!(f, "{}", nanoseconds / unit)?;
        let rest = nanoseconds % unit;
        if rest > 0 {
            let digits = format!("{:0width$}", rest, width = unit.ilog10() as usize);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::mpsc};

    use serde_json::{Value, json};

    use super::*;

    struct Sender(mpsc::Sender<Vec<u8>>);

    impl io::Write for Sender {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(paths: &[&str], log_health_and_metrics: bool) -> String {
        let (sender, receiver) = mpsc::channel();
        let log = AccessLog::new(Lines::to(Sender(sender)).unwrap(), log_health_and_metrics);
        for path in paths {
            let request = Request::builder()
                .method(Method::POST)
                .uri(path.parse().unwrap())
                .header("host", "auth.example")
                .header("user-agent", "quote \" and \\ slash")
                .header("referer", "https://app.example/")
                .header("content-length", "17")
                .finish();
            if let Some(entry) = log.begin(&request) {
                log.end(
                    &entry,
                    &Outcome {
                        time: "2026-03-01T10:00:00.123456Z".parse().unwrap(),
                        id: &HeaderValue::from_static("abc"),
                        remote_ip: [192, 0, 2, 1].into(),
                        status: StatusCode::UNAUTHORIZED,
                        error: "no\nsession",
                        latency: Duration::from_nanos(1_234_500),
                        bytes_out: 40,
                    },
                );
            }
        }
        drop(log);
        String::from_utf8(receiver.into_iter().flatten().collect()).unwrap()
    }

    /// Covers API-041.
    #[test]
    fn writes_one_line_with_the_fields_in_their_order() {
        let log = logged(&["/me?a=1"], false);
        assert_eq!(log.lines().count(), 1);
        let line: Value = serde_json::from_str(&log).unwrap();
        let expected = json!({
            "time": "2026-03-01T10:00:00.123456000Z", "time_unix": "1772359200", "id": "abc", "remote_ip": "192.0.2.1",
            "host": "auth.example", "method": "POST", "uri": "/me?a=1", "user_agent": "quote \" and \\ slash",
            "status": 401, "error": "no\nsession", "latency": 1_234_500, "latency_human": "1.2345ms", "bytes_in": 17,
            "bytes_out": 40, "referer": "https://app.example/",
        });
        assert_eq!(line, expected);
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&line), keys(&expected));
    }

    /// Covers API-043.
    #[test]
    fn leaves_out_monitoring_unless_configured() {
        let monitoring = ["/", "/health/alive", "/health/ready", "/metrics"];
        assert_eq!(logged(&monitoring, false), "");
        assert_eq!(logged(&monitoring, true).lines().count(), 4);
        assert_eq!(logged(&["/health", "/metricsx"], false).lines().count(), 2);
    }

    #[test]
    fn shows_durations_to_people() {
        let shown = |nanoseconds| Human(Duration::from_nanos(nanoseconds)).to_string();
        assert_eq!(shown(0), "0ns");
        assert_eq!(shown(340_000), "340µs");
        assert_eq!(shown(12_250_000), "12.25ms");
        assert_eq!(shown(1_050_000_000), "1.05s");
    }
}
