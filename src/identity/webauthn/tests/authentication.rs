//! Authentications.

use serde_json::json;

use super::*;

/// Runs a discoverable authentication whose answer is changed on the way.
fn authenticate_changed(change: impl FnOnce(&mut Value)) -> Result<VerifiedAssertion, WebauthnError> {
    let mut bench = Bench::new();
    let credential = bench.registered(PASSKEY);
    let (options, ceremony) = bench.start_discoverable(UserVerification::Preferred);
    let mut response = bench.authenticator.get(&options);
    change(&mut response);
    bench.finish_authentication(&ceremony, &response, &credential)
}

/// Covers LR-097, CLIENT-161, CLIENT-163.
#[test]
fn accepts_what_browsers_send() {
    let unchanged = |_: &mut Value| ();
    let as_text = |response: &mut Value| *response = response.to_string().into();
    let null_attachment = |response: &mut Value| response["authenticatorAttachment"] = Value::Null;
    let bare = |response: &mut Value| {
        for member in ["authenticatorAttachment", "clientExtensionResults", "rawId"] {
            response.as_object_mut().unwrap().remove(member);
        }
    };
    let odd_extensions = |response: &mut Value| response["clientExtensionResults"] = json!({ "appid": "?" });
    let changes: [fn(&mut Value); 5] = [unchanged, as_text, null_attachment, bare, odd_extensions];
    for (index, change) in changes.into_iter().enumerate() {
        assert_eq!(
            authenticate_changed(change),
            Ok(VerifiedAssertion { sign_count: 0, backup_eligible: true, backup_state: true, user_verified: true }),
            "change {index}"
        );
    }
}

#[test]
fn names_the_credential_before_anything_is_verified() {
    let mut bench = Bench::new();
    let credential = bench.registered(PASSKEY);
    let (options, _) = bench.start_discoverable(UserVerification::Preferred);
    let response = AssertionResponse::parse(&bench.authenticator.get(&options)).unwrap();
    assert_eq!(*response.credential_id(), credential.id);
    let garbage = AssertionResponse::parse(&bench.authenticator.garbage(&options)).unwrap();
    assert_eq!(*garbage.credential_id(), CredentialId::new(&[b'x'; 32]));
}

/// Covers LR-092.
#[test]
fn a_discoverable_assertion_has_to_name_the_owner() {
    let missing = authenticate_changed(|response| {
        response["response"].as_object_mut().unwrap().remove("userHandle");
    });
    assert_eq!(missing, Err(WebauthnError::UserHandleMissing));
    for empty in [Value::Null, "".into()] {
        let missing = authenticate_changed(|response| response["response"]["userHandle"] = empty);
        assert_eq!(missing, Err(WebauthnError::UserHandleMissing));
    }
    let other = UserHandle::of_user(Uuid::from_u128(0xB0B));
    let refused = authenticate_changed(|response| response["response"]["userHandle"] = json!(other));
    assert_eq!(refused, Err(WebauthnError::UserHandle));
}

/// Covers CLIENT-162.
#[test]
fn a_security_key_need_not_name_its_owner() {
    let mut bench = Bench::new();
    let credential = bench.registered(SECURITY_KEY);
    let (options, ceremony) = bench.start_for(bench.user_id, &[&credential]);
    let response = bench.authenticator.get(&options);
    assert_eq!(response["response"]["userHandle"], Value::Null);
    assert!(bench.finish_authentication(&ceremony, &response, &credential).is_ok());
}

#[test]
fn an_allowed_credential_must_not_name_somebody_else() {
    let mut bench = Bench::new();
    let credential = bench.registered(PASSKEY);
    let (options, ceremony) = bench.start_for(bench.user_id, &[&credential]);
    let mut response = bench.authenticator.get(&options);
    assert!(bench.finish_authentication(&ceremony, &response, &credential).is_ok());
    response["response"]["userHandle"] = json!(UserHandle::custom("mallory"));
    assert_eq!(bench.finish_authentication(&ceremony, &response, &credential), Err(WebauthnError::UserHandle));
}

/// Covers LR-087.
#[test]
fn refuses_a_credential_outside_the_allow_list() {
    let mut bench = Bench::new();
    let allowed = bench.registered(PASSKEY);
    let other = bench.registered(PASSKEY);
    let (options, ceremony) = bench.start_for(bench.user_id, &[&allowed]);
    let response = bench.authenticator.get_unasked(&options);
    assert_eq!(bench.finish_authentication(&ceremony, &response, &other), Err(WebauthnError::NotAllowed));
}

