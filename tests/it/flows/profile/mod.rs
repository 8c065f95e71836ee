//! The account as its owner sees and changes it (spec chapter 03).

mod account;
mod gate;
mod overview;
mod passwords;
mod sessions;
mod usernames;

/// The address of the person whose account it is.
const ADA: &str = "ada@example.org";
