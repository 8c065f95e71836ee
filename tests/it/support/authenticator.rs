//! A software authenticator with the browser in front of it: it takes the options that the server sends and gives the
//! JSON that the server gets. Nothing here knows the server's code.

use std::sync::OnceLock;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::{SystemRandom, fill},
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
        RSA_PSS_SHA512, RsaKeyPair,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_cbor_2::Value as Cbor;
use serde_json::{Value, json};

/// A virtual authenticator. Its public fields decide how the next ceremony turns out.
pub(crate) struct Authenticator {
    /// The origin of the page that runs the ceremonies.
    pub(crate) origin: String,
    /// Its model.
    pub(crate) aaguid: [u8; 16],
    /// The COSE algorithm of new credentials.
    pub(crate) algorithm: i64,
    /// How many bytes the keys of new credentials hold that no key needs.
    pub(crate) surplus: usize,
    /// The id of new credentials; while it is empty each gets one of its own.
    pub(crate) id: Vec<u8>,
    /// How new credentials are attested.
    pub(crate) attestation: Attestation,
    /// The transports that the browser reports.
    pub(crate) transports: Vec<&'static str>,
    /// Whether somebody touches it.
    pub(crate) user_present: bool,
    /// Whether it verifies the user.
    pub(crate) user_verified: bool,
    /// The flag "backup eligible".
    pub(crate) backup_eligible: bool,
    /// The flag "backup state".
    pub(crate) backup_state: bool,
    /// The counter of the next ceremony, if there is to be one.
    pub(crate) sign_count: u32,
    /// Whether assertions are signed with another key than the credential's.
    pub(crate) wrong_key: bool,
    credentials: Vec<Resident>,
}

/// How a new credential is attested (WebAuthn section 8).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attestation {
    /// Not at all.
    None,
    /// By its own key.
    PackedSelf,
    /// By a key with a certificate.
    Packed,
    /// By a key with a certificate, as U2F authenticators do it.
    FidoU2f,
    /// By the statement format of this name, with an empty statement.
    Empty(&'static str),
}

struct Resident {
    id: Vec<u8>,
    user: Vec<u8>,
    discoverable: bool,
    key: Key,
}

