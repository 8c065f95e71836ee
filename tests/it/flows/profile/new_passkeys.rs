//! Creating passkeys while signed in (spec chapter 03, sections 7.18 to 7.20).

use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ADA;
use crate::support::{
    authenticator::Authenticator,
    flow::{Device, Flow, ORIGIN, Site},
};

const CREATE: &str = "webauthn_credential_create";
const VERIFY: &str = "webauthn_verify_attestation_response";

/// A profile whose browser was asked for a passkey.
async fn asked(site: &Site, user: Uuid) -> Flow<'_> {
    let mut flow = site.profile_on(&site.session(user).await, Device::Passkeys).await;
    flow.act(CREATE, json!({})).await.is("webauthn_credential_verification");
    flow
}

/// Covers PROF-034, PROF-173, PROF-178, PROF-179, PROF-180, PROF-181, PROF-182, PROF-185, PROF-188.
#[tokio::test]
async fn a_passkey_is_created_and_signs_in() {
    for known in [false, true] {
        let site = Site::start("").await;
        let user = site.user(ADA).await;
        let mut flow = asked(&site, user).await;
        assert_eq!(flow.actions(), ["back", VERIFY]);
        assert_eq!(
            flow.inputs(VERIFY)["public_key"],
            json!({ "name": "public_key", "type": "json", "required": true })
        );
        let selection = &flow.payload("creation_options")["publicKey"]["authenticatorSelection"];
        assert_eq!(selection.get("authenticatorAttachment"), None);
        let mut authenticator = Authenticator::new(ORIGIN);
        if known {
            authenticator.aaguid = *uuid::uuid!("08987058-cadc-4b81-b6e1-30de50dcbe96").as_bytes();
        }
        let credential = authenticator.create(flow.payload("creation_options"));
        let given = if known { json!(credential.to_string()) } else { credential.clone() };
        flow.act(VERIFY, json!({ "public_key": given })).await.is("profile_init");
        let shown = flow.payload("user")["passkeys"].as_array().unwrap().clone();
        assert_eq!((shown.len(), &shown[0]["id"], &shown[0]["mfa_only"]), (1, &credential["id"], &json!(false)));
        let name = known.then(|| json!("Windows Hello"));
        assert_eq!((shown[0].get("name"), &shown[0]["last_used_at"]), (name.as_ref(), &shown[0]["created_at"]));
        assert_eq!(shown[0]["backup_eligible"], json!(true));
        let audited = site.audited("passkey_created").await;
        let wanted = json!({ "passkey": credential["id"], "flow_id": flow.id });
        assert_eq!((audited.len(), &audited[0]["actor_user_id"], &audited[0]["details"]), (1, &json!(user), &wanted));
        assert_eq!(serde_json::to_value(&*site.mail_to(ADA)).unwrap()["template"], "passkey_create");
        let mut login = site.begin("login", Device::Passkeys).await;
        login.act("webauthn_generate_request_options", json!({})).await;
        login.use_passkey(&authenticator).await.is("success");
    }
}

