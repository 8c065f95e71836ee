//! The program while it serves.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use chrono::{DateTime, Utc};
use sealflow::{
    config,
    storage::{self, DEFAULT_TENANT, Database, entities::sessions},
};
use serde_json::Value;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::support::Program;

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn post(address: &str, path: &str, body: &str) -> Value {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// Covers API-001, API-002, API-005, CLI-5, RDY-1, SRV-17.
#[test]
fn serves_until_it_is_told_to_stop() {
    let program = Program::new("");
    for signal in ["TERM", "INT"] {
        let serving = program.serve(&["serve", "--config", "config.yaml", "all"]);
        for (server, address) in [("public", &program.public), ("admin", &program.admin)] {
            assert!(get(address, "/health/alive").starts_with("HTTP/1.1 200 OK\r\n"));
            assert_eq!(program.run(&["isready", server, "--config", "config.yaml"]).code, Some(0));
        }
        let ended = serving.end(signal);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert_eq!(program.run(&["isready", "public", "--config", "config.yaml"]).code, Some(1));
    }
}

/// Covers SRV-1, SRV-2.
#[test]
fn listens_only_where_it_serves() {
    let program = Program::new("");
    for (server, address, other) in
        [("public", &program.public, &program.admin), ("admin", &program.admin, &program.public)]
    {
        let serving = program.serve(&["serve", server, "--config", "config.yaml"]);
        assert!(get(address, "/health/ready").starts_with("HTTP/1.1 200 OK\r\n"));
        assert!(get(address, "/metrics").starts_with("HTTP/1.1 404 Not Found\r\n"));
        assert!(TcpStream::connect(other).is_err());
        assert_eq!(serving.end("TERM").code, Some(0));
    }
}

/// Covers SRV-5.
#[test]
fn ends_when_an_address_is_in_use() {
    let program = Program::new("");
    let serving = program.serve(&["serve", "admin", "--config", "config.yaml"]);
    let ended = program.run(&["serve", "all", "--config", "config.yaml"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
    let message = format!("error: server.admin.address: {} is in use by another process", program.admin);
    assert!(ended.err.contains(&message), "{}", ended.err);
    assert_eq!(serving.end("TERM").code, Some(0));
}

/// Covers API-041, API-042, API-043.
#[test]
fn logs_every_request_once_on_stdout() {
    let program = Program::new("log: { log_health_and_metrics: false }");
    let serving = program.serve(&["serve", "all", "--config", "config.yaml"]);
    for path in ["/health/alive", "/me?first=1", "/nope"] {
        get(&program.public, path);
    }
    get(&program.admin, "/unknown");
    let ended = serving.end("TERM");
    let lines: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let logged: Vec<_> =
        lines.iter().map(|line| (line["uri"].as_str().unwrap(), line["status"].as_u64().unwrap())).collect();
    assert_eq!(logged, [("/me?first=1", 401), ("/nope", 404), ("/unknown", 404)]);
    assert!(lines.iter().all(|line| line["remote_ip"] == "127.0.0.1" && line["bytes_out"].as_u64() > Some(0)));
}

async fn session(database: String, id: Uuid) -> sessions::Model {
    let config = config::Database { url: database, ..config::Database::default() };
    let unit = Database::connect(&config).await.unwrap().unit(DEFAULT_TENANT);
    storage::sessions::by_id(&unit, id).await.unwrap().unwrap()
}

/// Covers JWT-2, JWT-3, JWT-4, JWT-5, JWT-7.
#[test]
fn makes_tokens_that_the_server_accepts() {
    let program = Program::new("session: { limit: 1 }");
    let serving = program.serve(&["serve", "all", "--config", "config.yaml"]);
    let user = post(&program.admin, "/users", "{\"username\":\"ada\"}");
    let id = user["id"].as_str().unwrap();

    let ended = program.run(&["jwt", "create", id, "--config", "config.yaml"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let (token, payload) = ended.out.split_once('\n').unwrap();
    let first = token.strip_prefix("Token: ").unwrap();
    let payload: Value = serde_json::from_str(payload.strip_prefix("JWT payload: ").unwrap()).unwrap();
    assert_eq!(payload["sub"], id);
    let session_id = payload["session_id"].as_str().unwrap().parse().unwrap();
    let row = Runtime::new().unwrap().block_on(session(program.database(), session_id));
    assert_eq!((row.user_agent, row.ip_address), (None, None));
    let expiry: DateTime<Utc> = payload["exp"].as_str().unwrap().parse().unwrap();
    assert_eq!(row.expires_at.unwrap().timestamp(), expiry.timestamp());

    let ended = program.run(&["--config", "config.yaml", "jwt", "create", id, "--pretty=false"]);
    let second = ended.out.strip_prefix("Token: ").unwrap().strip_suffix('\n').unwrap();
    for token in [first, second] {
        let body = format!("{{\"session_token\":\"{token}\"}}");
        let validation = post(&program.public, "/sessions/validate", &body);
        assert_eq!((&validation["is_valid"], &validation["user_id"]), (&true.into(), &id.into()));
        if token == first {
            assert_eq!(validation["claims"]["session_id"], payload["session_id"]);
        }
    }
    assert_eq!(serving.end("TERM").code, Some(0));
}
