//! Broken answers: nothing panics, and no changed byte goes unnoticed.

use proptest::{prelude::*, sample::Index};

use super::{authenticator::Attestation, *};

/// A change of some bytes.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(Index, u8),
    Truncate(Index),
    Insert(Index, u8),
    Replace(Vec<u8>),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Flip(index, bit) if !bytes.is_empty() => {
                let index = index.index(bytes.len());
                bytes[index] ^= 1 << (bit % 8);
            }
            Self::Flip(..) => {}
            Self::Truncate(index) => bytes.truncate(index.index(bytes.len() + 1)),
            Self::Insert(index, byte) => bytes.insert(index.index(bytes.len() + 1), *byte),
            Self::Replace(other) => other.clone_into(bytes),
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(index, bit)| Mutation::Flip(index, bit)),
        1 => any::<Index>().prop_map(Mutation::Truncate),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(index, byte)| Mutation::Insert(index, byte)),
        1 => any::<Vec<u8>>().prop_map(Mutation::Replace),
    ]
}

/// Any JSON, with the member names of a response among its own.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        Just(Value::from("public-key")),
        any::<Vec<u8>>().prop_map(|bytes| base64url::encode(bytes).into()),
    ];
    let name = prop_oneof![
        Just("id"),
        Just("rawId"),
        Just("type"),
        Just("response"),
        Just("clientDataJSON"),
        Just("attestationObject"),
        Just("authenticatorData"),
        Just("signature"),
        Just("userHandle"),
        Just("transports"),
    ]
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn notices_every_change_of_an_assertion(member in 0..3_usize, mutation in mutation()) {
        let mut bench = Bench::new();
        let credential = bench.registered(PASSKEY);
        let (options, ceremony) = bench.start_discoverable(UserVerification::Preferred);
        let response = bench.authenticator.get(&options);
        let mut changed = response.clone();
        let member = ["clientDataJSON", "authenticatorData", "signature"][member];
        change_bytes(&mut changed["response"][member], |bytes| mutation.apply(bytes));
        let result = bench.finish_authentication(&ceremony, &changed, &credential);
        prop_assert_eq!(result.is_ok(), changed == response);
    }

    /// CBOR lets one value be written in several ways; however it is written, the credential must be the same.
    #[test]
    fn notices_every_change_of_an_attestation(member in 0..2_usize, mutation in mutation()) {
        let mut bench = Bench::new();
        bench.authenticator.attestation = Attestation::PackedSelf;
        let (options, ceremony) = bench.start_registration(PASSKEY);
        let response = bench.authenticator.create(&options);
        let created = bench.finish_registration(&ceremony, &response);
        let mut changed = response.clone();
        let member = ["clientDataJSON", "attestationObject"][member];
        change_bytes(&mut changed["response"][member], |bytes| mutation.apply(bytes));
        match bench.finish_registration(&ceremony, &changed) {
            Ok(credential) => {
                prop_assert!(changed == response || member == "attestationObject");
                prop_assert_eq!(Some(credential), created.ok());
            }
            Err(_) => prop_assert!(changed != response),
        }
    }

    #[test]
    fn survives_every_change_of_a_certified_attestation(u2f: bool, mutation in mutation()) {
        let mut bench = Bench::new();
        bench.authenticator.attestation = if u2f { Attestation::FidoU2f } else { Attestation::Packed };
        let (options, ceremony) = bench.start_registration(PASSKEY);
        let mut response = bench.authenticator.create(&options);
        let id = response["id"].clone();
        change_bytes(&mut response["response"]["attestationObject"], |bytes| mutation.apply(bytes));
        if let Ok(credential) = bench.finish_registration(&ceremony, &response) {
            prop_assert_eq!(id, credential.id.to_string());
        }
    }

    #[test]
    fn survives_any_json(input in any_json()) {
        let bench = Bench::new();
        let (_, ceremony) = bench.start_registration(PASSKEY);
        prop_assert!(bench.finish_registration(&ceremony, &input).is_err());
        prop_assert!(bench.finish_registration(&ceremony, &input.to_string().into()).is_err());
        if let Ok(response) = AssertionResponse::parse(&input) {
            prop_assert!(!response.credential_id().as_bytes().is_empty());
        }
    }

    #[test]
    fn survives_any_stored_key(cose: Vec<u8>) {
        prop_assert!(public_key::PublicKey::from_cose(&cose).is_err());
    }
}
