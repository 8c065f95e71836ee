//! Registrations.

use serde_cbor_2::Value as Cbor;
use serde_json::json;

use super::{authenticator::Attestation, *};

/// Runs a registration whose answer is changed on the way.
fn register_changed(change: impl FnOnce(&mut Value)) -> Result<NewCredential, WebauthnError> {
    let mut bench = Bench::new();
    let (options, ceremony) = bench.start_registration(PASSKEY);
    let mut response = bench.authenticator.create(&options);
    change(&mut response);
    bench.finish_registration(&ceremony, &response)
}

/// Changes the decoded attestation object of a response.
fn change_object(response: &mut Value, change: impl FnOnce(&mut std::collections::BTreeMap<Cbor, Cbor>)) {
    change_bytes(&mut response["response"]["attestationObject"], |bytes| {
        let Ok(Cbor::Map(mut object)) = serde_cbor_2::from_slice(bytes) else { panic!("no map") };
        change(&mut object);
        *bytes = serde_cbor_2::to_vec(&Cbor::Map(object)).unwrap();
    });
}

fn text(text: &str) -> Cbor {
    Cbor::Text(text.to_owned())
}

/// Covers LR-247.
#[test]
fn yields_what_is_to_be_stored() {
    let mut bench = Bench::new();
    bench.authenticator.aaguid = [0xAB; 16];
    bench.authenticator.sign_count = 7;
    bench.authenticator.backup_state = false;
    bench.authenticator.transports = vec!["internal", "", "hybrid", "internal", "carrier-pigeon"];
    let credential = bench.register(PASSKEY).unwrap();

    let cose = base64url::decode(&credential.public_key).unwrap();
    assert_eq!(cose[..6], [0xA5, 0x01, 0x02, 0x03, 0x26, 0x20], "kty EC2, alg ES256, crv …");
    assert_eq!(cose.len(), 77);
    assert_eq!(credential.id.as_bytes().len(), 32);
    assert_eq!(
        credential,
        NewCredential {
            id: credential.id.clone(),
            public_key: credential.public_key.clone(),
            attestation_type: "none".to_owned(),
            aaguid: Uuid::from_bytes([0xAB; 16]),
            sign_count: 7,
            backup_eligible: true,
            backup_state: false,
            user_verified: true,
            transports: vec!["internal".to_owned(), "hybrid".to_owned(), "carrier-pigeon".to_owned()],
        }
    );
    let kept = serde_json::to_string(&credential).unwrap();
    assert_eq!(serde_json::from_str::<NewCredential>(&kept).unwrap(), credential);
}

#[test]
fn accepts_every_offered_algorithm() {
    for algorithm in Algorithm::OFFERED {
        for attestation in [Attestation::None, Attestation::PackedSelf] {
            let mut bench = Bench::new();
            bench.authenticator.algorithm = algorithm.id();
            bench.authenticator.attestation = attestation;
            let credential = bench.registered(PASSKEY);
            assert!(bench.authenticate(&credential).is_ok(), "{algorithm:?}");
            bench.authenticator.wrong_key = true;
            assert_eq!(bench.authenticate(&credential), Err(WebauthnError::Signature), "{algorithm:?}");
        }
    }
}

/// Covers LR-246, CLIENT-166.
#[test]
fn accepts_attestations_without_knowing_their_roots() {
    for (attestation, format) in [
        (Attestation::None, "none"),
        (Attestation::PackedSelf, "packed"),
        (Attestation::Packed, "packed"),
        (Attestation::FidoU2f, "fido-u2f"),
    ] {
        let mut bench = Bench::new();
        bench.authenticator.attestation = attestation;
        assert_eq!(bench.register(PASSKEY).unwrap().attestation_type, format);
    }
}

#[test]
fn accepts_certified_keys_of_algorithms_that_the_library_does_not_know() {
    for algorithm in Algorithm::OFFERED {
        let mut bench = Bench::new();
        bench.authenticator.algorithm = algorithm.id();
        bench.authenticator.attestation = Attestation::Packed;
        assert_eq!(bench.register(PASSKEY).unwrap().attestation_type, "packed", "{algorithm:?}");
    }
}

#[test]
fn accepts_formats_that_the_library_cannot_verify_like_none() {
    for format in ["tpm", "android-safetynet"] {
        let mut bench = Bench::new();
        bench.authenticator.attestation = Attestation::Empty(format);
        assert_eq!(bench.register(PASSKEY).unwrap().attestation_type, format);
    }
}

#[test]
fn refuses_an_unregistered_format() {
    let mut bench = Bench::new();
    bench.authenticator.attestation = Attestation::Empty("homemade");
    assert_eq!(bench.register(PASSKEY), Err(WebauthnError::AttestationFormat("homemade".to_owned())));
}

