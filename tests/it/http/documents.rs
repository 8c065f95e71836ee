//! What explains the API: the OpenAPI document, and the page that renders it.

use serde_json::Value;

use crate::support::Server;

#[tokio::test]
async fn describes_the_public_api() {
    let server = Server::start("").await;
    let answer = server.ask("GET", "/openapi.json").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let document = answer.json();
    for path in ["/me", "/logout", "/sessions/validate", "/.well-known/jwks.json", "/health/alive", "/health/ready"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    let schemas = &document["components"]["schemas"];
    for reference in references(&document) {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(schemas[name].is_object(), "{reference} leads nowhere");
    }
    let security = &document["paths"]["/me"]["get"]["security"];
    assert_eq!(security.as_array().unwrap().len(), 2);
    // Of the flows, those that require a session say so.
    assert_eq!(&document["paths"]["/profile"]["post"]["security"], security);
    assert_eq!(document["paths"]["/login"]["post"].get("security"), None);
}

fn references(document: &Value) -> Vec<&str> {
    match document {
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| match value.as_str() {
                Some(reference) if key == "$ref" => vec![reference],
                _ => references(value),
            })
            .collect(),
        Value::Array(elements) => elements.iter().flat_map(references).collect(),
        _ => vec![],
    }
}

#[tokio::test]
async fn renders_the_document_without_help_from_elsewhere() {
    let server = Server::start("").await;
    let answer = server.ask("GET", "/docs").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=UTF-8")));
    for elsewhere in ["https://", "//cdn", "<script src", "<link rel=\"stylesheet\"", "@import"] {
        assert!(!answer.text.contains(elsewhere), "{elsewhere}");
    }
}

#[tokio::test]
async fn keeps_mails_for_developers_only_in_development_mode() {
    let server = Server::start("").await;
    assert_eq!(server.ask("GET", "/.sealflow/mails").await.status, 404);
    let server = Server::start("development: true\nemail_delivery: { enabled: true, smtp: { host: '' } }").await;
    let answer = server.ask("GET", "/.sealflow/mails").await;
    assert_eq!(answer.outcome(), (200, serde_json::json!({ "mails": [] })));
}
