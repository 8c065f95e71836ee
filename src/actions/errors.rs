//! The errors that sign-in and sign-up show to clients (spec chapter 01, sections 6.2 and 6.3).

use crate::engine::{FlowError, InputError};

/// The request came without a session that is still good.
pub const UNAUTHORIZED: FlowError = FlowError::new("unauthorized", 401, "The session is invalid.");
/// What was asked for does not exist, or not in this account.
pub const NOT_FOUND: FlowError = FlowError::new("not_found", 404, "The requested resource was not found.");
/// The passcode was entered wrong three times.
pub const PASSCODE_MAX_ATTEMPTS: FlowError =
    FlowError::new("passcode_max_attempts_reached", 401, "The passcode was entered wrong too many times.");
/// There were too many attempts; the payload says when there can be another.
pub const RATE_LIMIT_EXCEEDED: FlowError =
    FlowError::new("rate_limit_exceeded", 429, "The rate limit has been exceeded.");
/// The passkey does not prove who the person is.
pub const PASSKEY_INVALID: FlowError = FlowError::new("passkey_invalid", 401, "The passkey is invalid.");
/// The credential proves only a second factor.
pub const SECOND_FACTOR_ONLY: FlowError = FlowError::new(
    "webauthn_credential_invalid_mfa_only",
    401,
    "This credential can be used as a second factor security key only.",
);

/// A second factor is due that cannot be given here.
pub const AUTHENTICATOR_REQUIRED: FlowError = FlowError::new(
    "platform_authenticator_required",
    401,
    "The device or browser does not support the required platform authenticators.",
);

/// The address belongs to an account.
pub const EMAIL_EXISTS: InputError = InputError::new("email_already_exists", "The email address already exists.");
/// The username belongs to an account.
pub const USERNAME_EXISTS: InputError = InputError::new("username_already_exists", "The username already exists.");
/// No account has this username.
pub const UNKNOWN_USERNAME: InputError = InputError::new("unknown_username_error", "The username is unknown.");
/// No account has this address.
pub const UNKNOWN_EMAIL: InputError = InputError::new("unknown_email_error", "The email address is unknown.");
/// The username has characters that usernames cannot have.
pub const INVALID_USERNAME: InputError = InputError::new("invalid_username_error", "The username is invalid.");
/// The passcode is not the one that was sent, or no longer valid.
pub const PASSCODE_INVALID: InputError = InputError::new("passcode_invalid", "The passcode is invalid.");
/// The code of the authenticator app is not the one of this moment.
pub const OTP_CODE_INVALID: InputError = InputError::new("otp_code_invalid", "The OTP code is invalid.");
/// The code of the authenticator app, or a later one, was used before.
pub const OTP_CODE_ALREADY_USED: InputError =
    InputError::new("otp_code_already_used", "The OTP code has already been used.");
/// The metadata is no JSON object, or too long.
pub const INVALID_METADATA: InputError = InputError::new("invalid_metadata_error", "The metadata is invalid.");
