//! A mail server for tests: takes every message, and can be told to behave badly.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// The first byte of a TLS record of the type handshake (RFC 8446 section 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// How the server behaves.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Manners {
    /// Offers STARTTLS, and never completes it.
    pub(crate) starttls: bool,
    /// Offers authentication.
    pub(crate) auth: bool,
    /// Answers this to every `RCPT TO`.
    pub(crate) recipient: Option<&'static str>,
    /// Closes the connection after each message without a word.
    pub(crate) hangs_up: bool,
    /// Accepts connections and stays silent.
    pub(crate) silent: bool,
}

/// What the server has seen.
#[derive(Debug, Default)]
struct Seen {
    connections: usize,
    commands: Vec<String>,
    messages: Vec<Received>,
    tls_hellos: usize,
}

/// A message that the server took.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) to: String,
    /// As it was sent, lines ended by `\n`.
    pub(crate) raw: String,
}

#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) port: u16,
    manners: Arc<Mutex<Manners>>,
    seen: Arc<Mutex<Seen>>,
    changed: Arc<Notify>,
}

impl Sink {
    pub(crate) async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sink = Self {
            port: listener.local_addr().unwrap().port(),
            manners: Arc::new(Mutex::new(manners)),
            seen: Arc::default(),
            changed: Arc::default(),
        };
        let server = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                server.note(|seen| seen.connections += 1);
                let server = server.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        sink
    }

    /// A port that nobody listens on.
    pub(crate) async fn absent() -> u16 {
        TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
    }

    pub(crate) fn behave(&self, manners: Manners) {
        *self.manners.lock().unwrap() = manners;
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    pub(crate) fn commands(&self) -> Vec<String> {
        self.seen.lock().unwrap().commands.clone()
    }

    pub(crate) fn messages(&self) -> Vec<Received> {
        self.seen.lock().unwrap().messages.clone()
    }

    /// Waits until the server has taken `count` messages.
    pub(crate) async fn received(&self, count: usize) -> Vec<Received> {
        self.until(|seen| seen.messages.len() >= count).await;
        self.messages()
    }

    /// Waits until a client has begun a TLS handshake.
    pub(crate) async fn tls_hello(&self) {
        self.until(|seen| seen.tls_hellos > 0).await;
    }

    /// Waits until a command has come that starts with `start`.
    pub(crate) async fn command(&self, start: &str) {
        self.until(|seen| seen.commands.iter().any(|command| command.starts_with(start))).await;
    }

    async fn until(&self, condition: impl Fn(&Seen) -> bool) {
        loop {
            let changed = self.changed.notified();
            if condition(&self.seen.lock().unwrap()) {
                return;
            }
            changed.await;
        }
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap());
        self.changed.notify_waiters();
    }

    fn manners(&self) -> Manners {
        *self.manners.lock().unwrap()
    }

    async fn serve(&self, mut stream: TcpStream) {
        if self.manners().silent {
            // Until the client gives up.
            while stream.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {}
            return;
        }
        let (read, mut write) = stream.into_split();
        let mut read = BufReader::new(read);
        let mut say = async |text: &str| write.write_all(text.as_bytes()).await;
        if say("220 sink\r\n").await.is_err() {
            return;
        }
        if read.fill_buf().await.is_ok_and(|bytes| bytes.first() == Some(&TLS_HANDSHAKE)) {
            self.note(|seen| seen.tls_hellos += 1);
            return;
        }
        let (mut to, mut line) = (String::new(), String::new());
        loop {
            line.clear();
            if read.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let command = line.trim_end().to_owned();
            self.note(|seen| seen.commands.push(command.clone()));
            let manners = self.manners();
            let answer = match command.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => {
                    let mut answer = "250-sink\r\n".to_owned();
                    if manners.starttls {
                        answer.push_str("250-STARTTLS\r\n");
                    }
                    if manners.auth {
                        answer.push_str("250-AUTH PLAIN LOGIN\r\n");
                    }
                    answer + "250 8BITMIME\r\n"
                }
                "STARTTLS" => {
                    let _ = say("220 go on\r\n").await;
                    if read.read_u8().await.ok() == Some(TLS_HANDSHAKE) {
                        self.note(|seen| seen.tls_hellos += 1);
                    }
                    return;
                }
                "AUTH" => "235 welcome\r\n".into(),
                "RCPT" => {
                    to = command.trim_start_matches("RCPT TO:").trim_matches(['<', '>']).into();
                    format!("{}\r\n", manners.recipient.unwrap_or("250 OK"))
                }
                "DATA" => {
                    let _ = say("354 go on\r\n").await;
                    let mut raw = String::new();
                    while read.read_line(&mut raw).await.unwrap_or(0) > 0 && !raw.ends_with("\r\n.\r\n") {}
                    let raw = raw.trim_end_matches(".\r\n").replace("\r\n", "\n");
                    let received = Received { to: to.clone(), raw };
                    let _ = say("250 taken\r\n").await;
                    self.note(|seen| seen.messages.push(received));
                    if manners.hangs_up {
                        return;
                    }
                    continue;
                }
                "QUIT" => {
                    let _ = say("221 bye\r\n").await;
                    return;
                }
                _ => "250 OK\r\n".into(),
            };
            if say(&answer).await.is_err() {
                return;
            }
        }
    }
}
