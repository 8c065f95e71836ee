//! Attestation statements (WebAuthn section 8): whether what an authenticator says about its model holds together.
//!
//! There are no trust anchors, so a statement proves nothing that a `none` statement would not: it is checked because a
//! contradiction means that something is broken, and it never makes a credential more trusted. Statements that rest on
//! certificates are the business of `webauthn-rs-core`; those beyond its reach count as if there were none.

use std::time::Duration;

use serde_json::json;
use url::Url;
use webauthn_rs_core::{
    WebauthnCore,
    proto::{
        AuthenticatorAttestationResponseRaw, RegisterPublicKeyCredential, RegistrationExtensionsClientOutputs,
        RegistrationState,
    },
};

use super::{
    algorithm::Algorithm, cbor::Map, challenge::Challenge, error::WebauthnError, public_key::PublicKey,
    response::AttestationResponse,
};

/// A decoded attestation object (WebAuthn section 6.5.4).
#[derive(Debug)]
pub(super) struct AttestationObject {
    /// The attestation statement format.
    pub(super) format: String,
    /// The authenticator data.
    pub(super) authenticator_data: Vec<u8>,
    statement: Map,
}

impl AttestationObject {
    /// Decodes `bytes`.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, WebauthnError> {
        let decode = || {
            let mut map = Map::parse(bytes)?;
            let statement = map.take_map("attStmt")?;
            let format = map.text("fmt")?.to_owned();
            Some(Self { format, authenticator_data: map.bytes("authData")?.to_vec(), statement })
        };
        decode().ok_or(WebauthnError::Unreadable("the attestation object is malformed"))
    }
}

/// Verifies attestation statements for one relying party.
#[derive(Debug, Clone)]
pub(super) struct StatementVerifier(WebauthnCore);

impl StatementVerifier {
    /// For the relying party with this id and these origins.
    pub(super) fn new(relying_party_id: &str, origins: Vec<Url>) -> Self {
        // The library repeats the checks of the ceremony. Its timeout only goes into options, which it does not make
        // here; `false, false`: neither subdomains nor other ports of the origins.
        Self(WebauthnCore::new_unsafe_experts_only(
            relying_party_id,
            relying_party_id,
            origins,
            Duration::ZERO,
            Some(false),
            Some(false),
        ))
    }

    /// Verifies the statement of `object`, which `response` contains and whose credential has the public key `key`.
    pub(super) fn verify(
        &self,
        object: &AttestationObject,
        key: &PublicKey,
        response: &AttestationResponse,
        challenge: &Challenge,
        client_data_hash: &[u8],
    ) -> Result<(), WebauthnError> {
        match object.format.as_str() {
            "none" if object.statement.is_empty() => Ok(()),
            "none" => Err(WebauthnError::Attestation("a statement where there should be none".to_owned())),
            "packed" if !object.statement.contains("x5c") => self_attested(object, key, client_data_hash),
            "packed" | "fido-u2f" | "apple" | "android-key" if has_library_key(key) => {
                self.by_library(response, challenge)
            }
            // With other keys, and for TPMs (which sign with SHA-1) and SafetyNet, the library cannot tell.
            "packed" | "fido-u2f" | "apple" | "android-key" | "tpm" | "android-safetynet" => Ok(()),
            _ => Err(WebauthnError::AttestationFormat(object.format.clone())),
        }
    }

    fn by_library(&self, response: &AttestationResponse, challenge: &Challenge) -> Result<(), WebauthnError> {
        let credential = RegisterPublicKeyCredential {
            id: response.credential_id.to_string(),
            raw_id: response.credential_id.as_bytes().to_vec(),
            response: AuthenticatorAttestationResponseRaw {
                attestation_object: response.attestation_object.clone(),
                client_data_json: response.client_data.clone(),
                transports: None,
            },
            type_: "public-key".to_owned(),
            extensions: RegistrationExtensionsClientOutputs::default(),
        };
        // A state can only be had from options that the library made, with a challenge of its own, or from its stored
        // form. User verification has been dealt with.
        let state = serde_json::from_value::<RegistrationState>(json!({
            "policy": "discouraged",
            "exclude_credentials": [],
            "challenge": challenge,
            "credential_algorithms": ["ES256", "ES384"],
            "require_resident_key": false,
            "authenticator_attachment": null,
            "extensions": {},
            "allow_synchronised_authenticators": true,
        }));
        let invalid = |error: &dyn std::error::Error| WebauthnError::Attestation(error.to_string());
        let state = state.map_err(|error| invalid(&error))?;
        self.0.register_credential(&credential, &state, None).map(|_| ()).map_err(|error| invalid(&error))
    }
}

/// Packed self attestation (WebAuthn section 8.2, verification step 4): the credential's own key has signed.
fn self_attested(object: &AttestationObject, key: &PublicKey, client_data_hash: &[u8]) -> Result<(), WebauthnError> {
    let signed = [&object.authenticator_data, client_data_hash].concat();
    let verified = object.statement.integer("alg") == Some(key.algorithm().id())
        && object.statement.bytes("sig").is_some_and(|signature| key.verify(&signed, signature));
    verified.then_some(()).ok_or_else(|| WebauthnError::Attestation("the self attestation does not verify".to_owned()))
}

/// Whether the library can read such a key.
fn has_library_key(key: &PublicKey) -> bool {
    matches!(key.algorithm(), Algorithm::Es256 | Algorithm::Es384)
}
