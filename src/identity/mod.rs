//! The domain: users and the ways in which they prove who they are. Knows neither HTTP nor flows.

pub mod account;
pub mod emails;
pub mod metadata;
pub mod moment;
pub mod objects;
pub mod passcode_service;
pub mod passcodes;
pub mod passkeys;
pub mod passwords;
pub mod profile;
pub mod sessions;
pub mod totp;
pub mod trusted_devices;
pub mod user_agent;
pub mod usernames;
pub mod users;
pub mod webauthn;
