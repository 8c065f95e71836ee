//! The account as its owner sees and changes it (spec chapter 03).

mod account;
mod gate;
mod overview;
mod sessions;

/// The address of the person whose account it is.
const ADA: &str = "ada@example.org";