enum Key {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(&'static dyn aws_lc_rs::signature::RsaEncoding),
}

impl Authenticator {
    /// An authenticator whose browser shows a page of `origin`: ES256, no attestation, a synchronised passkey of an
    /// unknown model whose user is always there and verified.
    pub(crate) fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            aaguid: [0; 16],
            algorithm: -7,
            surplus: 0,
            id: Vec::new(),
            attestation: Attestation::None,
            transports: vec!["internal"],
            user_present: true,
            user_verified: true,
            backup_eligible: true,
            backup_state: true,
            sign_count: 0,
            wrong_key: false,
            credentials: Vec::new(),
        }
    }

    /// `navigator.credentials.create`: makes a credential for `creation_options`.
    pub(crate) fn create(&mut self, options: &Value) -> Value {
        let options = &options["publicKey"];
        let key = Key::generate(self.algorithm);
        let mut id = self.id.clone();
        if id.is_empty() {
            id = vec![0; 32];
            fill(&mut id).unwrap();
        }
        let id_length = u16::try_from(id.len()).unwrap().to_be_bytes();
        let cose = key.cose(self.algorithm, self.surplus);

        let attested = [&self.aaguid[..], &id_length, &id, &cose].concat();
        let data = self.authenticator_data(&options["rp"]["id"], 0x40, &attested);
        let client_data = self.client_data("webauthn.create", &options["challenge"]);
        let object = Cbor::Map(
            [
                (text("fmt"), text(self.format())),
                (text("attStmt"), self.statement(&key, &id, &data, &client_data)),
                (text("authData"), Cbor::Bytes(data)),
            ]
            .into(),
        );
        let response = json!({
            "clientDataJSON": encode(&client_data),
            "attestationObject": encode(&serde_cbor_2::to_vec(&object).unwrap()),
            "transports": self.transports,
        });
        let credential = credential(&id, response);
        self.credentials.push(Resident {
            id,
            user: decode(&options["user"]["id"]),
            discoverable: options["authenticatorSelection"]["requireResidentKey"] == true,
            key,
        });
        credential
    }

    /// `navigator.credentials.get`: answers `request_options` with the newest acceptable credential, or with
    /// [`Authenticator::garbage`] if there is none.
    pub(crate) fn get(&self, options: &Value) -> Value {
        let allowed: Option<Vec<_>> = options["publicKey"]["allowCredentials"]
            .as_array()
            .map(|allowed| allowed.iter().map(|credential| decode(&credential["id"])).collect());
        let acceptable = |resident: &&Resident| match &allowed {
            Some(allowed) => allowed.contains(&resident.id),
            None => resident.discoverable,
        };
        match self.credentials.iter().rev().find(acceptable) {
            Some(resident) => self.assert(options, resident),
            None => self.garbage(options),
        }
    }

    /// Answers `request_options` with the credential made last, whether it was asked for or not.
    pub(crate) fn get_unasked(&self, options: &Value) -> Value {
        self.assert(options, self.credentials.last().unwrap())
    }

    /// An answer of the right shape by a credential that nobody knows, with a signature that is none.
    pub(crate) fn garbage(&self, options: &Value) -> Value {
        let options = &options["publicKey"];
        let response = json!({
            "clientDataJSON": encode(&self.client_data("webauthn.get", &options["challenge"])),
            "authenticatorData": encode(&self.authenticator_data(&options["rpId"], 0, &[])),
            "signature": encode(b"\x30\x06\x02\x01\x01\x02\x01\x01"),
            "userHandle": encode(&[b'y'; 16]),
        });
        credential(&[b'x'; 32], response)
    }

    fn assert(&self, options: &Value, resident: &Resident) -> Value {
        let options = &options["publicKey"];
        let data = self.authenticator_data(&options["rpId"], 0, &[]);
        let client_data = self.client_data("webauthn.get", &options["challenge"]);
        let signed = [&data[..], &hash(&client_data)].concat();
        let signature = match self.wrong_key {
            true => Key::generate(-7).sign(&signed),
            false => resident.key.sign(&signed),
        };
        let response = json!({
            "clientDataJSON": encode(&client_data),
            "authenticatorData": encode(&data),
            "signature": encode(&signature),
            "userHandle": resident.discoverable.then(|| encode(&resident.user)),
        });
        credential(&resident.id, response)
    }

    fn client_data(&self, kind: &str, challenge: &Value) -> Vec<u8> {
        serde_json::to_vec(&json!({
            "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false,
        }))
        .unwrap()
    }

    fn authenticator_data(&self, relying_party: &Value, more_flags: u8, attested: &[u8]) -> Vec<u8> {
        let flags = [
            (self.user_present, 0x01),
            (self.user_verified, 0x04),
            (self.backup_eligible, 0x08),
            (self.backup_state, 0x10),
        ];
        let flags = flags.iter().filter(|(set, _)| *set).fold(more_flags, |flags, (_, flag)| flags | flag);
        let relying_party = hash(relying_party.as_str().unwrap().as_bytes());
        [&relying_party[..], &[flags], &self.sign_count.to_be_bytes(), attested].concat()
    }

    fn format(&self) -> &'static str {
        match self.attestation {
            Attestation::None => "none",
            Attestation::PackedSelf | Attestation::Packed => "packed",
            Attestation::FidoU2f => "fido-u2f",
            Attestation::Empty(format) => format,
        }
    }

    fn statement(&self, key: &Key, id: &[u8], data: &[u8], client_data: &[u8]) -> Cbor {
        let client_data_hash = hash(client_data);
        let signed = [data, &client_data_hash].concat();
        let certificates = Cbor::Array(vec![Cbor::Bytes(STANDARD.decode(ATTESTATION_CERTIFICATE).unwrap())]);
        let members = match self.attestation {
            Attestation::None | Attestation::Empty(_) => vec![],
            Attestation::PackedSelf => {
                vec![(text("alg"), Cbor::Integer(self.algorithm.into())), (text("sig"), Cbor::Bytes(key.sign(&signed)))]
            }
            Attestation::Packed => vec![
                (text("alg"), Cbor::Integer(-7)),
                (text("sig"), Cbor::Bytes(attestation_key().sign(&signed))),
                (text("x5c"), certificates),
            ],
            Attestation::FidoU2f => {
                let Key::Ecdsa(pair) = key else { panic!("U2F knows ES256 only") };
                let signed = [&[0], &data[..32], &client_data_hash, id, pair.public_key().as_ref()].concat();
                vec![(text("sig"), Cbor::Bytes(attestation_key().sign(&signed))), (text("x5c"), certificates)]
            }
        };
        Cbor::Map(members.into_iter().collect())
    }
}

