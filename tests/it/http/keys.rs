//! `GET /.well-known/jwks.json` (spec chapter 04 section 5.3).

use std::collections::BTreeSet;

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
