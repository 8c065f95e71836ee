//! Statements of hot paths, written once: no query builder runs per request.

use std::sync::OnceLock;

use sea_orm::{DbBackend, Statement, Value};

/// A fixed statement with `?` for each value. PostgreSQL's `$1`, `$2`, … are derived at first use.
pub(super) struct Sql {
    text: &'static str,
    numbered: OnceLock<String>,
}

impl Sql {
    /// A statement. Its text must not contain `?` except for values.
    pub(super) const fn new(text: &'static str) -> Self {
        Self { text, numbered: OnceLock::new() }
    }

    /// The statement with its values, in order.
    pub(super) fn with<const N: usize>(&self, backend: DbBackend, values: [Value; N]) -> Statement {
        let text = match backend {
            DbBackend::Postgres => self.numbered.get_or_init(|| numbered(self.text)),
            _ => self.text,
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
