//! Why a ceremony was refused. Clients learn none of this (every refusal is `passkey_invalid` to them): the texts are
//! for the log and the audit trail, and hold nothing secret.

use thiserror::Error;

/// Why a WebAuthn response was refused, or a ceremony could not be started.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WebauthnError {
    /// The browser's response is not of the shape that WebAuthn gives it.
    #[error("the response cannot be read: {0}")]
    Unreadable(&'static str),
    /// The stored ceremony cannot have been written by this program.
    #[error("the stored ceremony cannot be read: {0}")]
    UnreadableCeremony(&'static str),
    /// The stored credential cannot have come from a registration.
    #[error("the stored credential cannot be read: {0}")]
    UnreadableCredential(&'static str),
    /// A ceremony with an allow list was to start for a user without credentials.
    #[error("the user has no credential to ask for")]
    NoCredentials,
    /// The answer came too late.
    #[error("the challenge has expired")]
    Expired,
    /// The ceremony was begun for somebody else.
    #[error("the ceremony belongs to another user")]
    OtherUser,
    /// The client data is that of the other ceremony.
    #[error("the client data is of another ceremony than {0}")]
    OtherCeremony(&'static str),
    /// The challenge is not the one that was issued.
    #[error("the challenge is not the issued one")]
    Challenge,
    /// The page that ran the ceremony is not one of the relying party's.
    #[error("the origin {0:?} is not allowed")]
    Origin(String),
    /// The page ran inside a frame of another origin.
    #[error("the ceremony ran inside a frame of another origin")]
    CrossOrigin,
    /// The credential is scoped to another relying party.
    #[error("the relying party id does not match")]
    RelyingPartyId,
    /// Nobody touched the authenticator.
    #[error("the user was not present")]
    UserNotPresent,
    /// The authenticator did not verify the user although the ceremony required it.
    #[error("the user was not verified")]
    UserNotVerified,
    /// The authenticator claims to be backed up and not to be eligible for it.
    #[error("the backup flags contradict each other")]
    BackupFlags,
    /// The id of the response and the id in the attested credential data differ.
    #[error("the response names another credential than it attests")]
    OtherCredential,
    /// The key uses an algorithm that the options did not offer.
    #[error("the public key algorithm {0} was not offered")]
    Algorithm(i64),
    /// The credential's public key is not a valid COSE key.
    #[error("the public key is not valid: {0}")]
    PublicKey(&'static str),
    /// The attestation statement format is not a registered one.
    #[error("the attestation statement format {0:?} is not known")]
    AttestationFormat(String),
    /// The attestation statement contradicts what it attests.
    #[error("the attestation statement is not valid: {0}")]
    Attestation(String),
    /// The credential is not on the ceremony's allow list.
    #[error("the credential is not one of the allowed ones")]
    NotAllowed,
    /// A discoverable assertion has to name its user.
    #[error("the user handle is missing")]
    UserHandleMissing,
    /// The user handle is not that of the credential's owner.
    #[error("the user handle is not that of the credential's owner")]
    UserHandle,
    /// The signature does not verify with the stored public key.
    #[error("the signature is not valid")]
    Signature,
    /// The signature counter went back or stood still: the authenticator may have been cloned.
    #[error("the signature counter went from {stored} to {received}")]
    Counter {
        /// The counter of the last accepted assertion.
        stored: u32,
        /// The counter of this assertion.
        received: u32,
    },
}

/// Why a configuration does not describe a relying party (spec chapter 05, 1.6 step 4).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RelyingPartyError {
    /// A relying party without id.
    #[error("webauthn.relying_party.id must not be empty")]
    Id,
    /// A relying party without name.
    #[error("webauthn.relying_party.display_name must not be empty")]
    DisplayName,
    /// A relying party without origin.
    #[error("webauthn.relying_party.origins needs at least one entry")]
    Origins,
    /// A text that no browser can send as origin.
    #[error(
        "webauthn.relying_party.origins: {0:?} is no origin; write scheme://host[:port] or android:apk-key-hash:<hash>"
    )]
    Origin(String),
}
