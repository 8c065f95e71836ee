//! What the queries of all tables have in common.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Select};

use super::{Id, StorageError, UnitOfWork};

/// The rows of the tenant of `unit`; `tenant_id` is the column of `E` that says so.
pub(super) fn visible<E: EntityTrait>(unit: &UnitOfWork, tenant_id: E::Column) -> Select<E> {
    E::find().filter(tenant_id.eq(Id(unit.tenant())))
}

/// Inserts a row in the transaction of `unit`.
pub(super) async fn insert<R, A>(unit: &mut UnitOfWork, row: R) -> Result<(), StorageError>
where
    R: IntoActiveModel<A>,
    A: ActiveModelTrait + Send,
{
    let insert = <A::Entity as EntityTrait>::insert(row.into_active_model());
    insert.exec_without_returning(&unit.write().await?).await?;
    Ok(())
}

/// Inserts rows of one table with one statement in the transaction of `unit`.
pub(super) async fn insert_all<R, A>(unit: &mut UnitOfWork, rows: Vec<R>) -> Result<(), StorageError>
where
    R: IntoActiveModel<A>,
    A: ActiveModelTrait + Send,
{
    if rows.is_empty() {
        return Ok(());
    }
    let insert = <A::Entity as EntityTrait>::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model));
    insert.exec_without_returning(&unit.write().await?).await?;
    Ok(())
}
