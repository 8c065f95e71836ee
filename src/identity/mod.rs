//! The domain: users and the ways in which they prove who they are. Knows neither HTTP nor flows.

pub mod passcodes;
pub mod passwords;
pub mod webauthn;
