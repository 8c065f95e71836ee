//! The profile: what users see of themselves at `GET /me` and as `user` in flow payloads (spec chapter 04 section 5.4).

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    account::{Account, shown},
    objects::{Credential, Metadata, Username},
};
use crate::{
    config::{Config, CustomProvider, ThirdParty},
    storage::{entities::emails, profile::Identity},
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
                auth_app_set_up: account.otp_secret.is_some(),
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
    let Metadata { public_metadata, unsafe_metadata, .. } = account.shown_metadata();
    let metadata = ProfileMetadata { public_metadata, unsafe_metadata };
    (!metadata.public_metadata.is_empty() || !metadata.unsafe_metadata.is_empty()).then_some(metadata)
}

fn email(account: &Account, row: &emails::Model, providers: &ThirdParty) -> ProfileEmail {
    let linked = || account.identities.iter().filter(|identity| identity.row.email_id == Some(row.id));
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
    identities: impl Iterator<Item = &'a Identity>,
    providers: &ThirdParty,
) -> impl Iterator<Item = ProfileIdentity> {
    identities.filter(|identity| is_enabled(identity, providers)).map(|identity| shown_identity(identity, providers))
}

fn shown_identity(identity: &Identity, providers: &ThirdParty) -> ProfileIdentity {
    let row = &identity.row;
    let saml = identity.saml.as_ref().and_then(|saml| saml.provider.as_ref());
    ProfileIdentity {
        id: row.provider_user_id.clone(),
        provider: saml.map_or_else(|| display_name(&row.provider_id, providers), |provider| provider.name.clone()),
        identity_id: row.id.0,
    }
}

/// Whether the user could sign in with the identity now.
fn is_enabled(identity: &Identity, providers: &ThirdParty) -> bool {
    if let Some(saml) = &identity.saml {
        return saml.provider.as_ref().is_some_and(|provider| provider.enabled);
    }
    let id = identity.row.provider_id.as_str();
    match built_in(id, providers) {
        Some((_, enabled)) => enabled,
        None => custom(id, providers).is_some_and(|provider| provider.enabled),
    }
}

/// What a provider is called; a SAML provider is not among them.
#[must_use]
pub fn display_name(provider_id: &str, providers: &ThirdParty) -> String {
    if let Some((name, _)) = built_in(provider_id, providers) {
        return name.to_owned();
    }
    let custom = custom(provider_id, providers).map(|provider| provider.display_name.trim());
    custom.filter(|name| !name.is_empty()).unwrap_or_else(|| provider_id.trim()).to_owned()
}

/// Name of a built-in provider, and whether it is enabled.
fn built_in(provider_id: &str, providers: &ThirdParty) -> Option<(&'static str, bool)> {
    let providers = &providers.providers;
    let (name, provider) = match provider_id {
        "apple" => ("Apple", &providers.apple),
        "discord" => ("Discord", &providers.discord),
        "github" => ("GitHub", &providers.github),
        "google" => ("Google", &providers.google),
        "linkedin" => ("LinkedIn", &providers.linkedin),
        "microsoft" => ("Microsoft", &providers.microsoft),
        "facebook" => ("Facebook", &providers.facebook),
        _ => return None,
    };
    Some((name, provider.enabled))
}

fn custom<'a>(provider_id: &str, providers: &'a ThirdParty) -> Option<&'a CustomProvider> {
    let name = provider_id.strip_prefix("custom_")?;
    providers.custom_providers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, provider)| provider)
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;
