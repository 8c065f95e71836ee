//! How values travel between Rust and the three databases. The one place that knows that a UUID is a UUID on PostgreSQL
//! and hyphenated text elsewhere, and that times are UTC wall-clock without a zone (spec chapter 06 1.2 and 1.4).

use std::ops::Deref;

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use sea_orm::{
    ColIdx, ColumnType, DbBackend, DbErr, QueryResult, Statement, TryFromU64, TryGetError, TryGetable, Value,
    sea_query::{ArrayType, Nullable, ValueType, ValueTypeErr},
};
use uuid::Uuid;

use crate::secret::Secret;

/// A UUID in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub Uuid);

/// A moment in a column, to the microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub DateTime<Utc>);

/// Turns values into what the columns of `statement`'s database hold. Everything that is executed passes through here.
pub(super) fn bind(mut statement: Statement) -> Statement {
    let native_uuids = statement.db_backend == DbBackend::Postgres;
    for value in statement.values.iter_mut().flat_map(|values| &mut values.0) {
        match value {
            Value::Uuid(uuid) if !native_uuids => {
                *value = Value::String(uuid.map(|uuid| uuid.hyphenated().to_string()));
            }
            // PostgreSQL's text cannot hold NUL. An input with one is to find nothing, not to fail, and to do so on every
            // database.
            Value::String(Some(text)) if text.contains('\0') => *text = text.replace('\0', "\u{FFFD}"),
            _ => {}
        }
    }
    statement
}

impl Deref for Id {
    type Target = Uuid;

    fn deref(&self) -> &Uuid {
        &self.0
    }
}

impl From<Uuid> for Id {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl From<Id> for Uuid {
    fn from(id: Id) -> Self {
        id.0
    }
}

impl From<Id> for Value {
    fn from(id: Id) -> Self {
        Self::Uuid(Some(id.0))
    }
}

impl TryGetable for Id {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        if row.try_as_pg_row().is_some() {
            return Uuid::try_get_by(row, index).map(Self);
        }
        let text = String::try_get_by(row, index)?;
        Uuid::try_parse(&text).map(Self).map_err(|error| DbErr::Type(format!("not a UUID: {error}")).into())
    }
}

impl ValueType for Id {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        <Uuid as ValueType>::try_from(value).map(Self)
    }

    fn type_name() -> String {
        "Id".to_owned()
    }

    fn array_type() -> ArrayType {
        Uuid::array_type()
    }

    fn column_type() -> ColumnType {
        ColumnType::Uuid
    }
}

impl Nullable for Id {
    fn null() -> Value {
        Value::Uuid(None)
    }
}

/// Asked for by primary keys; a UUID is never the counter that this is about.
impl TryFromU64 for Id {
    fn try_from_u64(_: u64) -> Result<Self, DbErr> {
        Err(DbErr::ConvertFromU64("Id"))
    }
}

impl Deref for Timestamp {
    type Target = DateTime<Utc>;

    fn deref(&self) -> &DateTime<Utc> {
        &self.0
    }
}

/// Cuts to the microsecond, so that what is read back equals what was written on every database.
impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.trunc_subsecs(6))
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(time: Timestamp) -> Self {
        time.0
    }
}

impl From<Timestamp> for Value {
    fn from(time: Timestamp) -> Self {
        Self::ChronoDateTime(Some(time.0.naive_utc()))
    }
}

impl TryGetable for Timestamp {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        NaiveDateTime::try_get_by(row, index).map(|time| Self(time.and_utc()))
    }
}

impl ValueType for Timestamp {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        <NaiveDateTime as ValueType>::try_from(value).map(|time| Self(time.and_utc()))
    }

    fn type_name() -> String {
        "Timestamp".to_owned()
    }

    fn array_type() -> ArrayType {
        NaiveDateTime::array_type()
    }

    fn column_type() -> ColumnType {
        ColumnType::DateTime
    }
}

impl Nullable for Timestamp {
    fn null() -> Value {
        Value::ChronoDateTime(None)
    }
}

impl From<Secret<String>> for Value {
    fn from(secret: Secret<String>) -> Self {
        secret.expose().as_str().into()
    }
}

impl TryGetable for Secret<String> {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        String::try_get_by(row, index).map(Self::new)
    }
}

impl ValueType for Secret<String> {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        <String as ValueType>::try_from(value).map(Self::new)
    }

    fn type_name() -> String {
        "Secret".to_owned()
    }

    fn array_type() -> ArrayType {
        String::array_type()
    }

    fn column_type() -> ColumnType {
        String::column_type()
    }
}

impl Nullable for Secret<String> {
    fn null() -> Value {
        Value::String(None)
    }
}

/// At most `characters` of `text`: what a column cannot hold must not make an insert, and with it a login, fail.
pub(super) fn truncated(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncates_by_characters_not_bytes() {
        assert_eq!(truncated("grün", 3), "grü");
        assert_eq!(truncated("grün", 4), "grün");
        assert_eq!(truncated("", 4), "");
    }

    #[test]
    fn binds_a_uuid_as_the_columns_of_each_database_hold_it() {
        let uuid = Uuid::from_u128(0xAB);
        let bound = |backend| {
            let statement = Statement::from_sql_and_values(backend, "SELECT ?", [Id(uuid).into()]);
            bind(statement).values.map(|values| values.0)
        };
        let text = "00000000-0000-0000-0000-0000000000ab";
        assert_eq!(bound(DbBackend::Postgres), Some(vec![Value::Uuid(Some(uuid))]));
        assert_eq!(bound(DbBackend::MySql), Some(vec![Value::from(text)]));
        assert_eq!(bound(DbBackend::Sqlite), Some(vec![Value::from(text)]));
    }
}
