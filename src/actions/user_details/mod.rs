//! What an account should have and does not.

mod email_address_set;
mod username_create;

pub use self::{email_address_set::EmailAddressSet, username_create::UsernameCreate};
