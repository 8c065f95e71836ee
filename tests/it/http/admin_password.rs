//! `POST /users/{user_id}/password` (spec chapter 04 section 7.14).

use sealflow::{
    identity::passwords::Verdict,
    storage::{DEFAULT_TENANT, password_credentials},
};
use serde_json::{Value, json};

use crate::support::{Answer, Server};

async fn set(server: &Server, user: &str, body: Value) -> Answer {
    server.administer("POST", &format!("/users/{user}/password"), body).await
}

fn error(code: u16, message: &str) -> (u16, Value) {
    (code, json!({ "code": code, "message": message }))
}

/// Covers API-213, API-287, API-289.
#[tokio::test]
async fn gives_a_user_a_password_once() {
    let (server, _) = Server::start_with_clock("password: { min_length: 8 }").await;
    let user = server.user("ada@example.org").await;
    let answer = set(&server, &user.to_string(), json!({ "password": "short" })).await;
    let now = "2026-03-01T10:00:00.25Z";
    let id = answer.json()["id"].clone();
    let expected = json!({ "id": id, "tenant_id": DEFAULT_TENANT, "created_at": now, "updated_at": now });
    assert_eq!(answer.outcome(), (200, expected.clone()));
    let again = set(&server, &user.to_string(), json!({ "password": "other" })).await;
    assert_eq!(again.outcome(), error(409, "Conflict"));

    let row = password_credentials::of_user(&server.tenant().unit(), user).await.unwrap().unwrap();
    assert_eq!(json!(row.id.0), id);
    let verified = server.tenant().passwords.verify(&"short".to_owned().into(), row.password.expose()).await.unwrap();
    assert_eq!(verified, Verdict::Match { rehash: false });
}

/// Covers API-023, API-035, API-288, API-290.
#[tokio::test]
async fn refuses_passwords_and_ids_that_break_a_rule() {
    let server = Server::start("").await;
    let user = server.user("ada@example.org").await.to_string();
    let wrapped = |message: &str| error(400, &format!("code=400, message={message}"));
    let required = wrapped("password is a required field");
    assert_eq!(set(&server, &user, json!({})).await.outcome(), required);
    assert_eq!(set(&server, &user, json!({ "password": "" })).await.outcome(), required);
    let long = "p".repeat(73);
    let outcome = set(&server, &user, json!({ "password": long })).await.outcome();
    assert_eq!(outcome, wrapped("password must not be longer than 72 bytes"));
    assert_eq!(set(&server, &user, json!({ "password": &long[1..] })).await.status, 200);

    let invalid = wrapped("UserID must be a valid uuid");
    let body = json!({ "password": "p", "UserID": user });
    assert_eq!(set(&server, &user.to_uppercase(), body.clone()).await.outcome(), invalid);
    assert_eq!(set(&server, "x", body).await.outcome(), invalid);
    let both = wrapped("UserID must be a valid uuid and password is a required field");
    assert_eq!(set(&server, "x", json!({})).await.outcome(), both);
    assert_eq!(set(&server, "", json!({ "password": "p" })).await.outcome(), wrapped("UserID is a required field"));
}

#[tokio::test]
async fn does_not_know_every_user() {
    let server = Server::start("").await;
    let answer = set(&server, "00000000-0000-0000-0000-000000000000", json!({ "password": "p" })).await;
    assert_eq!(answer.outcome(), error(404, "Not Found"));
}

#[tokio::test]
async fn wraps_the_error_of_another_media_type() {
    let server = Server::start("").await;
    let request = server.admin_request("POST", "/users/x/password").header("content-type", "text/plain").body("p");
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.outcome(), error(400, "code=415, message=Unsupported Media Type"));
}
