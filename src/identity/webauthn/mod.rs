//! WebAuthn: the ceremonies that register passkeys and security keys and authenticate with them, for one relying party.
//! It knows no HTTP, no flows and no SQL: a ceremony begins with options for the browser and [`SessionData`] to store,
//! and ends, in any process, with the browser's answer and the stored ceremony.
//!
//! The ceremonies and the signatures of all offered algorithms are verified here, after WebAuthn Level 3, because the
//! rules about counters, backup flags and user verification are the project's own (spec chapter 02, 17.4), and because
//! `webauthn-rs-core` verifies three of the ten algorithms. Attestation certificates are left to that library.

mod algorithm;
mod attestation;
mod authentication;
mod authenticator_data;
mod authenticators;
mod base64url;
mod cbor;
mod ceremony;
mod challenge;
mod client_data;
mod credential;
mod error;
mod options;
mod origin;
mod public_key;
mod registration;
mod relying_party;
mod response;
#[cfg(test)]
mod tests;

pub use self::{
    algorithm::Algorithm,
    authenticators::{AuthenticatorNames, AuthenticatorNamesError},
    ceremony::{AuthenticationCeremony, RegistrationCeremony, SessionData, Subject},
    challenge::Challenge,
    credential::{CredentialId, NewCredential, StoredCredential, UserHandle, VerifiedAssertion},
    error::{RelyingPartyError, WebauthnError},
    options::{
        Attachment, AuthenticatorSelection, CreationOptions, CredentialDescriptor, CredentialKind,
        CredentialParameters, PublicKeyCreationOptions, PublicKeyRequestOptions, RelyingPartyEntity, RequestOptions,
        ResidentKey, UserEntity,
    },
    registration::{Registrant, RegistrationKind, RegistrationSettings},
    relying_party::RelyingParty,
    response::{AssertionResponse, is_attestation},
};
