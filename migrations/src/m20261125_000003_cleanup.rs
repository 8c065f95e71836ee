//! What cleaning up needs: indexes by which expired rows are found, and the table in which the servers of one
//! installation agree who does a periodic task next.

use sea_orm_migration::{prelude::*, sea_orm::sea_query::Alias};

use crate::blueprint::{Blueprint, Type, index_name, index_statement, table_with_key};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables that grow with every visit, by the column that says when a row is due, or cannot be due yet.
const INDEXES: [(&str, &str); 5] = [
    ("flows", "expires_at"),
    ("sessions", "expires_at"),
    ("audit_logs", "created_at"),
    ("webauthn_session_data", "expires_at"),
    ("passcodes", "created_at"),
];

const TASKS: &str = "sealflow_periodic_tasks";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in INDEXES {
            if !manager.has_index(table, &index_name(table, &[column])).await? {
                manager.create_index(index_statement(table, &[column], false)).await?;
            }
        }
        tasks().create(manager).await?;
        // On MySQL, where each statement commits by itself, the row may be there from an attempt that was cut short.
        let connection = manager.get_connection();
        connection.execute_unprepared(&format!("DELETE FROM {TASKS}")).await?;
        let row = format!("INSERT INTO {TASKS} (id, next_run_at) VALUES ('cleanup', '2026-01-01 00:00:00')");
        connection.execute_unprepared(&row).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        tasks().drop(manager).await?;
        for (table, column) in INDEXES {
            let name = index_name(table, &[column]);
            if manager.has_index(table, &name).await? {
                manager.drop_index(Index::drop().name(name).table(Alias::new(table)).to_owned()).await?;
            }
        }
        Ok(())
    }
}

/// A task is due once `next_run_at` has passed; who moves it on does the task.
fn tasks() -> Blueprint {
    table_with_key(TASKS, Type::Text(64)).column("next_run_at", Type::Timestamp)
}
