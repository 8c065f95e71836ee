//! What happens to every request (spec chapter 04 sections 2.1, 3.2, 3.5, 3.9).

use std::sync::Arc;

use poem::{Endpoint, Request, Response, Route, endpoint::make_sync, http::Method};
use sealflow::{
    console::Lines,
    http::middleware::{AccessLog, ClientIp, Gateway, Source},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Answer, Server};

/// Covers API-036, API-038.
#[tokio::test]
async fn names_every_answer_by_the_id_of_its_request() {
    let server = Server::start("").await;
    let answer = Answer::of(server.request("GET", "/me").header("x-request-id", "trace-1").send().await.unwrap()).await;
    assert_eq!(answer.header("x-request-id"), Some("trace-1"));
    for (method, path) in [("GET", "/health/alive"), ("OPTIONS", "/me"), ("HEAD", "/me"), ("GET", "/nope")] {
        let answer = server.ask(method, path).await;
        assert_eq!(answer.header("x-request-id").map(str::len), Some(32), "{method} {path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

/// A gateway of the servers' kind around one endpoint.
fn gateway(server: &Server, debug: bool, endpoint: impl Fn(Request) -> Response + Send + Sync + 'static) -> Gateway {
    let client_ip = ClientIp::new(Source::Connection, vec![]);
    let log = AccessLog::new(Lines::to(std::io::sink()).unwrap(), true);
    let routes = Route::new().at("/", make_sync(endpoint));
    Gateway::new(Arc::clone(&server.running.app), client_ip, log, routes).with_debug(debug)
}

async fn body(response: Response) -> Value {
    response.into_body().into_json().await.unwrap()
}

/// Covers API-034.
#[tokio::test]
async fn survives_a_handler_that_panics() {
    let server = Server::start("").await;
    let panics = |_| panic!("the secret is 42");
    let response = gateway(&server, false, panics).call(Request::default()).await.unwrap();
    assert_eq!(response.status().as_u16(), 500);
    assert!(response.headers().contains_key("x-request-id"));
    assert_eq!(body(response).await, json!({"code": 500, "message": "Internal Server Error"}));

    let response = gateway(&server, true, panics).call(Request::default()).await.unwrap();
    assert_eq!(body(response).await["error"], "Internal Server Error: panic: the secret is 42");
}

/// Covers API-011, API-012, API-013.
#[tokio::test]
async fn shows_causes_on_the_public_server_and_only_when_debugging() {
    let server = Server::start("debug: true").await;
    assert_eq!(server.ask("GET", "/nope").await.json()["error"], "Not Found");
    let admin = server.administer("POST", "/users", json!({})).await;
    assert_eq!((admin.status, admin.json().get("error")), (400, None));
    let server = Server::start("debug: false").await;
    assert_eq!(server.ask("GET", "/nope").await.json().get("error"), None);
}

#[tokio::test]
async fn refuses_a_large_body_before_it_is_sent() {
    let server = Server::start("").await;
    let mut stream = TcpStream::connect(server.running.public.unwrap()).await.unwrap();
    let head = "POST /sessions/validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 413");
}

#[tokio::test]
async fn refuses_a_large_body_that_comes_in_pieces() {
    let server = Server::start("").await;
    let body = format!("{{\"session_token\":\"{}\"}}", "a".repeat(1024 * 1024));
    let mut stream = TcpStream::connect(server.running.public.unwrap()).await.unwrap();
    let head = "POST /sessions/validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let writer = tokio::spawn(async move {
        for piece in body.as_bytes().chunks(64 * 1024) {
            let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
            // The server may close the connection before everything was sent.
            if write.write_all(&chunk).await.is_err() {
                break;
            }
        }
    });
    let mut start = [0; 12];
    read.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 413");
    writer.abort();
}

#[tokio::test]
async fn hands_the_method_to_the_endpoint_unless_it_is_head() {
    let server = Server::start("").await;
    let gateway = gateway(&server, false, |request| Response::from(request.method().to_string()));
    let ask = async |method: Method| {
        let response = gateway.call(Request::builder().method(method).finish()).await.unwrap();
        (response.status().as_u16(), response.into_body().into_string().await.unwrap())
    };
    assert_eq!(ask(Method::OPTIONS).await, (200, "OPTIONS".to_owned()));
    assert_eq!(ask(Method::HEAD).await, (404, String::new()));
}
