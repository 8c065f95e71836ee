//! What the browser is sent.

use std::collections::HashSet;

use schemars::generate::SchemaSettings;
use serde_json::json;

use super::*;

/// Replaces the challenge, which differs each time, and returns it.
fn take_challenge(options: &mut Value) -> String {
    let challenge = options["publicKey"]["challenge"].take();
    options["publicKey"]["challenge"] = "CHALLENGE".into();
    challenge.as_str().unwrap().to_owned()
}

fn algorithms() -> Value {
    [-7, -35, -36, -257, -258, -259, -37, -38, -39, -8].map(|alg| json!({ "type": "public-key", "alg": alg })).into()
}

/// Covers LR-238, LR-240, CLIENT-158.
#[test]
fn asks_for_a_passkey() {
    let bench = Bench::new();
    let (mut options, ceremony) = bench.start_registration(PASSKEY);
    assert_eq!(take_challenge(&mut options), ceremony.challenge.to_string());
    let expected = json!({ "publicKey": {
        "rp": { "name": "Example", "id": "example.com" },
        "user": { "name": "alice@example.com", "displayName": "alice", "id": "AAAAAAAAAAAAAAAAAAoRzg" },
        "challenge": "CHALLENGE",
        "pubKeyCredParams": algorithms(),
        "timeout": 500_000,
        "authenticatorSelection": {
            "requireResidentKey": true, "residentKey": "required", "userVerification": "preferred",
        },
        "attestation": "direct",
    }});
    assert_eq!(serde_json::to_string(&options).unwrap(), serde_json::to_string(&expected).unwrap());
}

/// Covers LR-395.
#[test]
fn asks_for_a_security_key() {
    let bench = Bench::new();
    let settings = RegistrationSettings { attestation: AttestationPreference::None, ..SECURITY_KEY };
    let (mut options, _) = bench.start_registration(settings);
    take_challenge(&mut options);
    let expected = json!({ "publicKey": {
        "rp": { "name": "Example", "id": "example.com" },
        "user": { "name": "alice@example.com", "displayName": "alice", "id": "AAAAAAAAAAAAAAAAAAoRzg" },
        "challenge": "CHALLENGE",
        "pubKeyCredParams": algorithms(),
        "timeout": 120_000,
        "authenticatorSelection": {
            "authenticatorAttachment": "cross-platform",
            "requireResidentKey": false, "residentKey": "discouraged", "userVerification": "discouraged",
        },
        "attestation": "none",
    }});
    assert_eq!(serde_json::to_string(&options).unwrap(), serde_json::to_string(&expected).unwrap());
}

#[test]
fn names_the_attachment_of_a_security_key_only_where_one_is_wanted() {
    let bench = Bench::new();
    let attachment = |attachment| {
        let kind = RegistrationKind::SecurityKey { attachment };
        let (options, _) = bench.start_registration(RegistrationSettings { kind, ..SECURITY_KEY });
        options["publicKey"]["authenticatorSelection"].get("authenticatorAttachment").cloned()
    };
    assert_eq!(attachment(AuthenticatorAttachment::Platform), Some("platform".into()));
    assert_eq!(attachment(AuthenticatorAttachment::CrossPlatform), Some("cross-platform".into()));
    assert_eq!(attachment(AuthenticatorAttachment::NoPreference), None);
}

#[test]
fn names_the_user_by_what_there_is() {
    let names = |email, username| {
        let user = Registrant::new(Uuid::nil(), email, username);
        (user.name, user.display_name)
    };
    let pair = |name: &str, display_name: &str| (name.to_owned(), display_name.to_owned());
    assert_eq!(names(Some("a@example.com"), Some("alice")), pair("a@example.com", "alice"));
    assert_eq!(names(Some("a@example.com"), None), pair("a@example.com", "a@example.com"));
    assert_eq!(names(Some("a@example.com"), Some("")), pair("a@example.com", "a@example.com"));
    assert_eq!(names(None, Some("alice")), pair("alice", "alice"));
    assert_eq!(names(None, None), pair("", ""));
}

