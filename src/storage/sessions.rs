//! Sessions.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, FromQueryResult, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{
    Id, StorageError, Timestamp, UnitOfWork,
    entities::sessions::{Column, Entity, Model},
    rows::{insert as insert_row, visible},
    sql::Sql,
    types::truncated,
};

/// A session to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// The claim `session_id` of its token.
    pub id: Uuid,
    /// Whose it is.
    pub user: Uuid,
    /// The header of the client; longer than 255 characters it is cut.
    pub user_agent: Option<String>,
    /// The address of the client.
    pub ip_address: Option<String>,
    /// When its token expires.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Inserts a session.
///
/// # Errors
///
/// [`StorageError::Reference`] when there is no such user.
pub async fn insert(unit: &mut UnitOfWork, session: NewSession, now: DateTime<Utc>) -> Result<Model, StorageError> {
    let cut = |text: Option<String>| text.map(|text| truncated(&text, 255).to_owned());
    let row = Model {
        id: Id(session.id),
        user_id: Id(session.user),
        user_agent: cut(session.user_agent),
        ip_address: cut(session.ip_address),
        expires_at: session.expires_at.map(Timestamp::from),
        last_used: now.into(),
        created_at: now.into(),
        updated_at: now.into(),
        tenant_id: Id(unit.tenant()),
    };
    insert_row(unit, row.clone()).await?;
    Ok(row)
}

/// The session with this id, expired or not.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn by_id(unit: &UnitOfWork, id: Uuid) -> Result<Option<Model>, StorageError> {
    static FIND: Sql = Sql::new(
        "SELECT id, user_id, user_agent, ip_address, expires_at, last_used, created_at, updated_at, tenant_id \
         FROM sessions WHERE id = ? AND tenant_id = ?",
    );
    let row = FIND.one(unit.read(), [id.into(), unit.tenant().into()]).await?;
    Ok(row.map(|row| Model::from_query_result(&row, "")).transpose()?)
}

/// The sessions of a user that expire after `now`, newest first.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn active_of_user(unit: &UnitOfWork, user: Uuid, now: DateTime<Utc>) -> Result<Vec<Model>, StorageError> {
    let query = visible::<Entity>(unit, Column::TenantId)
        .filter(Column::UserId.eq(Id(user)))
        .filter(Column::ExpiresAt.gt(Timestamp::from(now)));
    Ok(query.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).all(&unit.read()).await?)
}

/// Records that a session was used, without a transaction of its own. Returns whether there is one.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn touch(unit: &UnitOfWork, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError> {
    static TOUCH: Sql = Sql::new("UPDATE sessions SET last_used = ?, updated_at = ? WHERE id = ? AND tenant_id = ?");
    let now = Timestamp::from(now);
    let values = [now.into(), now.into(), id.into(), unit.tenant().into()];
    Ok(TOUCH.execute(unit.alone(), values).await? > 0)
}

/// Deletes a session. Returns whether there was one.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn delete(unit: &mut UnitOfWork, id: Uuid) -> Result<bool, StorageError> {
    static DELETE: Sql = Sql::new("DELETE FROM sessions WHERE id = ? AND tenant_id = ?");
    let values = [id.into(), unit.tenant().into()];
    Ok(DELETE.execute(unit.write().await?, values).await? > 0)
}

/// Removes all sessions of a user.
///
/// # Errors
///
/// When the database refuses.
pub async fn delete_of_user(unit: &mut UnitOfWork, user: Uuid) -> Result<u64, StorageError> {
    static DELETE: Sql = Sql::new("DELETE FROM sessions WHERE user_id = ? AND tenant_id = ?");
    let values = [user.into(), unit.tenant().into()];
    DELETE.execute(unit.write().await?, values).await
}