#[test]
fn refuses_statements_that_do_not_hold_together() {
    for attestation in [Attestation::PackedSelf, Attestation::Packed, Attestation::FidoU2f] {
        for other_client_data in [false, true] {
            let mut bench = Bench::new();
            bench.authenticator.attestation = attestation;
            let (options, ceremony) = bench.start_registration(PASSKEY);
            let mut response = bench.authenticator.create(&options);
            if other_client_data {
                // The client data is acceptable, but not what the statement signs.
                change_client_data(&mut response, |client_data| client_data["extra"] = true.into());
            } else {
                change_object(&mut response, |object| {
                    let Some(Cbor::Map(statement)) = object.get_mut(&text("attStmt")) else { panic!("no map") };
                    statement.insert(text("sig"), Cbor::Bytes(vec![0; 70]));
                });
            }
            let refused = bench.finish_registration(&ceremony, &response);
            assert!(matches!(refused, Err(WebauthnError::Attestation(_))), "{refused:?}");
        }
    }
    for format in ["packed", "fido-u2f", "apple", "android-key"] {
        let mut bench = Bench::new();
        bench.authenticator.attestation = Attestation::Empty(format);
        assert!(matches!(bench.register(PASSKEY), Err(WebauthnError::Attestation(_))), "{format}");
    }
    let superfluous = register_changed(|response| {
        change_object(response, |object| {
            object.insert(text("attStmt"), Cbor::Map([(text("x5c"), Cbor::Array(Vec::new()))].into()));
        });
    });
    assert!(matches!(superfluous, Err(WebauthnError::Attestation(_))), "{superfluous:?}");
}

#[test]
fn refuses_a_key_of_an_algorithm_that_was_not_offered() {
    let refused = register_changed(|response| {
        change_object(response, |object| {
            let Some(Cbor::Bytes(data)) = object.get_mut(&text("authData")) else { panic!("no bytes") };
            // The 5th byte of the COSE key is the algorithm: -7, to become -14.
            let algorithm = 37 + 16 + 2 + 32 + 4;
            assert_eq!(data[algorithm], 0x26);
            data[algorithm] = 0x2D;
        });
    });
    assert_eq!(refused, Err(WebauthnError::Algorithm(-14)));
}

/// Covers CLIENT-164, CLIENT-165.
#[test]
fn accepts_what_browsers_send() {
    let unchanged = |_: &mut Value| ();
    let as_text = |response: &mut Value| *response = response.to_string().into();
    let without_transports = |response: &mut Value| response["response"]["transports"] = json!([]);
    let with_null_transports = |response: &mut Value| response["response"]["transports"] = Value::Null;
    let with_credential_properties =
        |response: &mut Value| response["clientExtensionResults"] = json!({ "credProps": { "rk": true } });
    let without_attachment = |response: &mut Value| {
        response.as_object_mut().unwrap().remove("authenticatorAttachment");
        response.as_object_mut().unwrap().remove("clientExtensionResults");
    };
    let padded = |response: &mut Value| {
        let member = &mut response["response"]["attestationObject"];
        let text = member.as_str().unwrap();
        *member = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4)).into();
    };
    let changes: [fn(&mut Value); 7] = [
        unchanged,
        as_text,
        without_transports,
        with_null_transports,
        with_credential_properties,
        without_attachment,
        padded,
    ];
    for (index, change) in changes.into_iter().enumerate() {
        assert!(register_changed(change).is_ok(), "change {index}");
    }
}

/// Covers LR-245.
#[test]
fn refuses_what_cannot_be_read() {
    let replacements = [
        Value::Null,
        json!(true),
        json!([]),
        json!({}),
        json!(""),
        json!("{"),
        json!("\"{}\""),
        json!({ "id": "AAAA", "type": "public-key", "response": {} }),
    ];
    for replacement in replacements {
        let refused = register_changed(|response| *response = replacement.clone());
        assert!(matches!(refused, Err(WebauthnError::Unreadable(_))), "{replacement}: {refused:?}");
    }
    let changes: [fn(&mut Value); 7] = [
        |response| response["type"] = "password".into(),
        |response| response["id"] = "".into(),
        |response| response["id"] = "?".into(),
        |response| response["rawId"] = "AAAA".into(),
        |response| response["response"]["clientDataJSON"] = "e30".into(),
        |response| response["response"]["attestationObject"] = "oA".into(),
        |response| response["response"]["attestationObject"] = "".into(),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let refused = register_changed(change);
        assert!(matches!(refused, Err(WebauthnError::Unreadable(_))), "change {index}: {refused:?}");
    }
}

