//! `GET /.well-known/jwks.json` (spec chapter 04 section 5.3), and what it means to publish a key.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use sealflow::{keys::PrivateJwk, storage::jwks};
use serde_json::{Value, json};

use crate::support::Server;

/// Covers API-111, API-112.
#[tokio::test]
async fn publishes_the_public_members_of_the_keys() {
    let server = Server::start("").await;
    let answer = server.ask("GET", "/.well-known/jwks.json").await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("max-age=600")));
    let body = answer.json();
    let keys = body["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    let members: BTreeSet<&str> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["alg", "e", "kid", "kty", "n", "use"]));
    assert_eq!((&keys[0]["alg"], &keys[0]["kty"], &keys[0]["use"]), (&"RS256".into(), &"RSA".into(), &"sig".into()));
}

/// The ids of the published keys, as soon as there are `count`: they are read again in the background.
async fn published(server: &Server, count: usize) -> Vec<Value> {
    loop {
        let body = server.ask("GET", "/.well-known/jwks.json").await.json();
        let keys = body["keys"].as_array().unwrap();
        if keys.len() == count {
            return keys.iter().map(|key| key["kid"].clone()).collect();
        }
        tokio::task::yield_now().await;
    }
}

fn kid(token: &str) -> Value {
    use base64::Engine;
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].clone()
}

/// Covers API-091, API-114.
#[tokio::test]
async fn signs_with_the_newest_key_and_accepts_the_older_one() {
    let (server, clock) = Server::start_with_clock("").await;
    let user = server.user("ada@example.org").await;
    let older = server.session(user).await;

    clock.advance(TimeDelta::minutes(1));
    let tenant = server.tenant();
    let sealed = tenant.secrets.seal(PrivateJwk::generate("newer").unwrap().to_json().unwrap().as_bytes()).unwrap();
    let mut unit = tenant.unit();
    // The clock of the test is behind the one that the first key was made by.
    jwks::insert(&mut unit, sealed.into(), "2100-01-01T00:00:00Z".parse().unwrap()).await.unwrap();
    unit.commit().await.unwrap();

    let kids = published(&server, 2).await;
    assert_eq!(kids, [kid(&older.token), json!("newer")]);
    let newer = server.session(user).await;
    assert_eq!(kid(&newer.token), "newer");
    for session in [&older, &newer] {
        assert_eq!(server.ask_as(session, "GET", "/me").await.status, 200);
    }
}

/// Covers API-113.
#[tokio::test]
async fn publishes_an_empty_set_without_keys() {
    let (server, clock) = Server::start_with_clock("").await;
    let mut unit = server.tenant().unit();
    unit.write().await.unwrap().execute_unprepared("DELETE FROM jwks").await.unwrap();
    unit.commit().await.unwrap();
    clock.advance(TimeDelta::minutes(1));
    published(&server, 0).await;
    assert_eq!(server.ask("GET", "/.well-known/jwks.json").await.text, "{\"keys\":[]}\n");
}
