//! Setting up a second factor.

mod otp_code_verify;

pub use self::otp_code_verify::OtpCodeVerify;
