//! The domain: users and the ways in which they prove who they are. Knows neither HTTP nor flows.

pub mod account;
pub mod emails;
pub mod objects;
pub mod passcodes;
pub mod passwords;
pub mod profile;
mod rows;
pub mod sessions;
pub mod usernames;
pub mod users;
pub mod webauthn;
