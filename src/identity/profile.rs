//! The profile: what users see of themselves at `GET /me` and as `user` in flow payloads (spec chapter 04 section 5.4).

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    account::{Account, shown},
    objects::{Credential, Username},
};
use crate::{
    config::{Config, ThirdParty},
    storage::entities::{emails, identities},
    timestamp::Timestamp,
};

/// A user's view of themselves.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Profile {
    /// The user's id, for older clients.
    pub id: Uuid,
    /// The user's id.
    pub user_id: Uuid,
    /// Passkeys, when they are enabled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passkeys: Vec<Credential>,
    /// Security keys, when they are enabled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security_keys: Vec<Credential>,
    /// What is possible as a second factor.
    pub mfa_config: MfaConfig,
    /// Email addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<ProfileEmail>,
    /// The username.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<Username>,
    /// When the user was created.
    pub created_at: Timestamp,
    /// When the user's own data last changed.
    pub updated_at: Timestamp,
    /// Data that applications keep with the user, as far as the user may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<ProfileMetadata>,
    /// Accounts at third parties.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<ProfileIdentity>,
    /// The full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// The family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// The address of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// What is possible as a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MfaConfig {
    /// Whether the user has an authenticator app.
    pub auth_app_set_up: bool,
    /// Whether authenticator apps can be used.
    pub totp_enabled: bool,
    /// Whether security keys can be used.
    pub security_keys_enabled: bool,
}

/// An email address in the profile.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProfileEmail {
    /// The id of the address.
    pub id: Uuid,
    /// The address.
    pub address: String,
    /// Whether the user proved that it is theirs.
    pub is_verified: bool,
    /// Whether it is the one that mails go to.
    pub is_primary: bool,
    /// Deprecated: the first account at a third party that has this address, also when its provider is disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<ProfileIdentity>,
    /// Deprecated: the accounts at third parties that have this address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<ProfileIdentity>,
}

/// An account at a third party, in the profile.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProfileIdentity {
    /// The user's id at the provider.
    pub id: String,
    /// What the provider is called.
    pub provider: String,
    /// The id of the identity here.
    pub identity_id: Uuid,
}

/// Data that applications keep with the user, as far as the user may see it. Each part is omitted when it is empty.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ProfileMetadata {
    /// Changed by the application.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub public_metadata: Map<String, Value>,
    /// Changed by the user.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub unsafe_metadata: Map<String, Value>,
}

impl Profile {
    /// The profile of `account` under a configuration.
    #[must_use]
    pub fn new(account: &Account, config: &Config) -> Self {
        let (security_keys, passkeys): (Vec<_>, Vec<_>) =
            account.shown_credentials().partition(|credential| credential.mfa_only);
        let providers = &config.third_party;
        let user = &account.user;
        Self {
            id: account.id(),
            user_id: account.id(),
            passkeys: if config.passkey.enabled { passkeys } else { Vec::new() },
            security_keys: if config.mfa.security_keys.enabled { security_keys } else { Vec::new() },
            mfa_config: MfaConfig {
                auth_app_set_up: account.otp.is_some(),
                totp_enabled: config.mfa.enabled && config.mfa.totp.enabled,
                security_keys_enabled: config.mfa.enabled && config.mfa.security_keys.enabled,
            },
            emails: account.emails.iter().map(|row| email(account, row, providers)).collect(),
            username: account.username.as_ref().map(Username::from),
            created_at: user.created_at.0.into(),
            updated_at: user.updated_at.0.into(),
            metadata: metadata(account),
            identities: enabled(account.identities.iter(), providers).collect(),
            name: shown(&user.name),
            given_name: shown(&user.given_name),
            family_name: shown(&user.family_name),
            picture: shown(&user.picture),
        }
    }
}

fn metadata(account: &Account) -> Option<ProfileMetadata> {
    let metadata = ProfileMetadata {
        public_metadata: account.metadata.public_metadata.clone(),
        unsafe_metadata: account.metadata.unsafe_metadata.clone(),
    };
    (!metadata.public_metadata.is_empty() || !metadata.unsafe_metadata.is_empty()).then_some(metadata)
}

fn email(account: &Account, row: &emails::Model, providers: &ThirdParty) -> ProfileEmail {
    let linked = || account.identities.iter().filter(|identity| identity.email_id == Some(row.id));
    ProfileEmail {
        id: row.id.0,
        address: row.address.clone(),
        is_verified: row.verified,
        is_primary: account.is_primary(row),
        identity: linked().next().map(|identity| shown_identity(identity, providers)),
        identities: enabled(linked(), providers).collect(),
    }
}

fn enabled<'a>(
    identities: impl Iterator<Item = &'a identities::Model>,
    providers: &ThirdParty,
) -> impl Iterator<Item = ProfileIdentity> {
    identities.filter(|row| is_enabled(&row.provider_id, providers)).map(|row| shown_identity(row, providers))
}

fn shown_identity(row: &identities::Model, providers: &ThirdParty) -> ProfileIdentity {
    ProfileIdentity {
        id: row.provider_user_id.clone(),
        provider: display_name(&row.provider_id, providers),
        identity_id: row.id.0,
    }
}

/// Whether a provider can be signed in with. One that is neither built in nor custom is a SAML issuer, whose own rows
/// say so.
fn is_enabled(provider_id: &str, providers: &ThirdParty) -> bool {
    if provider_id.starts_with("custom_") {
        return custom(provider_id, providers).is_some_and(|provider| provider.enabled);
    }
    let built_in = &providers.providers;
    match provider_id {
        "apple" => built_in.apple.enabled,
        "discord" => built_in.discord.enabled,
        "github" => built_in.github.enabled,
        "google" => built_in.google.enabled,
        "linkedin" => built_in.linkedin.enabled,
        "microsoft" => built_in.microsoft.enabled,
        "facebook" => built_in.facebook.enabled,
        _ => true,
    }
}

/// What a provider is called.
#[must_use]
pub fn display_name(provider_id: &str, providers: &ThirdParty) -> String {
    let built_in = match provider_id {
        "apple" => "Apple",
        "discord" => "Discord",
        "github" => "GitHub",
        "google" => "Google",
        "linkedin" => "LinkedIn",
        "microsoft" => "Microsoft",
        "facebook" => "Facebook",
        other => {
            let custom = custom(other, providers).map(|provider| provider.display_name.trim());
            custom.filter(|name| !name.is_empty()).unwrap_or_else(|| other.trim())
        }
    };
    built_in.to_owned()
}

fn custom<'a>(provider_id: &str, providers: &'a ThirdParty) -> Option<&'a crate::config::CustomProvider> {
    let name = provider_id.strip_prefix("custom_")?;
    providers.custom_providers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, provider)| provider)
}
