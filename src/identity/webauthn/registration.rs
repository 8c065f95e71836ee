//! The registration ceremony (WebAuthn section 7.1; spec chapter 02, 17.4.3 to 17.4.5).

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{
    algorithm::Algorithm,
    attestation::AttestationObject,
    authenticator_data::AuthenticatorData,
    base64url,
    ceremony::RegistrationCeremony,
    challenge::Challenge,
    client_data,
    credential::{CredentialId, NewCredential, UserHandle},
    error::WebauthnError,
    options::{
        Attachment, AuthenticatorSelection, CreationOptions, CredentialDescriptor, CredentialKind,
        CredentialParameters, PublicKeyCreationOptions, RelyingPartyEntity, ResidentKey, UserEntity,
    },
    public_key::PublicKey,
    relying_party::{RelyingParty, expiry},
    response::AttestationResponse,
};
use crate::{
    config::{AttestationPreference, AuthenticatorAttachment, UserVerification},
    random::Random,
};

/// What the configuration demands of a new credential: the section `passkey` or `mfa.security_keys`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationSettings {
    /// A passkey or a security key.
    pub kind: RegistrationKind,
    /// Whether the user has to be verified.
    pub user_verification: UserVerification,
    /// Which attestation is wished for.
    pub attestation: AttestationPreference,
}

/// What the credential is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationKind {
    /// Logging in, without any other input: it has to be discoverable.
    Passkey,
    /// A second factor.
    SecurityKey {
        /// Which authenticators may be used.
        attachment: AuthenticatorAttachment,
    },
}

/// The user who registers a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registrant {
    /// The user's id, which becomes the user handle.
    pub id: Uuid,
    /// Tells accounts with the same display name apart.
    pub name: String,
    /// What the user sees.
    pub display_name: String,
}

impl Registrant {
    /// The name is the e-mail address where there is one, the display name the username where there is one, and each
    /// stands in for the other.
    #[must_use]
    pub fn new(id: Uuid, email: Option<&str>, username: Option<&str>) -> Self {
        let email = email.filter(|email| !email.is_empty());
        let username = username.filter(|username| !username.is_empty());
        Self {
            id,
            name: email.or(username).unwrap_or_default().to_owned(),
            display_name: username.or(email).unwrap_or_default().to_owned(),
        }
    }
}

impl RelyingParty {
    /// Begins a registration. `exclude` are the user's present credentials, of both kinds.
    #[must_use]
    pub fn start_registration(
        &self,
        settings: RegistrationSettings,
        user: Registrant,
        exclude: Vec<CredentialDescriptor>,
        now: DateTime<Utc>,
        random: &dyn Random,
    ) -> (CreationOptions, RegistrationCeremony) {
        let RegistrationSettings { kind, user_verification, attestation } = settings;
        let challenge = Challenge::draw(random);
        let timeout = self.registration_timeout(user_verification);
        let ceremony =
            RegistrationCeremony { challenge, user_id: user.id, user_verification, expires_at: expiry(now, timeout) };
        let public_key = PublicKeyCreationOptions {
            rp: RelyingPartyEntity { name: self.name.clone(), id: self.id.clone() },
            user: UserEntity { name: user.name, display_name: user.display_name, id: UserHandle::of_user(user.id) },
            challenge,
            pub_key_cred_params: Algorithm::OFFERED
                .map(|alg| CredentialParameters { kind: CredentialKind::PublicKey, alg })
                .to_vec(),
            timeout,
            exclude_credentials: exclude,
            authenticator_selection: selection(kind, user_verification),
            attestation,
        };
        (CreationOptions { public_key }, ceremony)
    }

    /// Finishes a registration of the user `user_id` with the browser's answer: an object, or a text that holds it.
    ///
    /// The caller removes the stored ceremony whatever comes out, and refuses an id that is registered already.
    ///
    /// # Errors
    /// If the answer is not one to this ceremony, comes too late, or contradicts itself.
    pub fn finish_registration(
        &self,
        ceremony: &RegistrationCeremony,
        user_id: Uuid,
        response: &Value,
        now: DateTime<Utc>,
    ) -> Result<NewCredential, WebauthnError> {
        if now > ceremony.expires_at {
            return Err(WebauthnError::Expired);
        }
        if user_id != ceremony.user_id {
            return Err(WebauthnError::OtherUser);
        }
        let response = AttestationResponse::parse(response)?;
        let challenge = &ceremony.challenge;
        let client_data_hash =
            client_data::verify(&response.client_data, client_data::CREATE, challenge, &self.origins)?;

        let object = AttestationObject::parse(&response.attestation_object)?;
        let data = AuthenticatorData::parse(&object.authenticator_data)?;
        data.verify(&self.id, ceremony.user_verification)?;
        let attested = data.attested.as_ref().ok_or(WebauthnError::Unreadable("it attests no credential"))?;
        if attested.id != response.credential_id.as_bytes() {
            return Err(WebauthnError::OtherCredential);
        }
        let key = PublicKey::from_cose(attested.public_key)?;
        self.statements.verify(&object, &key, &response, challenge, &client_data_hash)?;

        Ok(NewCredential {
            id: CredentialId::new(attested.id),
            public_key: base64url::encode(attested.public_key),
            aaguid: attested.aaguid,
            sign_count: data.sign_count,
            backup_eligible: data.backup_eligible(),
            backup_state: data.backup_state(),
            user_verified: data.user_verified(),
            attestation_type: object.format,
            transports: response.transports,
        })
    }
}

fn selection(kind: RegistrationKind, user_verification: UserVerification) -> AuthenticatorSelection {
    match kind {
        RegistrationKind::Passkey => AuthenticatorSelection {
            authenticator_attachment: None,
            require_resident_key: true,
            resident_key: ResidentKey::Required,
            user_verification,
        },
        RegistrationKind::SecurityKey { attachment } => AuthenticatorSelection {
            authenticator_attachment: match attachment {
                AuthenticatorAttachment::Platform => Some(Attachment::Platform),
                AuthenticatorAttachment::CrossPlatform => Some(Attachment::CrossPlatform),
                AuthenticatorAttachment::NoPreference => None,
            },
            require_resident_key: false,
            resident_key: ResidentKey::Discouraged,
            user_verification,
        },
    }
}
