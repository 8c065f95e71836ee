//! Giving an account credentials.

mod register_password;
mod webauthn_verify_attestation_response;

pub use self::{
    register_password::RegisterPassword, webauthn_verify_attestation_response::WebauthnVerifyAttestationResponse,
};