impl Key {
    fn generate(algorithm: i64) -> Self {
        match algorithm {
            -7 => Self::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap()),
            -35 => Self::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap()),
            -36 => Self::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P521_SHA512_ASN1_SIGNING).unwrap()),
            -8 => Self::Ed25519(Ed25519KeyPair::generate().unwrap()),
            -257 => Self::Rsa(&RSA_PKCS1_SHA256),
            -258 => Self::Rsa(&RSA_PKCS1_SHA384),
            -259 => Self::Rsa(&RSA_PKCS1_SHA512),
            -37 => Self::Rsa(&RSA_PSS_SHA256),
            -38 => Self::Rsa(&RSA_PSS_SHA384),
            -39 => Self::Rsa(&RSA_PSS_SHA512),
            other => panic!("no authenticator knows the algorithm {other}"),
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ecdsa(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(padding) => {
                let mut signature = vec![0; rsa_pair().public_modulus_len()];
                rsa_pair().sign(*padding, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// The public key as a COSE key with `surplus` bytes under a label that nobody knows.
    fn cose(&self, algorithm: i64, surplus: usize) -> Vec<u8> {
        let integer = |label, value: i64| (Cbor::Integer(label), Cbor::Integer(value.into()));
        let bytes = |label, value: &[u8]| (Cbor::Integer(label), Cbor::Bytes(value.to_vec()));
        let mut map = match self {
            Self::Ecdsa(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(pair.public_key().as_ref().len() / 2);
                let curve = [-7, -35, -36].iter().position(|&id| id == algorithm).unwrap() + 1;
                vec![
                    integer(1, 2),
                    integer(3, algorithm),
                    integer(-1, i64::try_from(curve).unwrap()),
                    bytes(-2, x),
                    bytes(-3, y),
                ]
            }
            Self::Ed25519(pair) => {
                vec![integer(1, 1), integer(3, algorithm), integer(-1, 6), bytes(-2, pair.public_key().as_ref())]
            }
            Self::Rsa(_) => {
                // RSAPublicKey (RFC 8017) of 2048 bits: 9 bytes lead to the modulus, the exponent is the last 3.
                let der = rsa_pair().public_key().as_ref();
                vec![integer(1, 3), integer(3, algorithm), bytes(-1, &der[9..265]), bytes(-2, &der[der.len() - 3..])]
            }
        };
        if surplus > 0 {
            map.push(bytes(-70_000, &vec![0; surplus]));
        }
        serde_cbor_2::to_vec(&Cbor::Map(map.into_iter().collect())).unwrap()
    }
}

/// The one RSA key of all credentials: making one takes long.
fn rsa_pair() -> &'static RsaKeyPair {
    static PAIR: OnceLock<RsaKeyPair> = OnceLock::new();
    PAIR.get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
}

fn attestation_key() -> Key {
    let pkcs8 = STANDARD.decode(ATTESTATION_KEY).unwrap();
    Key::Ecdsa(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8).unwrap())
}

/// `PublicKeyCredential` as browsers' helpers write it.
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

fn text(text: &str) -> Cbor {
    Cbor::Text(text.to_owned())
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}

/// A self-signed certificate that meets the requirements of WebAuthn section 8.2.1, in base64.
const ATTESTATION_CERTIFICATE: &str = "\
    MIIBxTCCAWugAwIBAgIBATAKBggqhkjOPQQDAjBjMQswCQYDVQQGEwJaWjEQMA4GA1UECgwHRXhhbXBsZTEiMCAGA1UECwwZQXV0aGVu\
    dGljYXRvciBBdHRlc3RhdGlvbjEeMBwGA1UEAwwVVmlydHVhbCBhdXRoZW50aWNhdG9yMB4XDTIwMDEwMTAwMDAwMFoXDTQ5MTIzMTAw\
    MDAwMFowYzELMAkGA1UEBhMCWloxEDAOBgNVBAoMB0V4YW1wbGUxIjAgBgNVBAsMGUF1dGhlbnRpY2F0b3IgQXR0ZXN0YXRpb24xHjAc\
    BgNVBAMMFVZpcnR1YWwgYXV0aGVudGljYXRvcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBRzv0V/HSrfZRsA2N1R4bS4hK5H0bLC\
    DD0P4utghG6VyVtDpT0YEgn6xHulokCzMCn3Dz79CzgbqeO+q6u4gymjEDAOMAwGA1UdEwEB/wQCMAAwCgYIKoZIzj0EAwIDSAAwRQIh\
    ANhbpM0TRsm5+wvblsjmpACrGbKRm6kooHuUyNBgw1umAiA34IW14g7iDyP9Vd2nyi4KyIiclowXJkTprvScwZR2ig==";

/// Its private key (PKCS #8), in base64. It attests to nothing but virtual authenticators.
const ATTESTATION_KEY: &str = "\
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0sRdsxtrsZHUENUev/fxi+M0UiuWalM15M6sA8LuZtKhRANCAAQUc79F\
    fx0q32UbANjdUeG0uISuR9Gywgw9D+LrYIRulclbQ6U9GBIJ+sR7paJAszAp9w8+/Qs4G6njvquruIMp";
