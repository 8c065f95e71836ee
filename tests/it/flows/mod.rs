//! The flows as their clients see them (spec chapters 01 and 02).

mod concurrency;
mod custom_graphs;
mod hostile;
mod lifetime;
mod limits;
mod login_identifier;
mod onboarding;
mod passcode;
mod passkey;
mod password;
mod privacy;
mod profile;
mod protocol;
mod recovery;
mod registration;
mod remember_me;
mod rendering;
mod sessions;
mod user_details;
pub(crate) mod wandering;
