//! What is in a database, told from the versions recorded in it and, where they could mislead, from its columns.

use std::{collections::BTreeSet, fmt};

use migrations::{BOOKKEEPING_TABLE, FIRST_SUPPORTED_COUNT, INTRODUCES_TENANTS, Migrator, OWN_TABLE, VERSIONS};
use sea_orm::{
    ConnectionTrait, DbErr,
    sea_query::{Alias, Query},
};
use sea_orm_migration::{MigratorTrait, SchemaManager};

use super::SchemaError;
use crate::storage::Database;

/// The states of spec chapter 09 7.3, and Sealflow's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing is there.
    Empty,
    /// Sealflow began to create the schema and was cut short (possible on MySQL, where each statement commits).
    Unfinished,
    /// There are users, but no record of how the schema came about.
    Foreign,
    /// A newer original was here.
    Newer {
        /// Versions that Sealflow does not know.
        unknown: Vec<String>,
        /// Whether all that it does know is there too.
        complete: bool,
        /// Own migrations still to be run.
        pending: Vec<String>,
    },
    /// An original before 2.0.
    TooOld,
    /// An original from 2.0 to 2.7, or from 3.0, or one whose migration was interrupted.
    Behind {
        /// Versions still missing.
        missing: Vec<String>,
    },
    /// The recorded versions and the columns contradict each other.
    Damaged,
    /// A newer Sealflow was here.
    NewerSealflow {
        /// Own migrations that this Sealflow does not know.
        unknown: Vec<String>,
    },
    /// The final schema.
    Current {
        /// Own migrations still to be run.
        pending: Vec<String>,
    },
}

impl State {
    /// Whether requests may be served; with a warning where the schema has unknown additions.
    pub(super) fn servable(&self) -> Result<Option<String>, SchemaError> {
        match self {
            Self::Current { pending } if pending.is_empty() => Ok(None),
            Self::Newer { complete: true, pending, .. } if pending.is_empty() => Ok(Some(self.to_string())),
            _ => Err(self.refusal()),
        }
    }

    /// Whether `migrate up` may touch the database.
    pub(super) fn migratable(&self) -> Result<(), SchemaError> {
        match self {
            Self::Empty | Self::Unfinished | Self::Current { .. } => Ok(()),
            _ => Err(self.refusal()),
        }
    }

    fn refusal(&self) -> SchemaError {
        SchemaError::Refused(self.to_string())
    }
}

/// What the state is, and what to do when it is not the final one.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the database is empty; run `sealflow migrate up` first"),
            Self::Unfinished => {
                f.write_str("the creation of the database was interrupted; run `sealflow migrate up` to complete it")
            }
            Self::Foreign => write!(
                f,
                "the database has a table `users` but no versions in `{BOOKKEEPING_TABLE}`: it belongs to another program \
                 or is damaged; point database.url at an empty database"
            ),
            Self::Newer { unknown, complete: true, pending } if pending.is_empty() => {
                write!(f, "the database has migrations that this version does not know: {}", unknown.join(", "))
            }
            Self::Newer { unknown, .. } => write!(
                f,
                "the database was migrated by a newer version ({}); use a Sealflow that knows it",
                unknown.join(", ")
            ),
            Self::TooOld => {
                f.write_str("the database is older than version 2.0; run the original's 2.x `migrate up` first")
            }
            Self::Behind { missing } => write!(
                f,
                "the database lacks the migrations {}; run the original's `migrate up` of its latest version first, then \
                 `sealflow migrate up`",
                missing.join(", ")
            ),
            Self::Damaged => write!(
                f,
                "the versions in `{BOOKKEEPING_TABLE}` and the columns `tenant_id` contradict each other: a migration was \
                 interrupted or undone by hand; restore a backup"
            ),
            Self::NewerSealflow { unknown } => {
                write!(f, "the database was migrated by a newer Sealflow ({}); use that one", unknown.join(", "))
            }
            Self::Current { pending } if pending.is_empty() => f.write_str("the tables are up to date"),
            Self::Current { pending } => {
                write!(f, "the database lacks {}; run `sealflow migrate up` first", pending.join(", "))
            }
        }
    }
}

/// Tells what is in `database`, without changing it.
///
/// # Errors
///
/// [`SchemaError::Storage`] when the database cannot be asked.
pub async fn inspect(database: &Database) -> Result<State, SchemaError> {
    let connection = database.for_migrations().await?;
    let state = state_of(&SchemaManager::new(&connection)).await;
    connection.close().await?;
    Ok(state?)
}

pub(super) async fn state_of(manager: &SchemaManager<'_>) -> Result<State, DbErr> {
    let recorded = versions_in(manager, BOOKKEEPING_TABLE).await?;
    let own = versions_in(manager, OWN_TABLE).await?;
    let known: Vec<String> = Migrator::get_migration_files().iter().map(|file| file.name().to_owned()).collect();

    if recorded.is_empty() {
        let begun = manager.has_table(OWN_TABLE).await? && own.is_empty();
        return Ok(match (manager.has_table("users").await?, begun) {
            (false, _) => State::Empty,
            (true, true) => State::Unfinished,
            (true, false) => State::Foreign,
        });
    }
    let unknown_own: Vec<String> = own.iter().filter(|name| !known.contains(name)).cloned().collect();
    if !unknown_own.is_empty() {
        return Ok(State::NewerSealflow { unknown: unknown_own });
    }
    let pending: Vec<String> = known.into_iter().filter(|name| !own.contains(name)).collect();
    let missing = |versions: &[&str]| -> Vec<String> {
        versions.iter().filter(|version| !recorded.contains(**version)).map(|version| (*version).to_owned()).collect()
    };
    let unknown: Vec<String> =
        recorded.iter().filter(|version| !VERSIONS.contains(&version.as_str())).cloned().collect();
    if !unknown.is_empty() {
        return Ok(State::Newer { unknown, complete: missing(&VERSIONS).is_empty(), pending });
    }
    if !missing(&VERSIONS[..FIRST_SUPPORTED_COUNT]).is_empty() {
        return Ok(State::TooOld);
    }
    let missing_versions = missing(&VERSIONS);
    let tenants_recorded = recorded.contains(INTRODUCES_TENANTS);
    let tenants_there = manager.has_table("users").await? && manager.has_column("users", "tenant_id").await?;
    let only_tenants_missing = missing_versions == [INTRODUCES_TENANTS];
    if (tenants_recorded && !tenants_there) || (tenants_there && only_tenants_missing) {
        return Ok(State::Damaged);
    }
    Ok(if missing_versions.is_empty() {
        State::Current { pending }
    } else {
        State::Behind { missing: missing_versions }
    })
}

async fn versions_in(manager: &SchemaManager<'_>, table: &str) -> Result<BTreeSet<String>, DbErr> {
    if !manager.has_table(table).await? {
        return Ok(BTreeSet::new());
    }
    let query = Query::select().column(Alias::new("version")).from(Alias::new(table)).take();
    let rows = manager.get_connection().query_all(&query).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}
