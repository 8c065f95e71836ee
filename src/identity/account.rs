//! What is made of a user and everything that belongs to them: the user of the admin API and of webhooks, the claims of
//! tokens, what claim templates see.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::objects::{Credential, Email, Identity, Metadata, Otp, Password, User, Username};
pub use crate::storage::profile::Account;
use crate::{
    keys::{EmailClaim, TemplateUser},
    storage::{
        self, StorageError, UnitOfWork,
        entities::{emails, identities, password_credentials, user_metadata, usernames},
    },
};

impl Account {
    /// Reads the account of a user of the tenant; `None` when there is no such user.
    ///
    /// # Errors
    ///
    /// When the database cannot be asked.
    pub async fn load(unit: &UnitOfWork, user_id: Uuid) -> Result<Option<Self>, StorageError> {
        storage::profile::load(unit, user_id).await
    }

    /// The user's id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.user.id.0
    }

    /// The primary address.
    #[must_use]
    pub fn primary_email(&self) -> Option<&emails::Model> {
        self.emails.iter().find(|email| self.is_primary(email))
    }

    /// Whether `email` is the primary address.
    #[must_use]
    pub fn is_primary(&self, email: &emails::Model) -> bool {
        self.primary_email_id == Some(email.id.0)
    }

    /// The credentials as they are shown.
    pub fn shown_credentials(&self) -> impl Iterator<Item = Credential> {
        self.credentials.iter().map(|storage::profile::Credential { row, transports }| Credential {
            id: row.id.clone(),
            name: row.name.clone(),
            public_key: row.public_key.clone(),
            attestation_type: row.attestation_type.clone(),
            aaguid: row.aaguid.0,
            last_used_at: row.last_used_at.map(|time| time.0.into()),
            created_at: row.created_at.0.into(),
            transports: transports.clone(),
            backup_eligible: row.backup_eligible,
            backup_state: row.backup_state,
            mfa_only: row.mfa_only,
        })
    }

    /// The claim `email` of the user's tokens.
    #[must_use]
    pub fn email_claim(&self) -> Option<EmailClaim> {
        self.primary_email().map(|email| EmailClaim {
            address: email.address.clone(),
            is_primary: true,
            is_verified: email.verified,
        })
    }

    /// Data that applications keep with the user.
    #[must_use]
    pub fn shown_metadata(&self) -> Metadata {
        self.metadata.as_ref().map(metadata).unwrap_or_default()
    }

    /// What claim templates see.
    #[must_use]
    pub fn template_user(&self) -> TemplateUser {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let metadata = self.shown_metadata();
        TemplateUser {
            user_id: self.id().to_string(),
            email: self.email_claim(),
            username: self.username.as_ref().map(|row| row.username.clone()).unwrap_or_default(),
            name: text(&self.user.name),
            family_name: text(&self.user.family_name),
            given_name: text(&self.user.given_name),
            picture: text(&self.user.picture),
            public_metadata: metadata.public_metadata,
            unsafe_metadata: metadata.unsafe_metadata,
        }
    }
}

/// The columns hold JSON objects as text. What is no object counts as empty, as nobody could have meant it.
fn metadata(row: &user_metadata::Model) -> Metadata {
    let object = |text: &Option<String>| -> Map<String, Value> {
        text.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    };
    Metadata {
        public_metadata: object(&row.public_metadata),
        private_metadata: object(&row.private_metadata),
        unsafe_metadata: object(&row.unsafe_metadata),
    }
}

impl From<&Account> for User {
    /// The user of the admin API; also the data of `user.*` webhook events, which add the client's address and agent.
    fn from(account: &Account) -> Self {
        let user = &account.user;
        Self {
            id: account.id(),
            webauthn_credentials: account.shown_credentials().collect(),
            emails: account.emails.iter().map(|row| email(row, account.is_primary(row))).collect(),
            username: account.username.as_ref().map(Username::from),
            created_at: user.created_at.0.into(),
            updated_at: user.updated_at.0.into(),
            password: account.password.as_ref().map(Password::from),
            identities: account.identities.iter().map(|identity| Identity::from(&identity.row)).collect(),
            otp: account.otp_secret.as_ref().map(|row| Otp { id: row.id.0, created_at: row.created_at.0.into() }),
            ip_address: None,
            user_agent: None,
            metadata: Some(account.shown_metadata()).filter(|metadata| !metadata.is_empty()),
            name: shown(&user.name),
            family_name: shown(&user.family_name),
            given_name: shown(&user.given_name),
            picture: shown(&user.picture),
        }
    }
}

/// Profile data is left out when it is empty.
pub(super) fn shown(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}

fn email(row: &emails::Model, is_primary: bool) -> Email {
    Email {
        id: row.id.0,
        address: row.address.clone(),
        is_verified: row.verified,
        is_primary,
        created_at: row.created_at.0.into(),
        updated_at: row.updated_at.0.into(),
    }
}

impl From<&usernames::Model> for Username {
    fn from(row: &usernames::Model) -> Self {
        Self {
            id: row.id.0,
            username: row.username.clone(),
            created_at: row.created_at.0.into(),
            updated_at: row.updated_at.0.into(),
        }
    }
}

impl From<&password_credentials::Model> for Password {
    fn from(row: &password_credentials::Model) -> Self {
        Self {
            id: row.id.0,
            tenant_id: row.tenant_id.0,
            created_at: row.created_at.0.into(),
            updated_at: row.updated_at.0.into(),
        }
    }
}

impl From<&identities::Model> for Identity {
    fn from(row: &identities::Model) -> Self {
        Self {
            id: row.id.0,
            provider_id: row.provider_user_id.clone(),
            provider_name: row.provider_id.clone(),
            email_id: row.email_id.map(|id| id.0),
            created_at: row.created_at.0.into(),
            updated_at: row.updated_at.0.into(),
        }
    }
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
