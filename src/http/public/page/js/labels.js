// Words for what the server names. Every lookup falls back to the name itself, spelled as words, so that a state,
// action or input that this table has never heard of is still presentable.

const HEADINGS = {
  preflight: "One moment",
  login_init: "Sign in",
  registration_init: "Create an account",
  login_method_chooser: "How would you like to sign in?",
  login_passkey: "Use your passkey",
  login_password: "Enter your password",
  login_password_recovery: "Choose a new password",
  login_otp: "Enter your authentication code",
  login_security_key: "Use your security key",
  passcode_confirmation: "Check your mail",
  password_creation: "Choose a password",
  onboarding_create_passkey: "Create a passkey",
  onboarding_verify_passkey_attestation: "Creating your passkey",
  webauthn_credential_verification: "Creating your passkey",
  onboarding_email: "Add your email address",
  onboarding_username: "Pick a username",
  credential_onboarding_chooser: "How would you like to sign in next time?",
  mfa_method_chooser: "Add a second factor",
  mfa_otp_secret_creation: "Set up your authenticator app",
  mfa_security_key_creation: "Add a security key",
  device_trust: "Trust this browser?",
  thirdparty: "Continue at your provider",
  profile_init: "Your profile",
  account_deleted: "Your account is deleted",
  error: "That did not work",
};

const INTRODUCTIONS = {
  passcode_confirmation: "We sent you a code. It is good for a few minutes.",
  onboarding_create_passkey: "Sign in with your fingerprint, your face or your screen lock instead of a password.",
  mfa_otp_secret_creation: "Scan the picture with your authenticator app, then enter the code that it shows.",
  mfa_method_chooser: "A second step keeps your account safe when a password leaks.",
  device_trust: "You will not be asked for the second factor here for a while.",
};

const ACTIONS = {
  continue_with_login_identifier: "Continue",
  register_login_identifier: "Continue",
  webauthn_generate_request_options: "Sign in with a passkey",
  webauthn_verify_assertion_response: "Use passkey",
  webauthn_generate_creation_options: "Create a passkey",
  webauthn_verify_attestation_response: "Create passkey",
  webauthn_credential_create: "Create a passkey",
  email_create: "Add an email address",
  email_delete: "Delete an email address",
  email_set_primary: "Change the primary email address",
  email_verify: "Verify an email address",
  username_update: "Change the username",
  username_delete: "Delete the username",
  password_create: "Set a password",
  password_update: "Change the password",
  password_delete: "Delete the password",
  security_key_create: "Add a security key",
  security_key_delete: "Delete a security key",
  otp_secret_delete: "Remove the authenticator app",
  session_delete: "End another session",
  patch_metadata: "Change the metadata",
  account_delete: "Delete the account",
  webauthn_credential_delete: "Delete a credential",
  webauthn_credential_rename: "Rename a credential",
  continue_to_passcode_confirmation: "Send me a code by mail",
  continue_to_passcode_confirmation_recovery: "Forgot your password?",
  continue_to_password_login: "Enter my password",
  continue_to_passkey_registration: "With a passkey",
  continue_to_password_registration: "With a password",
  continue_to_otp_secret_creation: "Authenticator app",
  continue_to_security_key_creation: "Security key",
  continue_to_login_otp: "Use the authenticator app instead",
  continue_to_login_security_key: "Use a security key instead",
  password_login: "Sign in",
  password_recovery: "Save password",
  register_password: "Save password",
  verify_passcode: "Continue",
  resend_passcode: "Send a new code",
  otp_code_validate: "Continue",
  otp_code_verify: "Continue",
  email_address_set: "Continue",
  username_create: "Save username",
  trust_device: "Trust this browser",
  remember_me: "Stay signed in",
  thirdparty_oauth: "Continue with {name}",
  connect_thirdparty_oauth_provider: "Connect {name}",
  exchange_token: "Continue",
  skip: "Skip for now",
  back: "Back",
};

const INPUTS = {
  email: "Email address",
  identifier: "Email address or username",
  new_password: "New password",
  code: "Code",
  otp_code: "Authentication code",
  otp_secret: "Secret, if you cannot scan",
  passkey_id: "Credential",
  email_id: "Email address",
  session_id: "Session",
  patch_metadata: "Metadata (JSON)",
};

const ERRORS = {
  form_data_invalid_error: "Please check what you entered.",
  flow_expired_error: "This took too long, and the flow has expired. Please start again.",
  operation_not_permitted_error: "This step is not possible any more. Please start again.",
  unauthorized: "You have to sign in first.",
  rate_limit_exceeded: "That was a bit too often. Please wait a moment.",
  passcode_max_attempts_reached: "That code was wrong too many times. Please ask for a new one.",
  passkey_invalid: "This passkey could not be used.",
  value_missing_error: "Please fill this in.",
  passcode_invalid: "This code is wrong.",
  otp_code_invalid: "This code is wrong.",
};

/** `login_method_chooser` -> `Login method chooser`. */
function words(name) {
  const text = String(name).replace(/[_-]+/g, " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const headingOf = (state) => HEADINGS[state] ?? words(state);
const inputLabel = (name) => INPUTS[name] ?? words(name);
const errorText = (error) => ERRORS[error.code] ?? error.message ?? words(error.code);

/** The caption of an action; `choice` is the name of the allowed value that the button stands for. */
function actionLabel(name, choice) {
  const label = ACTIONS[name] ?? words(name);
  if (label.includes("{name}")) return label.replace("{name}", choice ?? "…");
  return choice ? `${label}: ${choice}` : label;
}
