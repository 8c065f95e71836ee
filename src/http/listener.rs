//! Accepting connections: HTTP/1.1 with keep-alive on one address, with limits on what a slow client can hold on to, and
//! an orderly end. Knows nothing of what is served.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::{
    Addr, Endpoint, Response,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use super::unread::Unread;

/// How long a connection may take to send the head of a request; also how long it may be idle between two requests.
/// Longer than the 60 seconds after which common load balancers close an idle connection, so that it is they who close.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// How large the head of a request may be, in bytes.
const HEAD_LIMIT: usize = 64 * 1024;
/// How long running requests get to finish when the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait before accepting again when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is not `host:port`.
    #[error("{key}: {address:?} is not HOST:PORT")]
    Malformed {
        /// The configuration key.
        key: &'static str,
        /// Its value.
        address: String,
    },
    /// Another process has it.
    #[error(
        "{key}: {address} is in use by another process; stop that process, or choose another address in the \
         configuration"
    )]
    InUse {
        /// The configuration key.
        key: &'static str,
        /// Its value.
        address: String,
    },
    /// The system does not allow it, for another reason.
    #[error("{key}: cannot listen on {address}")]
    Refused {
        /// The configuration key.
        key: &'static str,
        /// Its value.
        address: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Opens the address that is configured as `key`. An empty host stands for all interfaces, IPv6 and IPv4.
///
/// # Errors
///
/// [`ListenError`].
pub async fn listen(key: &'static str, address: &str) -> Result<TcpListener, ListenError> {
    let malformed = || ListenError::Malformed { key, address: address.to_owned() };
    let (host, port) = address.trim().rsplit_once(':').ok_or_else(malformed)?;
    let port: u16 = port.parse().map_err(|_| malformed())?;
    let bound = if host.is_empty() {
        match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await {
            // A machine without IPv6.
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await
            }
            bound => bound,
        }
    } else {
        TcpListener::bind((host.trim_matches(['[', ']']), port)).await
    };
    bound.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse { key, address: address.to_owned() },
        _ => ListenError::Refused { key, address: address.to_owned(), source },
    })
}

/// Answers connections until `stop` says so; then lets running requests finish, for at most ten seconds.
pub async fn serve(
    listener: TcpListener,
    endpoint: impl Endpoint<Output = Response> + 'static,
    mut stop: watch::Receiver<bool>,
) {
    let endpoint = Arc::new(endpoint);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(converse(stream, peer, Arc::clone(&endpoint), stop.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN_TIMEOUT, drained).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests were cut off because they did not finish in time");
    }
}

/// Answers the requests of one connection.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    endpoint: Arc<impl Endpoint<Output = Response> + 'static>,
    mut stop: watch::Receiver<bool>,
) {
    // An answer is written at once and whole; waiting for more bytes to send with it would only delay it.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection is gone already");
        return;
    }
    let peer = RemoteAddr(Addr::socket(peer));
    let service = service_fn(move |request| {
        let endpoint = Arc::clone(&endpoint);
        let peer = peer.clone();
        async move {
            let mut request = (request, LocalAddr::default(), peer, Scheme::HTTP).into();
            let unread = Unread::watch(&mut request);
            let mut answer = endpoint.get_response(request).await;
            if let Some(unread) = unread {
                unread.finish(&mut answer).await;
            }
            Ok::<hyper::Response<_>, Infallible>(answer.into())
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_LIMIT)
        // Names are case-insensitive, but people and scripts are used to `Content-Type`.
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = stopped(&mut stop) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// Ends when the server is to stop, or when nobody is left to say so.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|&stop| stop).await;
}

#[cfg(test)]
mod tests {
    use poem::{Request, endpoint::make};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::{mpsc, oneshot},
    };

    use super::*;

    async fn talk(address: SocketAddr, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn rest(mut stream: TcpStream) -> String {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Covers SRV-5.
    #[tokio::test]
    async fn says_that_an_address_is_in_use_and_where_it_is_configured() {
        let taken = listen("server.public.address", "127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let error = listen("server.public.address", &address).await.unwrap_err().to_string();
        assert!(error.starts_with("server.public.address: 127.0.0.1:"), "{error}");
        assert!(error.contains("in use by another process"), "{error}");
        let error = listen("server.admin.address", "8001").await.unwrap_err();
        assert_eq!(error.to_string(), "server.admin.address: \"8001\" is not HOST:PORT");
    }

    #[tokio::test]
    async fn listens_on_all_interfaces_without_a_host() {
        let listener = listen("server.public.address", ":0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok());
    }

    #[tokio::test]
    async fn finishes_running_requests_before_it_ends_and_takes_no_new_ones() {
        let listener = listen("server.public.address", "127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (started, mut has_started) = mpsc::channel(1);
        let (release, released) = oneshot::channel::<()>();
        let released = Arc::new(tokio::sync::Mutex::new(Some(released)));
        let slow = make(move |_: Request| {
            let (started, released) = (started.clone(), Arc::clone(&released));
            async move {
                let released = released.lock().await.take().unwrap();
                started.send(()).await.unwrap();
                released.await.unwrap();
                Ok::<_, poem::Error>(Response::from("done"))
            }
        });
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(serve(listener, slow, stopped));

        let stream = talk(address, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        has_started.recv().await.unwrap();
        stop.send(true).unwrap();
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!server.is_finished());
        release.send(()).unwrap();
        server.await.unwrap();
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("done"), "{answer}");
    }

    #[tokio::test]
    async fn keeps_a_connection_for_the_next_request() {
        let listener = listen("server.public.address", "127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_stop, stopped) = watch::channel(false);
        let echo =
            make(
                |request: Request| async move { Ok::<_, poem::Error>(Response::from(request.uri().path().to_owned())) },
            );
        tokio::spawn(serve(listener, echo, stopped));
        let one = "GET /one HTTP/1.1\r\nHost: a\r\n\r\n";
        let two = "GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let answers = rest(talk(address, &format!("{one}{two}")).await).await;
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2);
        assert!(answers.contains("/one") && answers.ends_with("/two"), "{answers}");
    }

    /// Reads as many bytes as `expected` has.
    async fn receives(stream: &mut TcpStream, expected: &str) {
        let mut answer = Vec::new();
        while !String::from_utf8_lossy(&answer).contains(expected) {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "closed after {answer:?}");
        }
    }

    /// A handler that answers without a look at the body.
    async fn deaf() -> (SocketAddr, watch::Sender<bool>) {
        let listener = listen("server.public.address", "127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let deaf = make(|_: Request| async { Ok::<_, poem::Error>(Response::from("done")) });
        tokio::spawn(serve(listener, deaf, stopped));
        (address, stop)
    }

    #[tokio::test]
    async fn keeps_a_connection_whose_body_nobody_read() {
        let (address, _stop) = deaf().await;
        let mut stream = talk(address, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n").await;
        for _ in 0..3 {
            // The body comes when the handler is long done.
            tokio::time::sleep(Duration::from_millis(50)).await;
            stream.write_all(b"{}").await.unwrap();
            receives(&mut stream, "done").await;
            stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n").await.unwrap();
        }
    }

    #[tokio::test]
    async fn says_that_it_closes_a_connection_on_which_too_much_is_left() {
        let (address, _stop) = deaf().await;
        let mut stream = talk(address, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n").await;
        stream.write_all(&[b' '; 100_000]).await.unwrap();
        receives(&mut stream, "Connection: close").await;
    }
}
