//! Email addresses. Callers write them in lower case; equal means equal bytes.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{
    Id, StorageError, Timestamp, UnitOfWork,
    entities::emails::{Column, Entity, Model},
    rows::{insert as insert_row, visible},
    sql::Sql,
};

/// Inserts an address; without an owner it waits to be claimed.
///
/// # Errors
///
/// [`StorageError::Conflict`] (`emails_tenant_id_address_idx`) when the address is taken.
pub async fn insert(
    unit: &mut UnitOfWork,
    id: Uuid,
    user: Option<Uuid>,
    address: &str,
    verified: bool,
    now: DateTime<Utc>,
) -> Result<Model, StorageError> {
    let row = Model {
        id: Id(id),
        user_id: user.map(Id),
        address: address.to_owned(),
        verified,
        created_at: now.into(),
        updated_at: now.into(),
        tenant_id: Id(unit.tenant()),
    };
    insert_row(unit, row.clone()).await?;
    Ok(row)
}

/// The row of an address.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn by_address(unit: &UnitOfWork, address: &str) -> Result<Option<Model>, StorageError> {
    let query = visible::<Entity>(unit, Column::TenantId).filter(Column::Address.eq(address));
    // MySQL databases of the original compare without case and accents: what matches there may be another's address.
    Ok(query.one(&unit.read()).await?.filter(|row| row.address == address))
}

/// The addresses of a user, oldest first.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn of_user(unit: &UnitOfWork, user: Uuid) -> Result<Vec<Model>, StorageError> {
    let query = visible::<Entity>(unit, Column::TenantId).filter(Column::UserId.eq(Id(user)));
    Ok(query.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(&unit.read()).await?)
}

/// Records whether an address was verified. Returns whether there is such a row.
///
/// # Errors
///
/// When the database cannot be asked.
pub async fn set_verified(
    unit: &mut UnitOfWork,
    id: Uuid,
    verified: bool,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    static SET: Sql = Sql::new("UPDATE emails SET verified = ?, updated_at = ? WHERE id = ? AND tenant_id = ?");
    let values = [verified.into(), Timestamp::from(now).into(), id.into(), unit.tenant().into()];
    Ok(SET.execute(unit.write().await?, values).await? > 0)
}

/// Deletes an address and the identities matched with it. Returns whether there was one.
///
/// # Errors
///
/// [`StorageError::Reference`] while it is a primary address.
pub async fn delete(unit: &mut UnitOfWork, id: Uuid) -> Result<bool, StorageError> {
    static DELETE: Sql = Sql::new("DELETE FROM emails WHERE id = ? AND tenant_id = ?");
    let values = [id.into(), unit.tenant().into()];
    Ok(DELETE.execute(unit.write().await?, values).await? > 0)
}
