//! Creates the inherited schema in an empty database and records the original's versions there, so that the original's
//! tools can still open it. In a database that the original brought to the same state it does nothing.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{QueryResult, Statement, Value},
};

use crate::{BOOKKEEPING_TABLE, DEFAULT_TENANT, VERSIONS, inherited};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let recorded = recorded_versions(manager).await?;
        if VERSIONS.iter().all(|version| recorded.iter().any(|known| known == version)) {
            return Ok(());
        }
        for table in inherited::tables() {
            table.create(manager).await?;
        }
        insert_default_tenant(manager).await?;
        // Recorded last: on MySQL a run that was cut short must not look complete.
        record_versions(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Alias::new(BOOKKEEPING_TABLE)).if_exists().take()).await?;
        for table in inherited::tables().iter().rev() {
            table.drop(manager).await?;
        }
        Ok(())
    }
}

async fn recorded_versions(manager: &SchemaManager<'_>) -> Result<Vec<String>, DbErr> {
    if !manager.has_table(BOOKKEEPING_TABLE).await? {
        return Ok(Vec::new());
    }
    let query = Query::select().column(Alias::new("version")).from(Alias::new(BOOKKEEPING_TABLE)).take();
    let rows: Vec<QueryResult> = manager.get_connection().query_all(&query).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// The row has the same times in every database ever created.
async fn insert_default_tenant(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let query = format!("SELECT 1 FROM tenants WHERE id = '{DEFAULT_TENANT}'");
    let connection = manager.get_connection();
    let statement = Statement::from_string(manager.get_database_backend(), query);
    if connection.query_one_raw(statement).await?.is_some() {
        return Ok(());
    }
    let time = "2026-01-01 00:00:00";
    connection
        .execute_unprepared(&format!(
            "INSERT INTO tenants (id, config, created_at, updated_at) VALUES ('{DEFAULT_TENANT}', '{{}}', '{time}', '{time}')"
        ))
        .await?;
    Ok(())
}

async fn record_versions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let version = || Alias::new("version");
    let mut table = Table::create()
        .table(Alias::new(BOOKKEEPING_TABLE))
        .if_not_exists()
        .col(ColumnDef::new(version()).string_len(14).not_null().primary_key())
        .take();
    let mut index = Index::create()
        .name(format!("{BOOKKEEPING_TABLE}_version_idx"))
        .table(Alias::new(BOOKKEEPING_TABLE))
        .col(version())
        .unique()
        .if_not_exists()
        .take();
    if manager.get_database_backend() == sea_orm::DbBackend::MySql {
        manager.create_table(table.index(&mut index).take()).await?;
    } else {
        manager.create_table(table).await?;
        manager.create_index(index).await?;
    }
    let mut insert = Query::insert().into_table(Alias::new(BOOKKEEPING_TABLE)).columns([version()]).take();
    for id in VERSIONS {
        insert.values_panic([Expr::val(Value::from(id))]);
    }
    manager.execute(insert).await
}
