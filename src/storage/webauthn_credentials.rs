//! WebAuthn credentials with their transports, and the user handles of imported ones.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::{
    Id, StorageError, Timestamp, UnitOfWork,
    entities::{
        webauthn_credential_transports as transports, webauthn_credential_user_handles as user_handles,
        webauthn_credentials::{Column, Entity, Model},
    },
    rows::{insert as insert_row, insert_all, visible},
    sql::Sql,
    types::truncated,
};
use crate::random::Random;

/// A credential to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCredential {
    /// The credential id in unpadded URL-safe base64.
    pub id: String,
    /// Whose it is.
    pub user: Uuid,
    /// The COSE key in unpadded URL-safe base64.
    pub public_key: String,
    /// The attestation statement format (WebAuthn level 2, section 8).
    pub attestation_type: String,
    /// The model of the authenticator; all zero when unknown.
    pub aaguid: Uuid,
    /// The signature counter of the registration.
    pub sign_count: u32,
    /// Its name; longer than 255 characters it is cut.
    pub name: Option<String>,
    /// Whether it may be backed up, as of the last assertion.
    pub backup_eligible: bool,
    /// Whether it is backed up, as of the last assertion.
    pub backup_state: bool,
    /// When it was last used.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Whether it is a security key, a second factor only.
    pub mfa_only: bool,
    /// How it can be reached; empty names are left out.
    pub transports: Vec<String>,
}

/// Inserts a credential with its transports.
///
/// # Errors
///
/// [`StorageError::Conflict`] when the credential id exists.
pub async fn insert(
    unit: &mut UnitOfWork,
    random: &dyn Random,
    credential: NewCredential,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let tenant = Id(unit.tenant());
    let row = Model {
        id: credential.id.clone(),
        user_id: Id(credential.user),
        public_key: credential.public_key,
        attestation_type: credential.attestation_type,
        aaguid: Id(credential.aaguid),
        sign_count: stored(credential.sign_count),
        created_at: now.into(),
        updated_at: now.into(),
        name: credential.name.map(|name| truncated(&name, 255).to_owned()),
        backup_eligible: credential.backup_eligible,
        backup_state: credential.backup_state,
        last_used_at: credential.last_used_at.map(Timestamp::from),
        mfa_only: credential.mfa_only,
        user_handle_id: None,
        tenant_id: tenant,
    };
    insert_row(unit, row).await?;
    let names: BTreeSet<&str> = credential.transports.iter().map(|name| truncated(name, 255)).collect();
    let transports = names.into_iter().filter(|name| !name.is_empty()).map(|name| transports::Model {
        id: random.uuid().to_string(),
        name: name.to_owned(),
        webauthn_credential_id: credential.id.clone(),
        tenant_id: tenant,
    });
    insert_all(unit, transports.collect()).await
}

/// The credentials of a user, oldest first.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn of_user(unit: &UnitOfWork, user: Uuid) -> Result<Vec<Model>, StorageError> {
    let query = visible::<Entity>(unit, Column::TenantId).filter(Column::UserId.eq(Id(user)));
    Ok(query.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(&unit.read()).await?)
}

/// The credential with this id.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn by_id(unit: &UnitOfWork, id: &str) -> Result<Option<Model>, StorageError> {
    // MySQL refuses to compare the column, which is of ASCII, with anything else. NUL is none once it is bound.
    if !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(None);
    }
    let query = visible::<Entity>(unit, Column::TenantId).filter(Column::Id.eq(id));
    // MySQL databases of the original compare without case.
    Ok(query.one(&unit.read()).await?.filter(|row| row.id == id))
}

/// Whether there is a credential with this id in whatever tenant: ids are unique among all of them.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn exists(unit: &UnitOfWork, id: &str) -> Result<bool, StorageError> {
    static EXISTS: Sql = Sql::new("SELECT id FROM webauthn_credentials WHERE id = ?");
    Ok(EXISTS.one(unit.read(), [id.into()]).await?.is_some())
}

/// The transports of all credentials of a user.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn transports_of_user(unit: &UnitOfWork, user: Uuid) -> Result<Vec<transports::Model>, StorageError> {
    let credentials =
        visible::<Entity>(unit, Column::TenantId).select_only().column(Column::Id).filter(Column::UserId.eq(Id(user)));
    let query = visible::<transports::Entity>(unit, transports::Column::TenantId)
        .filter(transports::Column::WebauthnCredentialId.in_subquery(credentials.into_query()));
    Ok(query.order_by_asc(transports::Column::Name).all(&unit.read()).await?)
}

/// Records a successful assertion: the counter, the backup flags (WebAuthn level 3, section 6.1), the time. Returns
/// whether there is such a credential.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn record_use(
    unit: &mut UnitOfWork,
    id: &str,
    sign_count: u32,
    backup_eligible: bool,
    backup_state: bool,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    static RECORD: Sql = Sql::new(
        "UPDATE webauthn_credentials SET sign_count = ?, backup_eligible = ?, backup_state = ?, last_used_at = ?, \
         updated_at = ? WHERE id = ? AND tenant_id = ?",
    );
    let now = Timestamp::from(now);
    let values = [
        stored(sign_count).into(),
        backup_eligible.into(),
        backup_state.into(),
        now.into(),
        now.into(),
        id.into(),
        unit.tenant().into(),
    ];
    Ok(RECORD.execute(unit.write().await?, values).await? > 0)
}

/// Renames a credential. Returns whether there is one.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn rename(unit: &mut UnitOfWork, id: &str, name: &str, now: DateTime<Utc>) -> Result<bool, StorageError> {
    static RENAME: Sql =
        Sql::new("UPDATE webauthn_credentials SET name = ?, updated_at = ? WHERE id = ? AND tenant_id = ?");
    let values = [truncated(name, 255).into(), Timestamp::from(now).into(), id.into(), unit.tenant().into()];
    Ok(RENAME.execute(unit.write().await?, values).await? > 0)
}

/// Deletes a credential with its transports. Returns whether there was one.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn delete(unit: &mut UnitOfWork, id: &str) -> Result<bool, StorageError> {
    static DELETE: Sql = Sql::new("DELETE FROM webauthn_credentials WHERE id = ? AND tenant_id = ?");
    let values = [id.into(), unit.tenant().into()];
    Ok(DELETE.execute(unit.write().await?, values).await? > 0)
}

/// The foreign user handles of a user.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn user_handles_of_user(unit: &UnitOfWork, user: Uuid) -> Result<Vec<user_handles::Model>, StorageError> {
    let query = visible::<user_handles::Entity>(unit, user_handles::Column::TenantId)
        .filter(user_handles::Column::UserId.eq(Id(user)));
    Ok(query.order_by_asc(user_handles::Column::CreatedAt).all(&unit.read()).await?)
}

/// The foreign user handle with this text.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn user_handle(unit: &UnitOfWork, handle: &str) -> Result<Option<user_handles::Model>, StorageError> {
    let query = visible::<user_handles::Entity>(unit, user_handles::Column::TenantId)
        .filter(user_handles::Column::Handle.eq(handle));
    // MySQL databases of the original compare without case.
    Ok(query.one(&unit.read()).await?.filter(|row| row.handle == handle))
}

/// A counter as its column, a signed integer, can hold it. Beyond its range it stands still: logins go on, only a clone
/// of the authenticator would no longer be noticed.
fn stored(sign_count: u32) -> i32 {
    i32::try_from(sign_count).unwrap_or(i32::MAX)
}
