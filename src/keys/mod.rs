//! Signing keys, encryption at rest and session tokens. Knows neither HTTP nor flows nor tables: the key rows are
//! reached through [`KeyStore`].

pub mod amr;
pub mod claim_templates;
mod go_template;
pub mod jwk;
pub mod jws;
pub mod key_store;
mod loaded_keys;
pub mod ring;
pub mod secret_box;
pub mod session_token;
mod time_claims;
mod verified;

pub use amr::AuthenticationMethod;
pub use claim_templates::{ClaimTemplates, TemplateUser};
pub use jwk::{Jwk, JwkSet, PrivateJwk};
pub use jws::TokenError;
pub use key_store::{KeyStore, KeyStoreError, StoredKey};
pub use ring::{KeyRing, KeyRingError, VerifyError};
pub use secret_box::{SecretBox, SecretBoxError};
pub use session_token::{ClaimsView, EmailClaim, SessionClaims};
