//! Usernames. Callers write them in lower case; equal means equal bytes.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::{
    Id, StorageError, Timestamp, UnitOfWork,
    entities::usernames::{Column, Entity, Model},
    rows::{insert as insert_row, visible},
    sql::Sql,
};

/// Inserts the username of a user.
///
/// # Errors
///
/// [`StorageError::Conflict`]: `usernames_tenant_id_username_idx` when it is taken, `usernames_user_id_idx` when the
/// user has one.
pub async fn insert(
    unit: &mut UnitOfWork,
    id: Uuid,
    user: Uuid,
    username: &str,
    now: DateTime<Utc>,
) -> Result<Model, StorageError> {
    let row = Model {
        id: Id(id),
        user_id: Id(user),
        username: username.to_owned(),
        created_at: now.into(),
        updated_at: now.into(),
        tenant_id: Id(unit.tenant()),
    };
    insert_row(unit, row.clone()).await?;
    Ok(row)
}

/// The row of a username.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn by_name(unit: &UnitOfWork, username: &str) -> Result<Option<Model>, StorageError> {
    let query = visible::<Entity>(unit, Column::TenantId).filter(Column::Username.eq(username));
    // MySQL databases of the original compare without case and accents: what matches there may be another's name.
    Ok(query.one(&unit.read()).await?.filter(|row| row.username == username))
}

/// The username of a user.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn of_user(unit: &UnitOfWork, user: Uuid) -> Result<Option<Model>, StorageError> {
    Ok(visible::<Entity>(unit, Column::TenantId).filter(Column::UserId.eq(Id(user))).one(&unit.read()).await?)
}

/// Changes the username of a user. Returns whether the user had one.
///
/// # Errors
///
/// [`StorageError::Conflict`] (`usernames_tenant_id_username_idx`) when it is taken.
pub async fn rename(
    unit: &mut UnitOfWork,
    user: Uuid,
    username: &str,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    static RENAME: Sql =
        Sql::new("UPDATE usernames SET username = ?, updated_at = ? WHERE user_id = ? AND tenant_id = ?");
    let values = [username.into(), Timestamp::from(now).into(), user.into(), unit.tenant().into()];
    Ok(RENAME.execute(unit.write().await?, values).await? > 0)
}

/// Deletes the username of a user. Returns whether the user had one.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn delete(unit: &mut UnitOfWork, user: Uuid) -> Result<bool, StorageError> {
    static DELETE: Sql = Sql::new("DELETE FROM usernames WHERE user_id = ? AND tenant_id = ?");
    let values = [user.into(), unit.tenant().into()];
    Ok(DELETE.execute(unit.write().await?, values).await? > 0)
}
