//! What a sign-in or sign-up remembers from one request to the next (spec chapter 02, section 4), and the facts that
//! guards can ask of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::holdings::{Holdings, ProfileFacts};
use crate::{
    identity::{
        account,
        passkeys::{Created, Purpose},
    },
    notify::mail::PasscodeTemplate,
    secret::Secret,
    storage::users::AccountFacts,
};

/// How the first factor was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoginMethod {
    /// By a password.
    Password,
    /// By a code sent by e-mail.
    Passcode,
    /// By a passkey.
    Passkey,
    /// By signing in at a third party.
    ThirdParty,
}

/// How the second factor was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MfaMethod {
    /// By a time-based one-time password.
    Totp,
    /// By a security key.
    SecurityKey,
}

/// What the device and its browser can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Device {
    /// The browser knows WebAuthn.
    pub webauthn: bool,
    /// The browser offers passkeys where a name is typed.
    pub conditional_mediation: bool,
    /// The device has an authenticator of its own.
    pub platform_authenticator: bool,
    /// Security keys as the configuration wants them can be used.
    pub security_keys: bool,
}

/// What the account of the person has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each asked by its name")]
pub struct Account {
    /// A password.
    pub has_password: bool,
    /// A passkey: a credential that proves the first factor.
    pub has_passkey: bool,
    /// A WebAuthn credential of any kind.
    pub has_webauthn_credential: bool,
    /// A username.
    pub has_username: bool,
    /// An e-mail address.
    pub has_email: bool,
    /// A secret for one-time passwords.
    pub has_otp_secret: bool,
    /// A credential that proves only a second factor.
    pub has_security_key: bool,
}

impl From<&AccountFacts> for Account {
    fn from(facts: &AccountFacts) -> Self {
        Self {
            has_password: facts.has_password,
            has_passkey: facts.has_passkey,
            has_webauthn_credential: facts.has_webauthn_credential(),
            has_username: facts.has_username(),
            has_email: facts.has_email,
            has_otp_secret: facts.has_otp_secret,
            has_security_key: facts.has_security_key,
        }
    }
}

impl From<&account::Account> for Account {
    fn from(account: &account::Account) -> Self {
        let has = |mfa_only| account.credentials.iter().any(|credential| credential.row.mfa_only == mfa_only);
        Self {
            has_password: account.password.is_some(),
            has_passkey: has(false),
            has_webauthn_credential: !account.credentials.is_empty(),
            has_username: account.username.is_some(),
            has_email: !account.emails.is_empty(),
            has_otp_secret: account.otp_secret.is_some(),
            has_security_key: has(true),
        }
    }
}

/// The secret of an authenticator app that has proven to have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOtpSecret {
    /// The secret as it will be stored.
    pub secret: Secret<String>,
    /// The time step of the code that proved it.
    pub step: i32,
}

/// What survives going back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sticky {
    /// The passcode that was sent last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passcode_id: Option<Uuid>,
    /// Where it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passcode_email: Option<String>,
    /// The mail did not show it, and nothing that can be entered is it.
    #[serde(skip_serializing_if = "is_false")]
    pub passcode_is_decoy: bool,
}

impl Sticky {
    fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// What a flow remembers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stash {
    /// What the device can do.
    pub device: Device,
    /// The person wants to stay signed in.
    #[serde(skip_serializing_if = "is_false")]
    pub remember_me: bool,
    /// The name by which the person said who they are, as they entered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// The address that the person entered or that belongs to the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The username that the person entered or that belongs to the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The account, once it is known which; in a registration the account to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Uuid>,
    /// What the account has.
    pub account: Account,
    /// How the first factor is proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_method: Option<LoginMethod>,
    /// How the second factor is proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mfa_method: Option<MfaMethod>,
    /// The third party at which the person signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub third_party_provider: Option<String>,
    /// How the person has proven who they are, as RFC 8176 would list it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The mail that brings the next passcode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passcode_template: Option<PasscodeTemplate>,
    /// A passcode sent to `email` was entered.
    #[serde(skip_serializing_if = "is_false")]
    pub email_verified: bool,
    /// `email` is new to the account and not stored yet.
    #[serde(skip_serializing_if = "is_false")]
    pub create_email: bool,
    /// A forgotten password is being replaced.
    #[serde(skip_serializing_if = "is_false")]
    pub password_recovery_pending: bool,
    /// The hash of the password that the person chose and that is not stored yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_password: Option<String>,
    /// The WebAuthn ceremony under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webauthn_session_data_id: Option<Uuid>,
    /// What the credential is for that the ceremony under way creates.
    pub creation_purpose: Purpose,
    /// The credentials that were created and that are not stored yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webauthn_credentials: Vec<Created>,
    /// The secret that is offered to an authenticator app, as it would be stored. Nobody has proven to have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otp_secret: Option<Secret<String>>,
    /// The secret that an authenticator app has and that is not stored yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_otp_secret: Option<NewOtpSecret>,
    /// What survives going back.
    #[serde(skip_serializing_if = "Sticky::is_empty")]
    pub sticky: Sticky,
    /// The person agreed to trust the device.
    #[serde(skip_serializing_if = "is_false")]
    pub device_trust_granted: bool,
    /// What the account of the session has, as each request finds it; never remembered.
    #[serde(skip)]
    pub holdings: Holdings,
    /// The person trusts the device, as each request finds it; never remembered.
    #[serde(skip)]
    pub device_trusted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// What guards can ask.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Facts {
    /// The device.
    pub device: DeviceFacts,
    /// The account of the person, as far as it is known.
    pub user: UserFacts,
    /// What the account of the session has; in flows that require a session.
    pub profile: ProfileFacts,
    /// What the flow remembers.
    pub stash: StashFacts,
}

/// The device, for guards.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeviceFacts {
    /// The person trusts it; in flows that look for that.
    pub trusted: bool,
    /// What it can do.
    #[serde(flatten)]
    pub can: Device,
}

/// The account of the person, for guards.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserFacts {
    /// It is known which account it is.
    pub known: bool,
    /// What it has.
    #[serde(flatten)]
    pub account: Account,
}

/// What the flow remembers, for guards: texts are empty where nothing is remembered.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StashFacts {
    /// The address.
    pub email: String,
    /// The username.
    pub username: String,
    /// How the first factor is proven.
    pub login_method: String,
    /// How the second factor is proven.
    pub mfa_method: String,
    /// A passcode sent to the address was entered.
    pub email_verified: bool,
    /// A forgotten password is being replaced.
    pub password_recovery_pending: bool,
    /// The person agreed to trust the device.
    pub device_trust_granted: bool,
}

impl From<&Stash> for Facts {
    fn from(stash: &Stash) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            device: DeviceFacts { trusted: stash.device_trusted, can: stash.device },
            user: UserFacts { known: stash.user_id.is_some(), account: stash.account },
            profile: ProfileFacts::from(&stash.holdings),
            stash: StashFacts {
                email: text(&stash.email),
                username: text(&stash.username),
                login_method: stash.login_method.map(name).unwrap_or_default(),
                mfa_method: stash.mfa_method.map(name).unwrap_or_default(),
                email_verified: stash.email_verified,
                password_recovery_pending: stash.password_recovery_pending,
                device_trust_granted: stash.device_trust_granted,
            },
        }
    }
}

/// The name of a variant as it stands in graphs, tokens and audit logs.
pub(crate) fn name(variant: impl Serialize) -> String {
    serde_json::to_value(variant).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
