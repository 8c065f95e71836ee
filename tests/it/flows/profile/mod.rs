//! The account as its owner sees and changes it (spec chapter 03).

mod account;
mod emails;
mod gate;
mod metadata;
mod overview;
mod passkeys;
mod passwords;
mod sessions;
mod usernames;

/// The address of the person whose account it is.
const ADA: &str = "ada@example.org";
