//! Statements of hot paths, written once: no query builder runs per request.

use std::{borrow::Cow, sync::OnceLock};

use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};

use super::{Connection, StorageError};

/// A fixed statement with `?` for each value. PostgreSQL's `$1`, `$2`, … are derived at first use.
pub(super) struct Sql {
    text: Cow<'static, str>,
    numbered: OnceLock<String>,
}

impl Sql {
    /// A statement. Its text must not contain `?` except for values.
    pub(super) const fn new(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), numbered: OnceLock::new() }
    }

    /// A statement put together at first use, for one that lists the columns of whole tables.
    pub(super) const fn assembled(text: String) -> Self {
        Self { text: Cow::Owned(text), numbered: OnceLock::new() }
    }

    /// Runs it and returns how many rows it affected.
    pub(super) async fn execute<const N: usize>(
        &self,
        connection: Connection<'_>,
        values: [Value; N],
    ) -> Result<u64, StorageError> {
        let statement = self.with(connection.get_database_backend(), values);
        Ok(connection.execute_raw(statement).await?.rows_affected())
    }

    /// Runs it and returns the only row, if any.
    pub(super) async fn one<const N: usize>(
        &self,
        connection: Connection<'_>,
        values: [Value; N],
    ) -> Result<Option<QueryResult>, StorageError> {
        Ok(connection.query_one_raw(self.with(connection.get_database_backend(), values)).await?)
    }

    /// Runs it and returns all rows.
    pub(super) async fn all<const N: usize>(
        &self,
        connection: Connection<'_>,
        values: [Value; N],
    ) -> Result<Vec<QueryResult>, StorageError> {
        Ok(connection.query_all_raw(self.with(connection.get_database_backend(), values)).await?)
    }

    fn with<const N: usize>(&self, backend: DbBackend, values: [Value; N]) -> Statement {
        let text = match backend {
            DbBackend::Postgres => self.numbered.get_or_init(|| numbered(&self.text)),
            _ => self.text.as_ref(),
        };
        Statement::from_sql_and_values(backend, text, values)
    }
}

fn numbered(text: &str) -> String {
    let mut parts = text.split('?');
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        numbered.push_str(&format!("${}{part}", index + 1));
    }
    numbered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_the_values_for_postgres_only() {
        static STATEMENT: Sql = Sql::new("SELECT a FROM b WHERE c = ? AND d = ?");
        let values = || [Value::from(1), Value::from(2)];
        assert_eq!(STATEMENT.with(DbBackend::Sqlite, values()).sql, "SELECT a FROM b WHERE c = ? AND d = ?");
        assert_eq!(STATEMENT.with(DbBackend::MySql, values()).sql, "SELECT a FROM b WHERE c = ? AND d = ?");
        assert_eq!(STATEMENT.with(DbBackend::Postgres, values()).sql, "SELECT a FROM b WHERE c = $1 AND d = $2");
    }
}