#[test]
fn refuses_an_overlong_credential_id() {
    let refused = register_changed(|response| {
        let id = base64url::encode([1; 1024]);
        response["id"] = id.as_str().into();
        response["rawId"] = id.into();
    });
    assert_eq!(refused, Err(WebauthnError::Unreadable("the credential id is too long")));
}

#[test]
fn refuses_an_id_that_is_not_the_attested_one() {
    let refused = register_changed(|response| {
        response["id"] = "AAAA".into();
        response["rawId"] = "AAAA".into();
    });
    assert_eq!(refused, Err(WebauthnError::OtherCredential));
}

#[test]
fn refuses_another_challenge_origin_relying_party_or_ceremony() {
    let challenge = register_changed(|response| {
        change_client_data(response, |client_data| client_data["challenge"] = base64url::encode([0; 32]).into());
    });
    assert_eq!(challenge, Err(WebauthnError::Challenge));

    let origin = register_changed(|response| {
        change_client_data(response, |client_data| client_data["origin"] = OTHER_ORIGIN.into());
    });
    assert_eq!(origin, Err(WebauthnError::Origin(OTHER_ORIGIN.to_owned())));

    let framed = register_changed(|response| {
        change_client_data(response, |client_data| client_data["crossOrigin"] = true.into());
    });
    assert_eq!(framed, Err(WebauthnError::CrossOrigin));

    let ceremony = register_changed(|response| {
        change_client_data(response, |client_data| client_data["type"] = "webauthn.get".into());
    });
    assert_eq!(ceremony, Err(WebauthnError::OtherCeremony("webauthn.create")));

    let mut bench = Bench::new();
    let (mut options, ceremony) = bench.start_registration(PASSKEY);
    options["publicKey"]["rp"]["id"] = "example.org".into();
    let response = bench.authenticator.create(&options);
    assert_eq!(bench.finish_registration(&ceremony, &response), Err(WebauthnError::RelyingPartyId));
}

#[test]
fn accepts_every_configured_origin() {
    let mut bench = Bench::new();
    bench.authenticator.origin = "http://localhost:8888".to_owned();
    for attestation in [Attestation::None, Attestation::Packed] {
        bench.authenticator.attestation = attestation;
        assert!(bench.register(PASSKEY).is_ok());
    }
}

#[test]
fn demands_user_verification_iff_it_is_required() {
    let mut bench = Bench::new();
    bench.authenticator.user_verified = false;
    let demanding = RegistrationSettings { user_verification: UserVerification::Required, ..PASSKEY };
    assert_eq!(bench.register(demanding), Err(WebauthnError::UserNotVerified));
    assert!(!bench.register(PASSKEY).unwrap().user_verified);
    for attestation in [Attestation::None, Attestation::Packed, Attestation::FidoU2f] {
        bench.authenticator.attestation = attestation;
        assert!(bench.register(SECURITY_KEY).is_ok());
    }
}

#[test]
fn refuses_contradicting_flags() {
    let mut bench = Bench::new();
    bench.authenticator.backup_eligible = false;
    assert_eq!(bench.register(PASSKEY), Err(WebauthnError::BackupFlags));
    bench.authenticator.user_present = false;
    assert_eq!(bench.register(PASSKEY), Err(WebauthnError::UserNotPresent));
}

#[test]
fn refuses_an_answer_that_comes_too_late() {
    let mut bench = Bench::new();
    let (options, ceremony) = bench.start_registration(PASSKEY);
    let response = bench.authenticator.create(&options);
    bench.wait(500_000);
    assert!(bench.finish_registration(&ceremony, &response).is_ok());
    bench.wait(1);
    assert_eq!(bench.finish_registration(&ceremony, &response), Err(WebauthnError::Expired));
}

#[test]
fn refuses_the_ceremony_of_another_user() {
    let mut bench = Bench::new();
    let (options, ceremony) = bench.start_registration(PASSKEY);
    let response = bench.authenticator.create(&options);
    bench.user_id = Uuid::from_u128(0xB0B);
    assert_eq!(bench.finish_registration(&ceremony, &response), Err(WebauthnError::OtherUser));
}

#[test]
fn refuses_an_assertion_in_place_of_an_attestation() {
    let mut bench = Bench::new();
    bench.registered(PASSKEY);
    let (_, ceremony) = bench.start_registration(PASSKEY);
    let (options, _) = bench.start_discoverable(UserVerification::Preferred);
    let response = bench.authenticator.get(&options);
    assert!(matches!(bench.finish_registration(&ceremony, &response), Err(WebauthnError::Unreadable(_))));
}
