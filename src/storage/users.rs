//! Users.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, DbBackend, QueryFilter};
use uuid::Uuid;

use super::{
    Id, StorageError, UnitOfWork,
    entities::users::{Column, Entity, Model},
    rows::{insert as insert_row, visible},
    sql::Sql,
    types::truncated,
};

/// What a provider or an administrator tells about a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonalData {
    /// Full name; longer than 255 characters it is cut.
    pub name: Option<String>,
    /// Family name; longer than 255 characters it is cut.
    pub family_name: Option<String>,
    /// Given name; longer than 255 characters it is cut.
    pub given_name: Option<String>,
    /// An http(s) URL.
    pub picture: Option<String>,
}

/// Inserts a user.
///
/// # Errors
///
/// [`StorageError::Conflict`] when the id exists.
pub async fn insert(
    unit: &mut UnitOfWork,
    id: Uuid,
    data: PersonalData,
    created_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Model, StorageError> {
    let cut = |text: Option<String>| text.map(|text| truncated(&text, 255).to_owned());
    let row = Model {
        id: Id(id),
        created_at: created_at.into(),
        updated_at: now.into(),
        name: cut(data.name),
        family_name: cut(data.family_name),
        given_name: cut(data.given_name),
        picture: data.picture,
        tenant_id: Id(unit.tenant()),
    };
    insert_row(unit, row.clone()).await?;
    Ok(row)
}

/// The user with this id.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn by_id(unit: &UnitOfWork, id: Uuid) -> Result<Option<Model>, StorageError> {
    Ok(visible::<Entity>(unit, Column::TenantId).filter(Column::Id.eq(Id(id))).one(&unit.read()).await?)
}

/// Keeps everybody else who asks for it from changing the account until the transaction ends, for rules that span several
/// rows. Whoever waits for it sees afterwards what the others have written.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn lock(unit: &mut UnitOfWork, id: Uuid) -> Result<(), StorageError> {
    static LOCK: Sql = Sql::new("SELECT id FROM users WHERE id = ? AND tenant_id = ? FOR UPDATE");
    let values = [id.into(), unit.tenant().into()];
    let is_exclusive = unit.backend() == DbBackend::Sqlite;
    let transaction = unit.write().await?;
    if !is_exclusive {
        LOCK.one(transaction, values).await?;
    }
    Ok(())
}

/// Deletes a user with everything that belongs to it, except its audit log, and except what flows under way remember of
/// it: nobody can go on with them, and `cleanup` deletes them once they have expired. Returns whether there was one.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn delete(unit: &mut UnitOfWork, id: Uuid) -> Result<bool, StorageError> {
    // A primary email restricts the deletion of its address, which would go by cascade.
    static PRIMARY: Sql = Sql::new("DELETE FROM primary_emails WHERE user_id = ? AND tenant_id = ?");
    // Ceremonies refer to no user: most begin before it is known whose they are.
    static CEREMONIES: Sql = Sql::new("DELETE FROM webauthn_session_data WHERE user_id = ? AND tenant_id = ?");
    static USER: Sql = Sql::new("DELETE FROM users WHERE id = ? AND tenant_id = ?");
    let tenant = unit.tenant();
    let transaction = unit.write().await?;
    PRIMARY.execute(transaction, [id.into(), tenant.into()]).await?;
    CEREMONIES.execute(transaction, [id.into(), tenant.into()]).await?;
    Ok(USER.execute(transaction, [id.into(), tenant.into()]).await? > 0)
}

/// What a login asks about an account: which ways in it has, and what it is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFacts {
    /// There is a password.
    pub has_password: bool,
    /// There is a secret of an authenticator app.
    pub has_otp_secret: bool,
    /// There is an email address.
    pub has_email: bool,
    /// There is a WebAuthn credential that can log in.
    pub has_passkey: bool,
    /// There is a WebAuthn credential that is a second factor only.
    pub has_security_key: bool,
    /// The username, if there is one.
    pub username: Option<String>,
    /// The primary email address, if there is one.
    pub primary_email: Option<String>,
}

impl AccountFacts {
    /// There is a WebAuthn credential of either kind.
    #[must_use]
    pub fn has_webauthn_credential(&self) -> bool {
        self.has_passkey || self.has_security_key
    }

    /// There is a username.
    #[must_use]
    pub fn has_username(&self) -> bool {
        self.username.is_some()
    }
}

/// The facts about an account, in one round trip; none when there is no such user.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn account_facts(unit: &UnitOfWork, id: Uuid) -> Result<Option<AccountFacts>, StorageError> {
    // CASE, because only PostgreSQL returns EXISTS as a boolean.
    static FACTS: Sql = Sql::new(
        "SELECT \
         CASE WHEN EXISTS (SELECT 1 FROM password_credentials p WHERE p.user_id = u.id AND p.tenant_id = u.tenant_id) \
         THEN 1 ELSE 0 END, \
         CASE WHEN EXISTS (SELECT 1 FROM otp_secrets o WHERE o.user_id = u.id AND o.tenant_id = u.tenant_id) \
         THEN 1 ELSE 0 END, \
         CASE WHEN EXISTS (SELECT 1 FROM emails e WHERE e.user_id = u.id AND e.tenant_id = u.tenant_id) \
         THEN 1 ELSE 0 END, \
         CASE WHEN EXISTS (SELECT 1 FROM webauthn_credentials w WHERE w.user_id = u.id AND w.tenant_id = u.tenant_id \
         AND NOT w.mfa_only) THEN 1 ELSE 0 END, \
         CASE WHEN EXISTS (SELECT 1 FROM webauthn_credentials w WHERE w.user_id = u.id AND w.tenant_id = u.tenant_id \
         AND w.mfa_only) THEN 1 ELSE 0 END, \
         (SELECT n.username FROM usernames n WHERE n.user_id = u.id AND n.tenant_id = u.tenant_id), \
         (SELECT e.address FROM primary_emails m JOIN emails e ON e.id = m.email_id \
         WHERE m.user_id = u.id AND m.tenant_id = u.tenant_id) \
         FROM users u WHERE u.id = ? AND u.tenant_id = ?",
    );
    let Some(row) = FACTS.one(unit.read(), [id.into(), unit.tenant().into()]).await? else { return Ok(None) };
    let flag = |index| row.try_get_by_index::<i32>(index).map(|value| value == 1);
    Ok(Some(AccountFacts {
        has_password: flag(0)?,
        has_otp_secret: flag(1)?,
        has_email: flag(2)?,
        has_passkey: flag(3)?,
        has_security_key: flag(4)?,
        username: row.try_get_by_index(5)?,
        primary_email: row.try_get_by_index(6)?,
    }))
}