/// Covers PROF-171, PROF-174, PROF-175, PROF-176.
#[tokio::test]
async fn the_browser_is_asked_as_the_configuration_says() {
    let username = "username: { enabled: true }";
    for (yaml, verification, attestation, timeout) in [
        ("{}", "preferred", "direct", 600_000),
        ("{ passkey: { user_verification: required, attestation_preference: none } }", "required", "none", 600_000),
        ("{ passkey: { user_verification: discouraged } }", "discouraged", "direct", 120_000),
        ("{ webauthn: { timeouts: { registration: 90000 } } }", "preferred", "direct", 90_000),
    ] {
        let site = Site::start_over(&format!("{{ {username} }}"), yaml).await;
        let user = site.user_named("ada", ADA).await;
        let flow = asked(&site, user).await;
        let options = &flow.payload("creation_options")["publicKey"];
        let selection = &options["authenticatorSelection"];
        assert_eq!((&selection["residentKey"], &selection["requireResidentKey"]), (&json!("required"), &json!(true)));
        assert_eq!(selection["userVerification"], verification);
        assert_eq!((&options["attestation"], &options["timeout"]), (&json!(attestation), &json!(timeout)));
        assert_eq!((&options["user"]["name"], &options["user"]["displayName"]), (&json!(ADA), &json!("ada")));
        let id = sealflow::identity::webauthn::UserHandle::of_user(user);
        assert_eq!(options["user"]["id"], serde_json::to_value(id).unwrap());
        assert_eq!(options.get("excludeCredentials"), None);
        for (id, second) in [("AQID", false), ("BAUG", true)] {
            site.add_credential(id, second).await;
        }
        let flow = asked(&site, user).await;
        let excluded = flow.payload("creation_options")["publicKey"]["excludeCredentials"].as_array().unwrap();
        let mut ids: Vec<&str> = excluded.iter().map(|credential| credential["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["AQID", "BAUG"]);
    }
}

/// Covers PROF-169.
#[tokio::test]
async fn a_passkey_is_not_offered_where_it_cannot_be_created() {
    for (yaml, device, credentials, offered) in [
        ("", Device::Passkeys, 0, true),
        ("", Device::Old, 0, false),
        ("passkey: { enabled: false }", Device::Passkeys, 0, false),
        ("passkey: { limit: 2 }", Device::Passkeys, 1, true),
        ("passkey: { limit: 2 }", Device::Passkeys, 2, false),
    ] {
        let site = Site::start(yaml).await;
        let session = site.session(site.user(ADA).await).await;
        for number in 0..credentials {
            site.add_credential(&format!("key{number}"), number == 0).await;
        }
        let flow = site.profile_on(&session, device).await;
        assert_eq!(flow.offers(CREATE), offered, "{yaml} {credentials}");
    }
}

/// Covers PROF-183, PROF-184, PROF-186, PROF-199.
#[tokio::test]
async fn what_is_no_new_passkey_is_not_stored() {
    let (site, clock) = Site::start_with_clock("session: { lifespan: 10h }").await;
    let user = site.user(ADA).await;
    let mut flow = asked(&site, user).await;
    let first = flow.payload("creation_options").clone();
    for (given, code) in [
        (json!({}), "value_missing_error"),
        (json!({ "public_key": null }), "value_missing_error"),
        (json!({ "public_key": "x" }), "value_invalid_error"),
        (json!({ "public_key": { "id": "x" } }), "value_invalid_error"),
    ] {
        flow.act(VERIFY, given).await.refuses("webauthn_credential_verification", VERIFY, "public_key", code);
        assert_eq!(flow.body["payload"], json!({}));
    }
    // The challenge is still good.
    let credential = Authenticator::new(ORIGIN).create(&first);
    flow.act(VERIFY, json!({ "public_key": credential })).await.is("profile_init");

    let refused = |flow: &mut Flow<'_>| {
        flow.fails("profile_init", 401, "passkey_invalid");
        assert!(flow.payload("user").is_object() && flow.payload("sessions").is_array());
    };
    for elsewhere in [true, false] {
        flow.act(CREATE, json!({})).await.is("webauthn_credential_verification");
        let origin = if elsewhere { "https://evil.example" } else { ORIGIN };
        let challenge = if elsewhere { flow.payload("creation_options").clone() } else { first.clone() };
        let credential = Authenticator::new(origin).create(&challenge);
        flow.act(VERIFY, json!({ "public_key": credential })).await;
        refused(&mut flow);
    }
    flow.act(CREATE, json!({})).await.is("webauthn_credential_verification");
    let credential = Authenticator::new(ORIGIN).create(flow.payload("creation_options"));
    clock.advance(TimeDelta::minutes(11));
    flow.act(VERIFY, json!({ "public_key": credential })).await;
    refused(&mut flow);

    flow.act(CREATE, json!({})).await;
    let old = flow.payload("creation_options").clone();
    flow.act("back", json!({})).await.is("profile_init");
    flow.act(CREATE, json!({})).await.is("webauthn_credential_verification");
    let new = flow.payload("creation_options").clone();
    assert_ne!(old["publicKey"]["challenge"], new["publicKey"]["challenge"]);
    let credential = Authenticator::new(ORIGIN).create(&new);
    flow.act(VERIFY, json!({ "public_key": credential })).await.is("profile_init");
    assert_eq!(site.count("webauthn_credentials").await, 2);
    assert_eq!(site.audited("passkey_created").await.len(), 2);
}

/// Covers PROF-187.
#[tokio::test]
async fn people_without_an_address_get_passkeys_too() {
    let site = Site::start("username: { enabled: true }").await;
    let user = site.user_named("ada", "").await;
    let mut flow = asked(&site, user).await;
    let user = &flow.payload("creation_options")["publicKey"]["user"];
    assert_eq!((&user["name"], &user["displayName"]), (&json!("ada"), &json!("ada")));
    let credential = Authenticator::new(ORIGIN).create(flow.payload("creation_options"));
    flow.act(VERIFY, json!({ "public_key": credential })).await.is("profile_init");
    assert_ne!(flow.payload("user")["passkeys"], Value::Null);
    assert!(site.mails().is_empty());
}

/// What a client claims about its credential is stored with it: no more of it than a credential can have.
#[tokio::test]
async fn only_names_of_transports_are_kept() {
    let many: Vec<String> = (0..20_000).map(|number| format!("t{number}")).collect();
    let mut first: Vec<String> = many.iter().take(16).cloned().collect();
    first.sort_unstable();
    for (given, stored) in [
        (json!(["usb", "USB", "Usb", "smart-card"]), json!(["smart-card", "usb"])),
        (json!(["usb\u{0}", "usb\u{fffd}", "", " ", "us b", "\u{fc}sb", "x".repeat(300)]), json!([])),
        (json!(many), json!(first)),
    ] {
        let site = Site::start("").await;
        let mut flow = asked(&site, site.user(ADA).await).await;
        let mut credential = Authenticator::new(ORIGIN).create(flow.payload("creation_options"));
        credential["response"]["transports"] = given.clone();
        flow.act(VERIFY, json!({ "public_key": credential })).await.is("profile_init");
        let shown = &flow.payload("user")["passkeys"][0]["transports"];
        assert_eq!(shown, &stored);
    }
}

/// Whoever registers it again.
#[tokio::test]
async fn a_credential_is_registered_once() {
    let site = Site::start("").await;
    let mut authenticator = Authenticator::new(ORIGIN);
    authenticator.id = vec![7; 16];
    let (ada, grace) = (site.user(ADA).await, site.user("grace@example.org").await);
    for (attempt, user) in [ada, ada, grace].into_iter().enumerate() {
        let mut flow = asked(&site, user).await;
        let credential = authenticator.create(flow.payload("creation_options"));
        flow.act(VERIFY, json!({ "public_key": credential })).await;
        match attempt {
            0 => flow.is("profile_init"),
            _ => flow.fails("profile_init", 401, "passkey_invalid"),
        };
    }
    assert_eq!((site.count("webauthn_credentials").await, site.audited("passkey_created").await.len()), (1, 1));
}

/// Several flows may have asked the browser before the first answer comes.
#[tokio::test]
async fn parallel_flows_create_no_more_than_the_limit_allows() {
    let site = Site::start("{ passkey: { limit: 1 }, mfa: { enabled: true, security_keys: { limit: 1 } } }").await;
    for (number, create, shown) in [(1, "security_key_create", "security_keys"), (2, CREATE, "passkeys")] {
        let user = site.user(&format!("user{number}@example.org")).await;
        let session = site.session(user).await;
        let (mut first, mut second) =
            (site.profile_on(&session, Device::Passkeys).await, site.profile_on(&session, Device::Passkeys).await);
        let mut authenticator = Authenticator::new(ORIGIN);
        for flow in [&mut first, &mut second] {
            flow.act(create, json!({})).await.is("webauthn_credential_verification");
        }
        for flow in [&mut first, &mut second] {
            let credential = authenticator.create(flow.payload("creation_options"));
            flow.act(VERIFY, json!({ "public_key": credential })).await;
        }
        first.is("profile_init");
        second.fails("webauthn_credential_verification", 403, "operation_not_permitted_error");
        second.act("back", json!({})).await.is("profile_init");
        assert_eq!(second.payload("user")[shown].as_array().unwrap().len(), 1);
        assert!(!second.offers(create));
    }
}

#[tokio::test]
async fn a_credential_that_is_larger_than_any_is_refused() {
    let site = Site::start("").await;
    let mut flow = asked(&site, site.user(ADA).await).await;
    let mut authenticator = Authenticator::new(ORIGIN);
    for surplus in [2_100, 200_000] {
        authenticator.surplus = surplus;
        let credential = authenticator.create(flow.payload("creation_options"));
        flow.act(VERIFY, json!({ "public_key": credential })).await.fails("profile_init", 401, "passkey_invalid");
        flow.act(CREATE, json!({})).await.is("webauthn_credential_verification");
    }
    (authenticator.surplus, authenticator.id) = (0, vec![7; 1024]);
    let credential = authenticator.create(flow.payload("creation_options"));
    flow.act(VERIFY, json!({ "public_key": credential })).await;
    flow.refuses("webauthn_credential_verification", VERIFY, "public_key", "value_invalid_error");
    assert_eq!(site.count("webauthn_credentials").await, 0);
}
