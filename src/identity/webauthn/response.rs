//! Reads the JSON that browsers send after a ceremony (spec chapter 08, 8.3). Reading is not verifying: until a relying
//! party has verified a response, everything in it is what the client claims.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    base64url,
    credential::{CredentialId, UserHandle},
    error::WebauthnError,
};

/// The longest credential id that WebAuthn allows (section 7.1 step 25), in bytes.
const LONGEST_CREDENTIAL_ID: usize = 1023;

/// How many transports of a credential are kept. WebAuthn knows seven (level 3, section 5.8.4).
const MOST_TRANSPORTS: usize = 16;

/// The longest name of a transport that is kept, in bytes.
const LONGEST_TRANSPORT: usize = 32;

/// An unverified answer to an authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssertionResponse {
    pub(super) credential_id: CredentialId,
    pub(super) user_handle: Option<UserHandle>,
    pub(super) client_data: Vec<u8>,
    pub(super) authenticator_data: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

impl AssertionResponse {
    /// Reads the input `assertion_response`: the browser's credential as an object, or as a text that holds it.
    ///
    /// # Errors
    /// [`WebauthnError::Unreadable`] for anything else.
    pub fn parse(input: &Value) -> Result<Self, WebauthnError> {
        let (credential_id, response) = envelope::<AssertionJson>(input)?;
        Ok(Self {
            credential_id,
            user_handle: response.user_handle.map(|text| binary(&text)).transpose()?.and_then(UserHandle::received),
            client_data: binary(&response.client_data_json)?,
            authenticator_data: binary(&response.authenticator_data)?,
            signature: binary(&response.signature)?,
        })
    }

    /// The credential that claims to answer, for looking it up.
    #[must_use]
    pub fn credential_id(&self) -> &CredentialId {
        &self.credential_id
    }
}

/// An unverified answer to a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AttestationResponse {
    pub(super) credential_id: CredentialId,
    pub(super) client_data: Vec<u8>,
    pub(super) attestation_object: Vec<u8>,
    pub(super) transports: Vec<String>,
}

impl AttestationResponse {
    /// Reads the input `public_key`: the browser's credential as an object, or as a text that holds it.
    pub(super) fn parse(input: &Value) -> Result<Self, WebauthnError> {
        let (credential_id, response) = envelope::<AttestationJson>(input)?;
        if credential_id.as_bytes().len() > LONGEST_CREDENTIAL_ID {
            return Err(WebauthnError::Unreadable("the credential id is too long"));
        }
        Ok(Self {
            credential_id,
            client_data: binary(&response.client_data_json)?,
            attestation_object: binary(&response.attestation_object)?,
            transports: kept(response.transports.unwrap_or_default()),
        })
    }
}

/// What is kept of the reported transports: names of transports that are known or may be one day, each once whatever its
/// case, since databases of the original do not tell upper from lower case.
fn kept(reported: Vec<String>) -> Vec<String> {
    let is_name = |text: &str| {
        (1..=LONGEST_TRANSPORT).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let mut kept = Vec::new();
    for transport in reported.into_iter().filter(|transport| is_name(transport)) {
        let transport = transport.to_ascii_lowercase();
        if !kept.contains(&transport) {
            kept.push(transport);
        }
        if kept.len() == MOST_TRANSPORTS {
            break;
        }
    }
    kept
}

/// Whether `input` has the form of an answer to a registration, whatever is in it.
#[must_use]
pub fn is_attestation(input: &Value) -> bool {
    AttestationResponse::parse(input).is_ok()
}

/// `PublicKeyCredential` as JSON (WebAuthn section 5.1). Its other members are ignored, whatever they hold: no extension
/// is ever asked for, and the attachment is only a hint.
#[derive(Deserialize)]
struct CredentialJson<R> {
    id: String,
    #[serde(rename = "rawId")]
    raw_id: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    response: R,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssertionJson {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    authenticator_data: String,
    signature: String,
    user_handle: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttestationJson {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    attestation_object: String,
    transports: Option<Vec<String>>,
}

fn envelope<R: DeserializeOwned>(input: &Value) -> Result<(CredentialId, R), WebauthnError> {
    let credential = match input {
        Value::String(text) => serde_json::from_str::<CredentialJson<R>>(text),
        other => CredentialJson::deserialize(other),
    };
    let credential = credential.map_err(|_| WebauthnError::Unreadable("it is not a credential in JSON"))?;
    if credential.kind != "public-key" {
        return Err(WebauthnError::Unreadable("its type is not public-key"));
    }
    let id =
        CredentialId::parse(&credential.id).ok_or(WebauthnError::Unreadable("its id is not base64url or is empty"))?;
    match credential.raw_id {
        Some(raw) if CredentialId::parse(&raw).as_ref() != Some(&id) => {
            Err(WebauthnError::Unreadable("its id and its rawId differ"))
        }
        _ => Ok((id, credential.response)),
    }
}

fn binary(text: &str) -> Result<Vec<u8>, WebauthnError> {
    base64url::decode(text).ok_or(WebauthnError::Unreadable("a binary member is not base64url"))
}
