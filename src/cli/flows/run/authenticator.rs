//! A passkey authenticator with the browser in front of it, for walks in a terminal: answers the options of the server as
//! `navigator.credentials` does (WebAuthn Level 3 sections 5.1.3 and 5.1.4), with ES256 and without attestation. Its keys
//! last as long as the walk.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::{SystemRandom, fill},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_cbor_2::Value as Cbor;
use serde_json::{Value, json};

/// Present, verified, eligible for backup and backed up, as a passkey of a phone is (section 6.1).
const FLAGS: u8 = 0x1d;
/// The data of a new credential are attached (section 6.1).
const ATTESTED: u8 = 0x40;

/// What the authenticator was asked for is not possible.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    /// It holds none of the credentials that were asked for.
    #[error("the built-in authenticator holds no passkey that is asked for here: create one first")]
    NoCredential,
    /// The key could not be made or used.
    #[error("the built-in authenticator could not make or use its key")]
    Key,
    /// The answer could not be written.
    #[error("the built-in authenticator could not write its answer: {0}")]
    Write(#[from] serde_cbor_2::Error),
}

/// The authenticator.
pub(super) struct Authenticator {
    origin: String,
    credentials: Vec<Credential>,
}

struct Credential {
    id: [u8; 32],
    user: Vec<u8>,
    key: EcdsaKeyPair,
}

impl Authenticator {
    /// An authenticator without credentials, whose browser shows a page of `origin`.
    pub(super) fn new(origin: String) -> Self {
        Self { origin, credentials: Vec::new() }
    }

    /// Answers the first member of a payload that asks for a ceremony. `None` when there is none.
    pub(super) fn answer(&mut self, payload: &Value) -> Option<Result<Value, Unanswered>> {
        let mut members = payload.as_object()?.values();
        let options = members.find_map(|member| member.get("publicKey").filter(|options| asks(options)))?;
        let creates = options.get("pubKeyCredParams").is_some();
        Some(if creates { self.create(options) } else { self.get(options) })
    }

    fn create(&mut self, options: &Value) -> Result<Value, Unanswered> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(|_| Unanswered::Key)?;
        let mut id = [0; 32];
        fill(&mut id).map_err(|_| Unanswered::Key)?;
        let attested = [&[0; 16][..], &[0, 32], &id, &cose(&key)?].concat();
        let data = authenticator_data(&options["rp"]["id"], FLAGS | ATTESTED, &attested);
        let members =
            [("fmt", Cbor::Text("none".into())), ("attStmt", Cbor::Map([].into())), ("authData", Cbor::Bytes(data))];
        let object = Cbor::Map(members.into_iter().map(|(name, value)| (Cbor::Text(name.into()), value)).collect());
        let response = json!({
            "clientDataJSON": encode(&self.client_data("webauthn.create", options)),
            "attestationObject": encode(&serde_cbor_2::to_vec(&object)?),
            "transports": ["internal"],
        });
        self.credentials.push(Credential { id, user: decode(&options["user"]["id"]), key });
        Ok(credential(&id, response))
    }

    fn get(&self, options: &Value) -> Result<Value, Unanswered> {
        let allowed = options["allowCredentials"].as_array().filter(|allowed| !allowed.is_empty());
        let asked = |known: &&Credential| {
            allowed.is_none_or(|allowed| allowed.iter().any(|credential| decode(&credential["id"]) == known.id))
        };
        let known = self.credentials.iter().rev().find(asked).ok_or(Unanswered::NoCredential)?;
        let data = authenticator_data(&options["rpId"], FLAGS, &[]);
        let client_data = self.client_data("webauthn.get", options);
        let signed = [&data[..], digest(&SHA256, &client_data).as_ref()].concat();
        let signature = known.key.sign(&SystemRandom::new(), &signed).map_err(|_| Unanswered::Key)?;
        let response = json!({
            "clientDataJSON": encode(&client_data),
            "authenticatorData": encode(&data),
            "signature": encode(signature.as_ref()),
            "userHandle": encode(&known.user),
        });
        Ok(credential(&known.id, response))
    }

    /// Section 5.8.1.
    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let data = json!({
            "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false,
        });
        data.to_string().into_bytes()
    }
}

fn asks(options: &Value) -> bool {
    options["challenge"].is_string()
}

/// Section 6.1.
fn authenticator_data(relying_party: &Value, flags: u8, attested: &[u8]) -> Vec<u8> {
    let relying_party = digest(&SHA256, relying_party.as_str().unwrap_or_default().as_bytes());
    [relying_party.as_ref(), &[flags], &[0; 4], attested].concat()
}

/// The public key as a COSE key (RFC 9053 sections 2.1 and 7.1).
fn cose(key: &EcdsaKeyPair) -> Result<Vec<u8>, Unanswered> {
    let point = key.public_key().as_ref();
    let (x, y) = point.get(1..).and_then(|point| point.split_at_checked(32)).ok_or(Unanswered::Key)?;
    let integer = |label, value| (Cbor::Integer(label), Cbor::Integer(value));
    let bytes = |label, value: &[u8]| (Cbor::Integer(label), Cbor::Bytes(value.to_vec()));
    let members = [integer(1, 2), integer(3, -7), integer(-1, 1), bytes(-2, x), bytes(-3, y)];
    Ok(serde_cbor_2::to_vec(&Cbor::Map(members.into_iter().collect()))?)
}

fn credential(id: &[u8], response: Value) -> Value {
    json!({
        "type": "public-key",
        "id": encode(id),
        "rawId": encode(id),
        "authenticatorAttachment": "platform",
        "clientExtensionResults": {},
        "response": response,
    })
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap_or_default()).unwrap_or_default()
}
