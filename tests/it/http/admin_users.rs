//! `POST /users` (spec chapter 04 section 7.2).

use serde_json::{Value, json};

use crate::support::{Answer, Server};

const ID: &str = "7b6f9f52-6c2e-4ad0-9c5e-0a2f6f6b6a10";

async fn create(server: &Server, body: Value) -> Answer {
    server.administer("POST", "/users", body).await
}

fn error(code: u16, message: &str) -> (u16, Value) {
    (code, json!({ "code": code, "message": message }))
}

/// Covers API-190, API-192, API-195, API-205, API-206, API-208.
#[tokio::test]
async fn creates_a_user_as_described() {
    let (server, _) = Server::start_with_clock("").await;
    let answer = create(
        &server,
        json!({
            "id": ID,
            "emails": [
                { "address": "Ada@Example.org", "is_primary": true, "is_verified": true },
                { "address": "lovelace@example.org" },
            ],
            "username": " Ada_1815 ",
            "created_at": "2020-01-02T05:04:05+02:00",
        }),
    )
    .await;
    let now = "2026-03-01T10:00:00.25Z";
    let body = answer.json();
    let email = |index: usize, address: &str, is_first: bool| {
        json!({
            "id": body["emails"][index]["id"], "address": address, "is_verified": is_first, "is_primary": is_first,
            "created_at": now, "updated_at": now,
        })
    };
    let mut emails = [email(0, "ada@example.org", true), email(1, "lovelace@example.org", false)];
    // Created at the same moment, they are ordered by their random ids.
    if body["emails"][0]["address"] != "ada@example.org" {
        emails = [email(0, "lovelace@example.org", false), email(1, "ada@example.org", true)];
    }
    assert_eq!(
        answer.outcome(),
        (
            200,
            json!({
                "id": ID,
                "emails": emails,
                "username": {
                    "id": body["username"]["id"], "username": "ada_1815", "created_at": now, "updated_at": now
                },
                "created_at": "2020-01-02T03:04:05Z",
                "updated_at": now,
            })
        )
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// Covers API-191, API-194.
#[tokio::test]
async fn creates_a_user_with_a_username_only() {
    let server = Server::start("").await;
    let nil = "00000000-0000-0000-0000-000000000000";
    let answer = create(&server, json!({ "id": nil, "username": "ada", "emails": null })).await;
    let body = answer.json();
    assert_eq!((answer.status, &body["username"]["username"]), (200, &json!("ada")));
    assert!(body["id"] != nil && body.get("emails").is_none());
}

/// Covers API-009, API-193, API-196, API-197, API-198, API-199, API-200, API-208.
#[tokio::test]
async fn refuses_users_that_break_a_rule() {
    let server = Server::start("").await;
    let primary = |address: &str| json!({ "address": address, "is_primary": true });
    let nothing = "at least one of [Emails, Username] must be set";
    for (body, message) in [
        (json!({}), nothing),
        (json!({ "emails": [] }), nothing),
        (json!({ "emails": null, "username": "" }), nothing),
        (json!({ "emails": [{ "address": "x" }] }), "address must be a valid email address"),
        (json!({ "emails": [{}] }), "address is a required field"),
        (json!({ "emails": [{ "address": "a@b.example" }] }), "at least one primary email must be provided"),
        (json!({ "emails": [primary("a@b.example"), primary("b@b.example")] }), "only one primary email is allowed"),
        (json!({ "emails": [primary("a@b.example"), { "address": "a@b.example" }] }), "emails entries are not unique"),
        (json!({ "emails": [primary("a@b.example")], "id": "x" }), "uuid: incorrect UUID length 1 in string \"x\""),
        (json!({ "username": "ada lovelace" }), "username is invalid"),
    ] {
        assert_eq!(create(&server, body.clone()).await.outcome(), error(400, message), "{body}");
    }
    assert_eq!(create(&server, json!({ "emails": "x" })).await.status, 400);
    assert_eq!(create(&server, json!([])).await.status, 400);
}

/// Covers API-014, API-015, API-016, API-017.
#[tokio::test]
async fn reads_json_only() {
    let server = Server::start("").await;
    let send = async |content_type: &str, body: &'static str| {
        let request = server.admin_request("POST", "/users").header("content-type", content_type).body(body);
        Answer::of(request.send().await.unwrap()).await.outcome()
    };
    let body = "{\"username\":\"ada\"}";
    for content_type in ["text/plain", "application/vnd.api+json"] {
        assert_eq!(send(content_type, body).await, error(415, "Unsupported Media Type"));
    }
    let empty = error(400, "at least one of [Emails, Username] must be set");
    assert_eq!(send("text/plain", "").await, empty);
    assert_eq!(send("application/json; charset=utf-8", body).await.0, 200);
}

/// Covers API-201, API-202, API-203, API-204, API-209.
#[tokio::test]
async fn creates_nothing_when_something_is_taken() {
    let server = Server::start("").await;
    let first =
        json!({ "id": ID, "emails": [{ "address": "ada@example.org", "is_primary": true }], "username": "ada" });
    assert_eq!(create(&server, first).await.status, 200);

    let other = "0d5b1f4a-2a7c-4d4e-8c1f-9a3f0f6e2b77";
    let emails = |address: &str| json!([{ "address": address, "is_primary": true }]);
    let taken = format!("failed to create user with id '{ID}': user already exists");
    let answer = create(&server, json!({ "id": ID, "username": "other" })).await;
    assert_eq!(answer.outcome(), error(409, &taken));
    let taken = format!("failed to create email 'ada@example.org' for user '{other}': email already exists");
    let answer = create(&server, json!({ "id": other, "emails": emails("Ada@example.org") })).await;
    assert_eq!(answer.outcome(), error(409, &taken));
    let taken = format!("failed to create username 'ada' for user '{other}': username already exists");
    let body = json!({ "id": other, "emails": emails("new@example.org"), "username": "ADA" });
    assert_eq!(create(&server, body).await.outcome(), error(409, &taken));

    // Neither the id nor the address of the failed attempts is in use.
    let body = json!({ "id": other, "emails": emails("new@example.org"), "username": "other" });
    assert_eq!(create(&server, body).await.status, 200);
}
