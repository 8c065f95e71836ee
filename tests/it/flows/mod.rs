//! The flows as their clients see them (spec chapters 01 and 02).

mod concurrency;
mod custom_graphs;
mod device_trust;
mod hostile;
mod lifetime;
mod limits;
mod login_identifier;
mod mfa_creation;
mod onboarding;
mod passcode;
mod passkey;
mod password;
mod privacy;
mod profile;
mod protocol;
mod races;
mod recovery;
mod registration;
mod remember_me;
mod rendering;
mod second_factor;
mod sessions;
mod user_details;
pub(crate) mod wandering;
