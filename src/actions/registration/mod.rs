//! Signing up.

mod register_login_identifier;

pub use register_login_identifier::RegisterLoginIdentifier;
