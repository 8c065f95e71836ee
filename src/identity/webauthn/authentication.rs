//! The authentication ceremony (WebAuthn section 7.2; spec chapter 02, 17.4.2 and 17.4.6).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    authenticator_data::AuthenticatorData,
    base64url,
    ceremony::{AuthenticationCeremony, Subject},
    challenge::Challenge,
    client_data,
    credential::{StoredCredential, VerifiedAssertion},
    error::WebauthnError,
    options::{CredentialDescriptor, PublicKeyRequestOptions, RequestOptions},
    public_key::PublicKey,
    relying_party::{RelyingParty, expiry},
    response::AssertionResponse,
};
use crate::{config::UserVerification, random::Random};

impl RelyingParty {
    /// Begins an authentication of anybody who has a discoverable credential.
    #[must_use]
    pub fn start_discoverable(
        &self,
        user_verification: UserVerification,
        now: DateTime<Utc>,
        random: &dyn Random,
    ) -> (RequestOptions, AuthenticationCeremony) {
        self.start(Subject::Anyone, Vec::new(), user_verification, now, random)
    }

    /// Begins an authentication of the user `user_id` with one of `credentials`.
    ///
    /// # Errors
    /// [`WebauthnError::NoCredentials`] if there are none: browsers would take the options for discoverable ones.
    pub fn start_for(
        &self,
        user_id: Uuid,
        credentials: Vec<CredentialDescriptor>,
        user_verification: UserVerification,
        now: DateTime<Utc>,
        random: &dyn Random,
    ) -> Result<(RequestOptions, AuthenticationCeremony), WebauthnError> {
        if credentials.is_empty() {
            return Err(WebauthnError::NoCredentials);
        }
        let allowed = credentials.iter().map(|credential| credential.id.clone()).collect();
        Ok(self.start(Subject::User { id: user_id, allowed }, credentials, user_verification, now, random))
    }

    fn start(
        &self,
        subject: Subject,
        allow_credentials: Vec<CredentialDescriptor>,
        user_verification: UserVerification,
        now: DateTime<Utc>,
        random: &dyn Random,
    ) -> (RequestOptions, AuthenticationCeremony) {
        let challenge = Challenge::draw(random);
        let timeout = self.login_timeout(user_verification);
        let ceremony =
            AuthenticationCeremony { challenge, subject, user_verification, expires_at: expiry(now, timeout) };
        let public_key = PublicKeyRequestOptions {
            challenge,
            timeout,
            rp_id: self.id.clone(),
            allow_credentials,
            user_verification,
        };
        (RequestOptions { public_key }, ceremony)
    }

    /// Finishes an authentication with the browser's answer and the credential that is stored under its id.
    ///
    /// Whether the credential may be used at this place (a security key is no first factor) and whether its owner is
    /// the one whom the flow knows already, the caller decides. It removes the stored ceremony whatever comes out.
    ///
    /// # Errors
    /// If the answer is not one to this ceremony by this credential, comes too late, or the authenticator seems to have
    /// been cloned.
    pub fn finish_authentication(
        &self,
        ceremony: &AuthenticationCeremony,
        response: &AssertionResponse,
        credential: &StoredCredential,
        now: DateTime<Utc>,
    ) -> Result<VerifiedAssertion, WebauthnError> {
        if now > ceremony.expires_at {
            return Err(WebauthnError::Expired);
        }
        verify_subject(&ceremony.subject, response, credential)?;
        let client_data_hash =
            client_data::verify(&response.client_data, client_data::GET, &ceremony.challenge, &self.origins)?;
        let data = AuthenticatorData::parse(&response.authenticator_data)?;
        data.verify(&self.id, ceremony.user_verification)?;
        verify_signature(response, credential, &client_data_hash)?;
        verify_counter(credential.sign_count, data.sign_count)?;
        Ok(VerifiedAssertion {
            sign_count: data.sign_count,
            backup_eligible: data.backup_eligible(),
            backup_state: data.backup_state(),
            user_verified: data.user_verified(),
        })
    }
}

/// Verifies that the credential may answer, and that the response names its owner where it has to (WebAuthn section 7.2
/// steps 5 and 6).
fn verify_subject(
    subject: &Subject,
    response: &AssertionResponse,
    credential: &StoredCredential,
) -> Result<(), WebauthnError> {
    if response.credential_id != credential.id {
        return Err(WebauthnError::OtherCredential);
    }
    match subject {
        Subject::Anyone if response.user_handle.is_none() => return Err(WebauthnError::UserHandleMissing),
        Subject::Anyone => {}
        Subject::User { id, .. } if *id != credential.user_id => return Err(WebauthnError::OtherUser),
        Subject::User { allowed, .. } if !allowed.contains(&credential.id) => return Err(WebauthnError::NotAllowed),
        Subject::User { .. } => {}
    }
    match &response.user_handle {
        Some(handle) if *handle != credential.user_handle => Err(WebauthnError::UserHandle),
        _ => Ok(()),
    }
}

fn verify_signature(
    response: &AssertionResponse,
    credential: &StoredCredential,
    client_data_hash: &[u8],
) -> Result<(), WebauthnError> {
    let cose = base64url::decode(&credential.public_key)
        .ok_or(WebauthnError::UnreadableCredential("the public key is not base64url"))?;
    let key = PublicKey::from_cose(&cose)?;
    let signed = [&response.authenticator_data, client_data_hash].concat();
    key.verify(&signed, &response.signature).then_some(()).ok_or(WebauthnError::Signature)
}

/// Verifies that the counter went up (WebAuthn section 7.2 step 22). An authenticator that stops counting is accepted:
/// a passkey that moves to a synchronised store does that.
fn verify_counter(stored: u32, received: u32) -> Result<(), WebauthnError> {
    if stored > 0 && received > 0 && received <= stored {
        return Err(WebauthnError::Counter { stored, received });
    }
    Ok(())
}