/// Covers CLIENT-159.
#[test]
fn lists_excluded_credentials_with_their_transports_and_leaves_out_what_is_empty() {
    let bench = Bench::new();
    let exclude = vec![
        CredentialDescriptor::new(CredentialId::new(b"one"), vec!["usb".to_owned(), "nfc".to_owned()]),
        CredentialDescriptor::new(CredentialId::new(b"two"), Vec::new()),
    ];
    let user = Registrant::new(bench.user_id, None, Some("alice"));
    let (options, _) = bench.relying_party.start_registration(PASSKEY, user, exclude, bench.now, &bench.random);
    assert_eq!(
        serde_json::to_value(options).unwrap()["publicKey"]["excludeCredentials"],
        json!([
            { "type": "public-key", "id": "b25l", "transports": ["usb", "nfc"] },
            { "type": "public-key", "id": "dHdv" },
        ])
    );
}

/// Covers LR-391, CLIENT-157, CLIENT-160.
#[test]
fn asks_for_any_discoverable_credential() {
    let bench = Bench::new();
    let (mut options, ceremony) = bench.start_discoverable(UserVerification::Required);
    assert_eq!(take_challenge(&mut options), ceremony.challenge.to_string());
    let expected = json!({ "publicKey": {
        "challenge": "CHALLENGE", "timeout": 400_000, "rpId": "example.com", "userVerification": "required",
    }});
    assert_eq!(serde_json::to_string(&options).unwrap(), serde_json::to_string(&expected).unwrap());
}

/// Covers LR-391.
#[test]
fn asks_for_one_of_some_credentials() {
    let mut bench = Bench::new();
    let credential = bench.registered(SECURITY_KEY);
    let (mut options, _) = bench.start_for(bench.user_id, &[&credential]);
    take_challenge(&mut options);
    let expected = json!({ "publicKey": {
        "challenge": "CHALLENGE",
        "timeout": 120_000,
        "rpId": "example.com",
        "allowCredentials": [{ "type": "public-key", "id": credential.id, "transports": ["usb"] }],
        "userVerification": "discouraged",
    }});
    assert_eq!(serde_json::to_string(&options).unwrap(), serde_json::to_string(&expected).unwrap());
}

#[test]
fn asks_nobody_for_none_of_no_credentials() {
    let bench = Bench::new();
    let started =
        bench.relying_party.start_for(bench.user_id, Vec::new(), UserVerification::Preferred, bench.now, &bench.random);
    assert_eq!(started.map(|_| ()), Err(WebauthnError::NoCredentials));
}

/// Covers LR-390.
#[test]
fn draws_a_new_challenge_of_32_bytes_each_time() {
    let bench = Bench::new();
    let challenges: HashSet<Vec<u8>> = (0..100)
        .map(|_| bench.start_discoverable(UserVerification::Preferred).1.challenge.as_bytes().to_vec())
        .chain((0..100).map(|_| bench.start_registration(PASSKEY).1.challenge.as_bytes().to_vec()))
        .collect();
    assert_eq!(challenges.len(), 200);
    assert!(challenges.iter().all(|challenge| challenge.len() == 32));
}

#[test]
fn options_follow_their_published_schemas() {
    let mut bench = Bench::new();
    let credential = bench.registered(PASSKEY);
    let generator = || SchemaSettings::draft2020_12().for_serialize().into_generator();
    let creation = generator().into_root_schema_for::<CreationOptions>().to_value();
    let request = generator().into_root_schema_for::<RequestOptions>().to_value();

    for settings in [PASSKEY, SECURITY_KEY] {
        jsonschema::validate(&creation, &bench.start_registration(settings).0).unwrap();
    }
    for options in
        [bench.start_discoverable(UserVerification::Preferred).0, bench.start_for(bench.user_id, &[&credential]).0]
    {
        jsonschema::validate(&request, &options).unwrap();
        assert!(!jsonschema::is_valid(&creation, &options));
    }
}