/// Covers LR-310.
#[test]
fn refuses_a_credential_of_another_user() {
    let mut bench = Bench::new();
    let credential = bench.registered(PASSKEY);
    let (options, ceremony) = bench.start_for(Uuid::from_u128(0xB0B), &[&credential]);
    let response = bench.authenticator.get(&options);
    assert_eq!(bench.finish_authentication(&ceremony, &response, &credential), Err(WebauthnError::OtherUser));
}

#[test]
fn refuses_an_answer_in_the_name_of_another_credential() {
    let mut bench = Bench::new();
    let looked_up = bench.registered(PASSKEY);
    bench.registered(PASSKEY);
    assert_eq!(bench.authenticate(&looked_up), Err(WebauthnError::OtherCredential));
}

/// Covers LR-102, LR-103, ENC-9.
#[test]
fn accepts_credentials_with_an_imported_user_handle() {
    let mut bench = Bench::new();
    let (mut options, ceremony) = bench.start_registration(PASSKEY);
    options["publicKey"]["user"]["id"] = json!(UserHandle::custom("alice-of-old"));
    let response = bench.authenticator.create(&options);
    let imported = bench.finish_registration(&ceremony, &response).unwrap();
    let mut credential = StoredCredential {
        id: imported.id,
        user_id: bench.user_id,
        user_handle: UserHandle::custom("alice-of-old"),
        public_key: imported.public_key,
        sign_count: 0,
    };
    assert!(bench.authenticate(&credential).is_ok());

    let (options, ceremony) = bench.start_for(bench.user_id, &[&credential]);
    let response = bench.authenticator.get(&options);
    assert!(bench.finish_authentication(&ceremony, &response, &credential).is_ok());

    credential.user_handle = UserHandle::of_user(bench.user_id);
    assert_eq!(bench.authenticate(&credential), Err(WebauthnError::UserHandle));
}

/// Covers LR-090, CLIENT-167.
#[test]
fn refuses_another_challenge_origin_relying_party_or_signature() {
    let challenge = authenticate_changed(|response| {
        change_client_data(response, |client_data| client_data["challenge"] = base64url::encode([0; 32]).into());
    });
    assert_eq!(challenge, Err(WebauthnError::Challenge));
    let ceremony = authenticate_changed(|response| {
        change_client_data(response, |client_data| client_data["type"] = "webauthn.create".into());
    });
    assert_eq!(ceremony, Err(WebauthnError::OtherCeremony("webauthn.get")));
    let framed = authenticate_changed(|response| {
        change_client_data(response, |client_data| client_data["crossOrigin"] = true.into());
    });
    assert_eq!(framed, Err(WebauthnError::CrossOrigin));

    let mut bench = Bench::new();
    let credential = bench.registered(PASSKEY);
    bench.authenticator.origin = OTHER_ORIGIN.to_owned();
    assert_eq!(bench.authenticate(&credential), Err(WebauthnError::Origin(OTHER_ORIGIN.to_owned())));
    bench.authenticator.origin = ORIGIN.to_owned();
    bench.authenticator.wrong_key = true;
    assert_eq!(bench.authenticate(&credential), Err(WebauthnError::Signature));
    bench.authenticator.wrong_key = false;

    let (mut options, ceremony) = bench.start_discoverable(UserVerification::Preferred);
    options["publicKey"]["rpId"] = "example.org".into();
    let response = bench.authenticator.get(&options);
    assert_eq!(bench.finish_authentication(&ceremony, &response, &credential), Err(WebauthnError::RelyingPartyId));
}

#[test]
fn refuses_the_answer_to_another_ceremony() {
    let mut bench = Bench::new();
    let credential = bench.registered(PASSKEY);
    let (options, _) = bench.start_discoverable(UserVerification::Preferred);
    let (_, later) = bench.start_discoverable(UserVerification::Preferred);
    let response = bench.authenticator.get(&options);
    assert_eq!(bench.finish_authentication(&later, &response, &credential), Err(WebauthnError::Challenge));
}

