//! Which address of a user is the primary one.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{
    Id, StorageError, Timestamp, UnitOfWork,
    entities::{emails, primary_emails::Model},
    rows::insert as insert_row,
    sql::Sql,
};

/// The primary address of a user.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn of_user(unit: &UnitOfWork, user: Uuid) -> Result<Option<emails::Model>, StorageError> {
    static FIND: Sql = Sql::new(
        "SELECT e.* FROM emails e JOIN primary_emails p ON p.email_id = e.id WHERE p.user_id = ? AND p.tenant_id = ?",
    );
    let row = FIND.one(unit.read(), [user.into(), unit.tenant().into()]).await?;
    Ok(row.map(|row| emails::Model::from_query_result(&row, "")).transpose()?)
}

/// Makes `email` the primary address of `user`. The row keeps its id when there is one; otherwise it gets `id`.
///
/// # Errors
///
/// [`StorageError::Reference`] when one of them does not exist, [`StorageError::Conflict`]
/// (`primary_emails_email_id_idx`) when the address is another user's primary one.
pub async fn set(
    unit: &mut UnitOfWork,
    id: Uuid,
    user: Uuid,
    email: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    static SWITCH: Sql =
        Sql::new("UPDATE primary_emails SET email_id = ?, updated_at = ? WHERE user_id = ? AND tenant_id = ?");
    let values = [email.into(), Timestamp::from(now).into(), user.into(), unit.tenant().into()];
    if SWITCH.execute(unit.write().await?, values).await? > 0 {
        return Ok(());
    }
    set_first(unit, id, user, email, now).await
}

/// Makes `email` the primary address of `user`, who has none.
///
/// # Errors
///
/// [`StorageError::Reference`] when one of them does not exist, [`StorageError::Conflict`] when the user has one
/// (`primary_emails_user_id_idx`), or the address is another user's (`primary_emails_email_id_idx`).
pub async fn set_first(
    unit: &mut UnitOfWork,
    id: Uuid,
    user: Uuid,
    email: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let row = Model {
        id: Id(id),
        email_id: Id(email),
        user_id: Id(user),
        created_at: now.into(),
        updated_at: now.into(),
        tenant_id: Id(unit.tenant()),
    };
    insert_row(unit, row).await
}

/// Leaves a user without a primary address. Returns whether there was one.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn unset(unit: &mut UnitOfWork, user: Uuid) -> Result<bool, StorageError> {
    static UNSET: Sql = Sql::new("DELETE FROM primary_emails WHERE user_id = ? AND tenant_id = ?");
    let values = [user.into(), unit.tenant().into()];
    Ok(UNSET.execute(unit.write().await?, values).await? > 0)
}
