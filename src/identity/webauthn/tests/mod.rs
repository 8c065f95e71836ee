//! Whole ceremonies against a virtual authenticator. Every ceremony passes through its row between its halves, as if two
//! processes shared it.

#[path = "../../../../tests/it/support/authenticator.rs"]
mod authenticator;

mod authentication;
mod mutation;
mod options;
mod registration;
mod rows;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use self::authenticator::Authenticator;
use super::*;
use crate::{
    config::{self, AttestationPreference, AuthenticatorAttachment, UserVerification},
    random::SeededRandom,
};

const ORIGIN: &str = "https://login.example.com";
const OTHER_ORIGIN: &str = "https://login.example.com.evil.example";

const PASSKEY: RegistrationSettings = RegistrationSettings {
    kind: RegistrationKind::Passkey,
    user_verification: UserVerification::Preferred,
    attestation: AttestationPreference::Direct,
};

const SECURITY_KEY: RegistrationSettings = RegistrationSettings {
    kind: RegistrationKind::SecurityKey { attachment: AuthenticatorAttachment::CrossPlatform },
    user_verification: UserVerification::Discouraged,
    attestation: AttestationPreference::Direct,
};

/// A relying party, a user, and the user's authenticator.
struct Bench {
    relying_party: RelyingParty,
    random: SeededRandom,
    now: DateTime<Utc>,
    user_id: Uuid,
    authenticator: Authenticator,
}

impl Bench {
    fn new() -> Self {
        let config = config::WebAuthn {
            relying_party: config::RelyingParty {
                id: "example.com".to_owned(),
                display_name: "Example".to_owned(),
                origins: vec![ORIGIN.to_owned(), "http://localhost:8888".to_owned()],
                ..config::RelyingParty::default()
            },
            timeouts: config::Timeouts { registration: 500_000, login: 400_000 },
        };
        Self {
            relying_party: RelyingParty::new(&config).unwrap(),
            random: SeededRandom::new(1),
            now: DateTime::UNIX_EPOCH,
            user_id: Uuid::from_u128(0xA11CE),
            authenticator: Authenticator::new(ORIGIN),
        }
    }

    fn start_registration(&self, settings: RegistrationSettings) -> (Value, RegistrationCeremony) {
        let user = Registrant::new(self.user_id, Some("alice@example.com"), Some("alice"));
        let (options, ceremony) =
            self.relying_party.start_registration(settings, user, Vec::new(), self.now, &self.random);
        (serde_json::to_value(options).unwrap(), ceremony)
    }

    fn finish_registration(
        &self,
        ceremony: &RegistrationCeremony,
        response: &Value,
    ) -> Result<NewCredential, WebauthnError> {
        let ceremony = RegistrationCeremony::try_from(SessionData::from(ceremony))?;
        self.relying_party.finish_registration(&ceremony, self.user_id, response, self.now)
    }

    /// A whole registration.
    fn register(&mut self, settings: RegistrationSettings) -> Result<NewCredential, WebauthnError> {
        let (options, ceremony) = self.start_registration(settings);
        let response = self.authenticator.create(&options);
        self.finish_registration(&ceremony, &response)
    }

    /// A registered credential as it is stored.
    fn registered(&mut self, settings: RegistrationSettings) -> StoredCredential {
        let credential = self.register(settings).unwrap();
        StoredCredential {
            id: credential.id,
            user_id: self.user_id,
            user_handle: UserHandle::of_user(self.user_id),
            public_key: credential.public_key,
            sign_count: credential.sign_count,
        }
    }

    fn start_discoverable(&self, user_verification: UserVerification) -> (Value, AuthenticationCeremony) {
        let (options, ceremony) = self.relying_party.start_discoverable(user_verification, self.now, &self.random);
        (serde_json::to_value(options).unwrap(), ceremony)
    }

    fn start_for(&self, user_id: Uuid, credentials: &[&StoredCredential]) -> (Value, AuthenticationCeremony) {
        let credentials = credentials
            .iter()
            .map(|credential| CredentialDescriptor::new(credential.id.clone(), vec!["usb".to_owned()]))
            .collect();
        let (options, ceremony) = self
            .relying_party
            .start_for(user_id, credentials, UserVerification::Discouraged, self.now, &self.random)
            .unwrap();
        (serde_json::to_value(options).unwrap(), ceremony)
    }

    fn finish_authentication(
        &self,
        ceremony: &AuthenticationCeremony,
        response: &Value,
        credential: &StoredCredential,
    ) -> Result<VerifiedAssertion, WebauthnError> {
        let ceremony = AuthenticationCeremony::try_from(SessionData::from(ceremony))?;
        let response = AssertionResponse::parse(response)?;
        self.relying_party.finish_authentication(&ceremony, &response, credential, self.now)
    }

    /// A whole discoverable authentication with the newest credential.
    fn authenticate(&self, credential: &StoredCredential) -> Result<VerifiedAssertion, WebauthnError> {
        let (options, ceremony) = self.start_discoverable(UserVerification::Preferred);
        self.finish_authentication(&ceremony, &self.authenticator.get(&options), credential)
    }

    fn wait(&mut self, milliseconds: i64) {
        self.now += TimeDelta::milliseconds(milliseconds);
    }
}

/// Changes the bytes of a base64url member.
fn change_bytes(member: &mut Value, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = base64url::decode(member.as_str().unwrap()).unwrap();
    change(&mut bytes);
    *member = base64url::encode(bytes).into();
}

/// Changes the client data of a response.
fn change_client_data(response: &mut Value, change: impl FnOnce(&mut Value)) {
    change_bytes(&mut response["response"]["clientDataJSON"], |bytes| {
        let mut client_data = serde_json::from_slice(bytes).unwrap();
        change(&mut client_data);
        *bytes = serde_json::to_vec(&client_data).unwrap();
    });
}
