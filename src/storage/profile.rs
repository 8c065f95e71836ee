//! A whole account, as the profile and the admin API show it.

use std::sync::LazyLock;

use sea_orm::{EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult};
use uuid::Uuid;

use super::{
    Id, StorageError, UnitOfWork,
    entities::{
        emails, identities, otp_secrets, password_credentials, user_metadata, usernames, users, webauthn_credentials,
    },
    sql::Sql,
};

/// A user and everything that belongs to it, except sessions and devices. Lists are in the order of creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub user: users::Model,
    /// The email addresses.
    pub emails: Vec<emails::Model>,
    /// Which of `emails` is the primary one.
    pub primary_email_id: Option<Uuid>,
    /// The username.
    pub username: Option<usernames::Model>,
    /// The password hash.
    pub password: Option<password_credentials::Model>,
    /// The secret of the authenticator app.
    pub otp_secret: Option<otp_secrets::Model>,
    /// The metadata.
    pub metadata: Option<user_metadata::Model>,
    /// The WebAuthn credentials of both kinds.
    pub credentials: Vec<Credential>,
    /// The identities of the user, and those matched with an address of the user.
    pub identities: Vec<Identity>,
}

/// A WebAuthn credential and how it can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The credential.
    pub row: webauthn_credentials::Model,
    /// Its transports, sorted by name.
    pub transports: Vec<String>,
}

/// An account at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The identity.
    pub row: identities::Model,
    /// Where it came from, if from SAML.
    pub saml: Option<SamlOrigin>,
}

/// Where a SAML identity came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamlOrigin {
    /// The email domain.
    pub domain: String,
    /// The provider for the domain; none when it was removed.
    pub provider: Option<SamlProvider>,
}

/// What is shown of a SAML provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamlProvider {
    /// Its name.
    pub name: String,
    /// Whether users can sign in with it.
    pub enabled: bool,
}

/// The account of a user in four round trips; none when there is no such user.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn load(unit: &UnitOfWork, user: Uuid) -> Result<Option<Account>, StorageError> {
    let values = || [user.into(), unit.tenant().into()];
    let Some(row) = SINGLES.one(unit.read(), values()).await? else { return Ok(None) };
    let email_rows = super::emails::of_user(unit, user).await?;
    let credential_rows = CREDENTIALS.all(unit.read(), values()).await?;
    let identity_rows = IDENTITIES.all(unit.read(), [user.into(), user.into(), unit.tenant().into()]).await?;
    Ok(Some(Account {
        user: users::Model::from_query_result(&row, "u_")?,
        emails: email_rows,
        primary_email_id: row.try_get_by::<Option<Id>, _>("primary_email_id")?.map(Uuid::from),
        username: Option::from_query_result(&row, "n_")?,
        password: Option::from_query_result(&row, "p_")?,
        otp_secret: Option::from_query_result(&row, "o_")?,
        metadata: Option::from_query_result(&row, "m_")?,
        credentials: grouped(&credential_rows)?,
        identities: identity_rows.iter().map(identity).collect::<Result<_, _>>()?,
    }))
}

/// What a user has at most one of.
static SINGLES: LazyLock<Sql> = LazyLock::new(|| {
    Sql::assembled(format!(
        "SELECT {}, {}, {}, {}, {}, e.email_id AS primary_email_id FROM users u \
         LEFT JOIN usernames n ON n.user_id = u.id AND n.tenant_id = u.tenant_id \
         LEFT JOIN password_credentials p ON p.user_id = u.id AND p.tenant_id = u.tenant_id \
         LEFT JOIN otp_secrets o ON o.user_id = u.id AND o.tenant_id = u.tenant_id \
         LEFT JOIN user_metadata m ON m.user_id = u.id AND m.tenant_id = u.tenant_id \
         LEFT JOIN primary_emails e ON e.user_id = u.id AND e.tenant_id = u.tenant_id \
         WHERE u.id = ? AND u.tenant_id = ?",
        columns::<users::Entity>("u"),
        columns::<usernames::Entity>("n"),
        columns::<password_credentials::Entity>("p"),
        columns::<otp_secrets::Entity>("o"),
        columns::<user_metadata::Entity>("m"),
    ))
});

static CREDENTIALS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::assembled(format!(
        "SELECT {}, t.name AS transport FROM webauthn_credentials c \
         LEFT JOIN webauthn_credential_transports t ON t.webauthn_credential_id = c.id \
         WHERE c.user_id = ? AND c.tenant_id = ? ORDER BY c.created_at, c.id, t.name",
        columns::<webauthn_credentials::Entity>("c"),
    ))
});

/// SAML providers are joined, not required: an identity whose provider was removed must not hide its user.
static IDENTITIES: LazyLock<Sql> = LazyLock::new(|| {
    Sql::assembled(format!(
        "SELECT {}, s.domain AS saml_domain, p.name AS saml_name, p.enabled AS saml_enabled FROM identities i \
         LEFT JOIN saml_identities s ON s.identity_id = i.id \
         LEFT JOIN saml_providers p ON p.tenant_id = i.tenant_id AND p.domain = s.domain \
         WHERE (i.user_id = ? OR i.email_id IN (SELECT e.id FROM emails e WHERE e.user_id = ?)) AND i.tenant_id = ? \
         ORDER BY i.created_at, i.id",
        columns::<identities::Entity>("i"),
    ))
});

/// All columns of a table under an alias, each renamed to `<alias>_<column>`.
fn columns<E: EntityTrait>(alias: &str) -> String {
    let columns: Vec<String> = E::Column::iter()
        .map(|column| column.as_str())
        .map(|column| format!("{alias}.{column} AS {alias}_{column}"))
        .collect();
    columns.join(", ")
}

/// Rows of one credential follow each other, one per transport.
fn grouped(rows: &[QueryResult]) -> Result<Vec<Credential>, StorageError> {
    let mut credentials: Vec<Credential> = Vec::new();
    for row in rows {
        let credential = webauthn_credentials::Model::from_query_result(row, "c_")?;
        let transport: Option<String> = row.try_get_by("transport")?;
        match credentials.last_mut() {
            Some(last) if last.row.id == credential.id => last.transports.extend(transport),
            _ => credentials.push(Credential { row: credential, transports: transport.into_iter().collect() }),
        }
    }
    Ok(credentials)
}

fn identity(row: &QueryResult) -> Result<Identity, StorageError> {
    let name: Option<String> = row.try_get_by("saml_name")?;
    let enabled: Option<bool> = row.try_get_by("saml_enabled")?;
    let provider = name.map(|name| SamlProvider { name, enabled: enabled.unwrap_or_default() });
    let domain: Option<String> = row.try_get_by("saml_domain")?;
    Ok(Identity {
        row: identities::Model::from_query_result(row, "i_")?,
        saml: domain.map(|domain| SamlOrigin { domain, provider }),
    })
}
