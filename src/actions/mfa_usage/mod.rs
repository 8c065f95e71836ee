//! Proving with a second factor who one is.

mod otp_code_validate;

pub use self::otp_code_validate::OtpCodeValidate;
