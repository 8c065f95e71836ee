//! Receivers of mails and webhooks that outlive the program.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// What was received, oldest first.
pub(super) struct Sink<T> {
    /// The port on which it listens.
    pub(super) port: u16,
    received: Arc<Mutex<Vec<T>>>,
}

/// A mail.
#[derive(Clone)]
pub(super) struct Mail {
    pub(super) to: String,
    /// The passcode in it.
    pub(super) code: String,
}

/// The call of a webhook.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) event: String,
    pub(super) data: Value,
}

impl<T: Clone + Send + 'static> Sink<T> {
    /// `receive` talks to a client. What it gives to the function was received, and the client is told only after that.
    fn new(receive: fn(TcpStream, &dyn Fn(T)) -> Option<()>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let into = Arc::clone(&into);
                thread::spawn(move || receive(stream, &|item| into.lock().unwrap().push(item)));
            }
        });
        Self { port, received }
    }

    /// What was received so far.
    pub(super) fn received(&self) -> Vec<T> {
        self.received.lock().unwrap().clone()
    }
}

/// A mail server (RFC 5321) that takes everything.
pub(super) fn mails() -> Sink<Mail> {
    Sink::new(|stream, take| {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let answer = |text: &str| (&stream).write_all(format!("{text}\r\n").as_bytes()).ok();
        answer("220 here")?;
        let mut to = String::new();
        loop {
            let line = line(&mut reader)?;
            if let Some(address) = line.strip_prefix("RCPT TO:<") {
                address.split('>').next()?.clone_into(&mut to);
            }
            match line.get(..4)? {
                "DATA" => {
                    answer("354 go on")?;
                    let mut text = String::new();
                    while !text.ends_with("\r\n.\r\n") {
                        (reader.read_line(&mut text).ok()? > 0).then_some(())?;
                    }
                    take(Mail { to: to.clone(), code: code_in(&text) });
                    answer("250 taken")?;
                }
                "QUIT" => return answer("221 bye"),
                _ => answer("250 fine")?,
            }
        }
    })
}

fn code_in(mail: &str) -> String {
    let (_, body) = mail.split_once("\r\n\r\n").unwrap();
    let mut words = body.split(|c: char| !c.is_ascii_alphanumeric());
    words.find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())).unwrap().to_owned()
}

/// A receiver of webhooks that takes everything.
pub(super) fn calls() -> Sink<Call> {
    Sink::new(|stream, take| {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let mut length = 0;
        loop {
            let line = line(&mut reader)?.to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body: Value = serde_json::from_slice(&body).ok()?;
        let claims = URL_SAFE_NO_PAD.decode(body["token"].as_str()?.split('.').nth(1)?).ok()?;
        let mut claims: Value = serde_json::from_slice(&claims).ok()?;
        take(Call { event: body["event"].as_str()?.to_owned(), data: claims["data"].take() });
        (&stream).write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").ok()
    })
}

/// The next line without its end, or `None` when the other side is gone.
fn line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    (reader.read_line(&mut line).ok()? > 0).then_some(())?;
    line.truncate(line.trim_end().len());
    Some(line)
}
