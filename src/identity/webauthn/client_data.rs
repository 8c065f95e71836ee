//! The client data (WebAuthn section 5.8.1): what the browser, not the authenticator, says about the ceremony. The
//! authenticator signs its hash.

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;

use super::{challenge::Challenge, error::WebauthnError, origin::Origins};

/// `type` of a registration.
pub(super) const CREATE: &str = "webauthn.create";
/// `type` of an authentication.
pub(super) const GET: &str = "webauthn.get";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    cross_origin: Option<bool>,
}

/// Verifies that `json` is the client data of a ceremony of this kind, with this challenge, on a page of one of these
/// origins (WebAuthn sections 7.1 steps 5 to 10 and 7.2 steps 8 to 13), and returns its SHA-256.
pub(super) fn verify(
    json: &[u8],
    kind: &'static str,
    challenge: &Challenge,
    origins: &Origins,
) -> Result<Vec<u8>, WebauthnError> {
    let client: ClientData =
        serde_json::from_slice(json).map_err(|_| WebauthnError::Unreadable("the client data is not JSON"))?;
    if client.kind != kind {
        return Err(WebauthnError::OtherCeremony(kind));
    }
    if Challenge::parse(&client.challenge).as_ref() != Some(challenge) {
        return Err(WebauthnError::Challenge);
    }
    if !origins.allow(&client.origin) {
        return Err(WebauthnError::Origin(client.origin));
    }
    // Nothing in the configuration says that the page may be framed by others, so it is not expected to be.
    if client.cross_origin == Some(true) {
        return Err(WebauthnError::CrossOrigin);
    }
    Ok(digest(&SHA256, json).as_ref().to_vec())
}
