//! What the profile shows (spec chapter 03, sections 3 and 4).

use serde_json::json;

use super::ADA;
use crate::support::flow::Site;

/// Covers PROF-028, PROF-029, PROF-030, PROF-031, PROF-040, PROF-041, PROF-042, PROF-044, PROF-067.
#[tokio::test]
async fn leads_from_the_device_to_the_account() {
    let site = Site::start("").await;
    let user = site.user(ADA).await;
    let session = site.session(user).await;
    let begun = site.ask_as(&session, "POST", "/profile").await.json();
    assert_eq!((&begun["name"], &begun["payload"], &begun["links"]), (&json!("preflight"), &json!({}), &json!(null)));
    let (name, action) = begun["actions"].as_object().unwrap().iter().next().unwrap();
    assert_eq!((name.as_str(), begun["actions"].as_object().unwrap().len()), ("register_client_capabilities", 1));
    let inputs = action["inputs"].as_object().unwrap();
    assert_eq!(inputs.len(), 3);
    for (name, input) in inputs {
        assert_eq!((&input["type"], &input["hidden"]), (&json!("boolean"), &json!(true)));
        assert_eq!(input["required"] == true, name == "webauthn_available");
    }
    let href = action["href"].as_str().unwrap();
    assert!(href.starts_with("/profile?action=register_client_capabilities%40"), "{href}");
    let request = site.request("POST", href).bearer_auth(&session.token);
    let body = json!({ "csrf_token": begun["csrf_token"] });
    let shown: serde_json::Value = request.json(&body).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&shown["name"], &shown["status"], &shown["links"]),
        (&json!("profile_init"), &json!(200), &json!(null))
    );
    assert_ne!(shown["csrf_token"], begun["csrf_token"]);
    assert_eq!(shown["payload"]["user"], site.ask_as(&session, "GET", "/me").await.json());
    assert_eq!((&shown["payload"]["user"]["id"], &shown["payload"]["user"]["user_id"]), (&json!(user), &json!(user)));
}

/// Covers PROF-043: the document of the interface tells each action of each state.
#[tokio::test]
async fn nothing_is_offered_that_belongs_to_signing_in() {
    let site = Site::start("").await;
    let document = site.ask("GET", "/openapi.json").await.json();
    let mut offered = Vec::new();
    for schema in
        document["components"]["schemas"]["ProfileFlow"]["discriminator"]["mapping"].as_object().unwrap().values()
    {
        let state = document.pointer(schema.as_str().unwrap().trim_start_matches('#')).unwrap();
        let actions = state["properties"]["actions"]["properties"].as_object();
        offered.extend(actions.into_iter().flatten().map(|(action, _)| action.as_str()));
    }
    assert!(offered.contains(&"back") && offered.contains(&"continue_to_otp_secret_creation"));
    for action in ["skip", "continue_to_security_key_creation", "trust_device"] {
        assert!(!offered.contains(&action), "{action}");
    }
}
