//! The account as its owner sees and changes it (spec chapter 03).

mod account;
mod authenticator_app;
mod emails;
mod gate;
mod metadata;
mod new_emails;
mod new_passkeys;
mod overview;
mod passcodes;
mod passkeys;
mod passwords;
mod removed_emails;
mod security_keys;
mod sessions;
mod usernames;

/// The address of the person whose account it is.
const ADA: &str = "ada@example.org";