#[test]
fn refuses_garbage() {
    let mut bench = Bench::new();
    let credential = bench.registered(PASSKEY);
    let (options, ceremony) = bench.start_discoverable(UserVerification::Preferred);
    let response = bench.authenticator.garbage(&options);
    assert_eq!(bench.finish_authentication(&ceremony, &response, &credential), Err(WebauthnError::OtherCredential));
    // Even if somebody had a credential of that id.
    let unlucky = StoredCredential {
        id: CredentialId::new(&[b'x'; 32]),
        user_handle: UserHandle::custom(&"y".repeat(16)),
        ..credential
    };
    assert_eq!(bench.finish_authentication(&ceremony, &response, &unlucky), Err(WebauthnError::Signature));
}

/// Covers LR-091.
#[test]
fn demands_user_verification_iff_it_is_required() {
    let mut bench = Bench::new();
    let credential = bench.registered(PASSKEY);
    bench.authenticator.user_verified = false;
    for (user_verification, accepted) in [
        (UserVerification::Required, false),
        (UserVerification::Preferred, true),
        (UserVerification::Discouraged, true),
    ] {
        let (options, ceremony) = bench.start_discoverable(user_verification);
        let result = bench.finish_authentication(&ceremony, &bench.authenticator.get(&options), &credential);
        let expected = if accepted { Ok(false) } else { Err(WebauthnError::UserNotVerified) };
        assert_eq!(result.map(|assertion| assertion.user_verified), expected, "{user_verification:?}");
    }
}

/// Covers LR-093, LR-094, ENC-12, CLIENT-168.
#[test]
fn refuses_a_counter_that_does_not_go_up() {
    let mut bench = Bench::new();
    let mut credential = bench.registered(PASSKEY);
    for (stored, received, accepted) in
        [(0, 0, true), (0, 9, true), (5, 6, true), (5, 5, false), (5, 4, false), (5, 0, true), (u32::MAX, 1, false)]
    {
        credential.sign_count = stored;
        bench.authenticator.sign_count = received;
        let expected = if accepted { Ok(received) } else { Err(WebauthnError::Counter { stored, received }) };
        let result = bench.authenticate(&credential).map(|assertion| assertion.sign_count);
        assert_eq!(result, expected, "{stored} -> {received}");
    }
}

/// The flags of a credential may be stored wrong (earlier releases stored none), and may change.
#[test]
fn reports_the_backup_flags_whatever_they_were() {
    let mut bench = Bench::new();
    let credential = bench.registered(PASSKEY);
    for (backup_eligible, backup_state) in [(true, true), (true, false), (false, false)] {
        bench.authenticator.backup_eligible = backup_eligible;
        bench.authenticator.backup_state = backup_state;
        let assertion = bench.authenticate(&credential).unwrap();
        assert_eq!((assertion.backup_eligible, assertion.backup_state), (backup_eligible, backup_state));
    }
    bench.authenticator.backup_state = true;
    assert_eq!(bench.authenticate(&credential), Err(WebauthnError::BackupFlags));
}

/// Covers LR-099.
#[test]
fn refuses_an_answer_that_comes_too_late() {
    let mut bench = Bench::new();
    let credential = bench.registered(PASSKEY);
    let discoverable = bench.start_discoverable(UserVerification::Preferred);
    let allow_listed = bench.start_for(bench.user_id, &[&credential]);
    for ((options, ceremony), milliseconds) in [(discoverable, 400_000), (allow_listed, 120_000)] {
        bench.now = DateTime::UNIX_EPOCH;
        let response = bench.authenticator.get(&options);
        bench.wait(milliseconds);
        assert!(bench.finish_authentication(&ceremony, &response, &credential).is_ok());
        bench.wait(1);
        assert_eq!(bench.finish_authentication(&ceremony, &response, &credential), Err(WebauthnError::Expired));
    }
}

#[test]
fn refuses_a_stored_key_that_is_none() {
    let mut bench = Bench::new();
    let mut credential = bench.registered(PASSKEY);
    credential.public_key = "?".to_owned();
    assert!(matches!(bench.authenticate(&credential), Err(WebauthnError::UnreadableCredential(_))));
    credential.public_key = "AAAA".to_owned();
    assert!(matches!(bench.authenticate(&credential), Err(WebauthnError::PublicKey(_))));
}

#[test]
fn refuses_an_attestation_in_place_of_an_assertion() {
    let mut bench = Bench::new();
    let (options, _) = bench.start_registration(PASSKEY);
    let response = bench.authenticator.create(&options);
    assert!(matches!(AssertionResponse::parse(&response), Err(WebauthnError::Unreadable(_))));
}
